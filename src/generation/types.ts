import type { JOB_ORIGINS, JOB_STATES } from "../db/schema.ts";
import type { Recipe } from "../image/recipe.ts";
import type { JobRequest, Source } from "./job-request.ts";
import type { Place } from "./place.ts";

type JobState = (typeof JOB_STATES)[number];
export type JobOrigin = (typeof JOB_ORIGINS)[number];

/** Who asks, as an interaction says it; nothing here is looked up. */
export interface Requester {
  readonly userId: string;
  /** Null in a direct message. */
  readonly guildId: string | null;
  readonly channelId: string;
  /** Of a thread: the channel that it belongs to. */
  readonly parentChannelId: string | null;
  readonly roleIds: readonly string[];
  /** Manage Server. */
  readonly isAdmin: boolean;
  /** Moderate Members, or more. */
  readonly isModerator: boolean;
  /** The owner of the bot. */
  readonly isOwner: boolean;
  readonly accountCreatedAt: Date;
  /** Null in a direct message. */
  readonly joinedAt: Date | null;
  readonly isAgeRestrictedChannel: boolean;
  readonly locale: string;
}

/** A message's own picture: what a button falls back to when the database no longer knows the picture. */
export type PictureReference =
  | {
      readonly kind: "stored";
      readonly pictureId: string;
      readonly fallback: MessagePicture | null;
    }
  | { readonly kind: "message"; readonly picture: MessagePicture };

export interface MessagePicture {
  readonly source: Extract<Source, { kind: "attachment" }>;
  /** Whether one of our own messages carries it. */
  readonly isOurs: boolean;
  readonly width: number | null;
  readonly height: number | null;
  /** Read from the card's text where it is ours. */
  readonly prompt: string | null;
  /** Read from the file where it is ours and the database no longer knows it; null also where nobody has looked. */
  readonly recipe: Recipe | null;
}

/** What a member chose for a new picture; whatever is left out takes the guild's, then the model's default. */
export interface ImagineOptions {
  readonly prompt: string;
  readonly negativePrompt?: string | undefined;
  /** `W:H`, such as `16:9`. */
  readonly aspect?: string | undefined;
  /** Pixels of a square of the wanted area: 512, 1024, 2048, 4096. */
  readonly size?: number | undefined;
  readonly count?: number | undefined;
  readonly style?: string | undefined;
  readonly seed?: number | undefined;
  readonly steps?: number | undefined;
  readonly guidanceScale?: number | undefined;
  readonly model?: string | undefined;
  readonly picture?: PictureReference | undefined;
  readonly strength?: number | undefined;
}

/** What is asked for by a command, a button or a modal. */
export type Wish =
  | {
      readonly kind: "imagine";
      readonly origin: "imagine" | "mention";
      readonly options: ImagineOptions;
    }
  /** `strength` overrides the guild's default of subtle or strong; `count` is 1 for a single picture's buttons, 4 for a grid's V. */
  | {
      readonly kind: "vary";
      readonly picture: PictureReference;
      readonly how: "subtle" | "strong";
      readonly strength?: number | undefined;
      readonly count?: number | undefined;
    }
  /** The same request with a new seed. */
  | { readonly kind: "reroll"; readonly picture: PictureReference }
  /** The picture's request with what the modal changed; `remix` begins from the picture. */
  | {
      readonly kind: "edit" | "remix";
      readonly picture: PictureReference;
      readonly options: ImagineOptions;
    }
  | {
      readonly kind: "upscale";
      readonly picture: PictureReference;
      readonly mode: "faithful" | "creative";
      readonly longestSide?: number | undefined;
    };

/** A job that was taken. */
export interface Accepted {
  readonly kind: "accepted";
  readonly job: JobView;
  /** False when this interaction had made its job before. */
  readonly isNew: boolean;
  readonly position: number;
  readonly etaSeconds: { readonly median: number; readonly p90: number } | null;
}

/** A dear request that is not begun: its member is told what it takes, and goes on or does not. */
export interface Proposal {
  readonly kind: "proposed";
  readonly id: string;
  readonly request: JobRequest;
  readonly place: Place;
  readonly usualPictures: number;
  /** Usual pictures that the member's narrowest window still has room for; null where nothing limits them. */
  readonly picturesLeft: number | null;
  /** Seconds from going on until it is ready, by measured run times; null while nothing of its kind was measured. */
  readonly readySeconds: { readonly from: number; readonly until: number } | null;
  /**
   * Bytes of drawing a picture anew at the worst moment, on the machine and on its graphics card; null for anything
   * else, and where it is not known.
   */
  readonly peakMemoryBytes: { readonly host: number; readonly device: number } | null;
}

/** Facts about a model that cards and commands show. */
export interface ModelFacts {
  /** What `model` of a request says. */
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** Its own size in pixels. */
  readonly nativeSize: number;
  readonly defaultSteps: number;
  readonly defaultGuidance: number;
  /** Sprint models know no negative prompt. */
  readonly ignoresNegativePrompt: boolean;
  /** The small model that ships with the program. */
  readonly isBuiltIn: boolean;
  /** Languages that prompts work in, as locale codes; `["en"]` gets a hint. */
  readonly languages: readonly string[];
}

/** A job as cards and lists show it. */
export interface JobView {
  readonly id: string;
  readonly origin: JobOrigin;
  readonly state: JobState;
  /** The newest one as it was looked up; 0 before the first. */
  readonly attempt: number;
  readonly request: JobRequest;
  readonly place: Place;
  readonly guildId: string | null;
  readonly channelId: string;
  readonly userId: string;
  readonly model: ModelFacts;
  readonly isPrivate: boolean;
  readonly parentId: string | null;
  /** Thousandths of a credit that were reserved. */
  readonly cost: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly runMs: number | null;
}

/** A finished picture as cards and lists show it. */
export interface PictureView {
  readonly id: string;
  readonly jobId: string;
  readonly index: number;
  readonly userId: string;
  readonly guildId: string | null;
  readonly channelId: string;
  /** The message that shows it, once posted. */
  readonly messageId: string | null;
  readonly parentId: string | null;
  readonly prompt: string;
  readonly recipe: Recipe;
  readonly width: number;
  readonly height: number;
  readonly isPrivate: boolean;
  readonly createdAt: Date;
}

/** What a card shows: all pictures of a job, or one of them that was posted again. */
export interface Shown {
  readonly kind: "job" | "picture";
  readonly id: string;
}

/** How far a running job is. */
export type JobProgress =
  | { readonly stage: "load" | "encode-prompt" | "encode-image" | "decode" | "encode-file" }
  | {
      readonly stage: "denoise";
      /** From 0. */
      readonly picture: number;
      readonly pictures: number;
      readonly step: number;
      readonly steps: number;
    }
  | { readonly stage: "upscale"; readonly tile: number; readonly tiles: number };
