import type { QuotaPeriod, QuotaScope } from "../quota/quota.ts";
import type { PostedFile } from "./messenger.ts";
import type { Place } from "./place.ts";
import type {
  Accepted,
  JobProgress,
  JobView,
  ModelFacts,
  PictureView,
  Proposal,
  Requester,
  Shown,
  Wish,
} from "./types.ts";

/** A wish with everything that the checks and the job need. */
export interface WishRequest {
  readonly wish: Wish;
  readonly requester: Requester;
  readonly place: Place;
  /** The interaction's or the message's: the same one makes one job, however often it is sent. */
  readonly interactionId: string;
  /** The bot's own message that shows the answer already (a mention's); null while only the interaction does. */
  readonly message: { readonly channelId: string; readonly messageId: string } | null;
  /** The question that its member has answered with Go on, and the most that may be spent; null for a new wish. */
  readonly agreed: { readonly proposalId: string; readonly cost: number } | null;
}

/** Who presses Go on, and where the answer goes from now on. */
export type PressRequest = Pick<WishRequest, "requester" | "place" | "interactionId">;

export interface QueueEntry {
  readonly job: JobView;
  /** Null while it runs. */
  readonly position: number | null;
  readonly etaSeconds: { readonly median: number; readonly p90: number } | null;
  /** Null while it waits. */
  readonly progress: JobProgress | null;
}

/** What runs and waits for a server, or in direct messages for the member; of a private job others see no prompt. */
export interface QueueView {
  /** Null: not paused. `unknown`: until somebody resumes it. */
  readonly pausedUntil: Date | "unknown" | null;
  /** Whether the server's own admins take no new requests for now. */
  readonly isPausedHere: boolean;
  /** Running first, then by position. */
  readonly entries: readonly QueueEntry[];
  /** Jobs of other servers that wait. */
  readonly elsewhere: number;
}

export interface QuotaWindow {
  readonly scope: QuotaScope;
  readonly period: QuotaPeriod;
  /** Thousandths of a credit. */
  readonly limit: number;
  readonly used: number;
  readonly held: number;
  /** Null: never. */
  readonly renewsAt: Date | null;
  /** Usual pictures that still fit. */
  readonly picturesLeft: number;
}

/** What something costs, in usual pictures (1 is the cost of one with the defaults). */
export interface Price {
  readonly kind: "generate" | "upscale";
  /** Pixels of a square's side, or of the longest side. */
  readonly size: number;
  /** Thousandths of a credit. */
  readonly cost: number;
  readonly inUsualPictures: number;
}

export interface QuotaView {
  /** Empty where nothing limits the member. */
  readonly windows: readonly QuotaWindow[];
  /** Of the narrowest window; null where nothing limits the member. */
  readonly picturesLeft: number | null;
  readonly prices: readonly Price[];
}

export interface HistoryQuery {
  /** Words that the prompt holds; empty for all. */
  readonly search: string;
  readonly favouritesOnly: boolean;
  /** From 0. */
  readonly page: number;
}

export interface HistoryEntry {
  readonly picture: PictureView;
  readonly isFavourite: boolean;
  /** A small WebP, or null once it is gone. */
  readonly thumbnail: Uint8Array | null;
}

export interface HistoryPage {
  /** The newest first, at most five. */
  readonly entries: readonly HistoryEntry[];
  /** As asked for, or the last one there is. */
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

/** What a picture was made from, and what was made from it. */
export interface Family {
  readonly picture: HistoryEntry;
  /** From the first ancestor to the picture's parent. */
  readonly ancestors: readonly HistoryEntry[];
  /** The oldest first, at most 25; private ones of others are left out. */
  readonly children: readonly HistoryEntry[];
}

export interface AboutView {
  readonly version: string;
  readonly model: ModelFacts | null;
  /** Such as `2 CPU cores` or `NVIDIA GeForce RTX 4070`; empty where no worker runs. */
  readonly devices: readonly string[];
  /** Seconds of a usual picture, measured; null before the first. */
  readonly secondsPerPicture: number | null;
  readonly waiting: number;
  readonly pausedUntil: Date | "unknown" | null;
}

export interface StyleView {
  readonly name: string;
  /** With `{prompt}` in it. */
  readonly template: string;
  /** Added to a negative prompt. */
  readonly negative: string;
}

/** What a member chose for themself. */
export interface UserSettings {
  /** Be mentioned when a picture is ready that took more than a minute. */
  readonly mention: boolean;
}

/** Things that are said to a member once and never again. */
export type Hint = "built-in-model" | "english-prompts";

/** What cards and commands need of a server's settings; outside of one, the bot's defaults. */
export interface GuildView {
  readonly subtleStrength: number;
  readonly strongStrength: number;
  readonly allowsPrivate: boolean;
  /** Which buttons a card has. */
  readonly can: { readonly upscale: boolean; readonly creative: boolean };
}

/** What was deleted of a member. */
export interface Forgotten {
  readonly jobs: number;
  readonly pictures: number;
  /** Messages of the bot that show the pictures, for the caller to delete. */
  readonly messages: readonly { readonly channelId: string; readonly messageId: string }[];
}

/**
 * What commands and buttons ask of the generation room. Rights, quota, word lists and policies are checked in here, at
 * every call: a caller only says who asks.
 *
 * Everything that names a requester throws a `Refusal` for what is not allowed.
 */
export interface GenerationPort {
  /** A dear wish is proposed, and begins when {@link goOn} is called for it. */
  readonly request: (request: WishRequest) => Promise<Accepted | Proposal>;
  /** Begins what was proposed; proposes it anew where it costs more by now. */
  readonly goOn: (proposalId: string, pressed: PressRequest) => Promise<Accepted | Proposal>;
  /** Forgets what was proposed. */
  readonly callOff: (proposalId: string, requester: Requester) => Promise<void>;
  readonly cancel: (jobId: string, requester: Requester) => Promise<void>;
  readonly queueOf: (requester: Requester) => Promise<QueueView>;
  readonly quotaOf: (requester: Requester) => Promise<QuotaView>;

  readonly history: (requester: Requester, query: HistoryQuery) => Promise<HistoryPage>;
  /** @throws {Refusal} `refusal.picture-gone`; also for another member's private picture */
  readonly family: (pictureId: string, requester: Requester) => Promise<Family>;
  /** Null when it was deleted, or never was. Rights are not weighed: what it shows was public, or the caller's. */
  readonly picture: (pictureId: string) => Promise<PictureView | null>;
  /** A job's pictures in their order, for a card of its own; empty when they are gone. */
  readonly picturesOf: (jobId: string) => Promise<readonly PictureView[]>;
  readonly job: (jobId: string) => Promise<JobView | null>;
  /** A picture as a file of at most so many bytes, for posting it again; null when its original is gone. */
  readonly fileOf: (pictureId: string, limitBytes: number) => Promise<PostedFile | null>;
  /** Whether it may be posted again where the requester is; each time counts as a request of theirs. */
  readonly checkRepost: (picture: PictureView, requester: Requester) => Promise<void>;
  /** Toggles, and says what it is now. */
  readonly favourite: (pictureId: string, requester: Requester) => Promise<boolean>;
  /** Deletes what a card shows, and nothing else: its requester or a moderator. */
  readonly deletePictures: (shown: Shown, requester: Requester) => Promise<void>;

  /** The first is the one that is taken where a request names none. */
  readonly models: (guildId: string | null) => Promise<readonly ModelFacts[]>;
  readonly styles: (guildId: string | null) => Promise<readonly StyleView[]>;
  readonly about: () => Promise<AboutView>;
  readonly guild: (guildId: string | null) => Promise<GuildView>;

  readonly userSettings: (userId: string) => Promise<UserSettings>;
  readonly changeUserSettings: (userId: string, change: Partial<UserSettings>) => Promise<void>;
  /** True once for each member and hint. */
  readonly takeHint: (userId: string, hint: Hint) => Promise<boolean>;
  /** All that is stored of a member, for a JSON file. */
  readonly exportOf: (userId: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly forget: (userId: string) => Promise<Forgotten>;

  /** Whether a mention in a server, or (null) a direct message with a prompt, is answered. */
  readonly answersMessages: (guildId: string | null) => Promise<boolean>;
}
