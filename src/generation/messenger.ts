import type { JobProgress, JobView, PictureView } from "./types.ts";

/** Where a job's answer stands by now. */
export interface Answer {
  readonly job: JobView;
  /** The message that shows it, where that is known. */
  readonly message: { readonly channelId: string; readonly messageId: string } | null;
  /** Of the one message that may be posted for this job; at most 25 characters. */
  readonly nonce: string;
}

export interface PostedFile {
  readonly name: string;
  readonly data: Uint8Array;
  /** Where it has fewer pixels than the picture so that it fits its place, how many: `3120 × 3120`. */
  readonly remark: string | null;
}

/** What a job's answer says. */
export type Notice =
  | {
      readonly kind: "queued";
      readonly position: number;
      readonly etaSeconds: { readonly median: number; readonly p90: number } | null;
    }
  | {
      readonly kind: "running";
      readonly progress: JobProgress;
      /** A small WebP of the predicted clean picture, or null. */
      readonly preview: Uint8Array | null;
    }
  | {
      readonly kind: "finished";
      readonly pictures: readonly PictureView[];
      readonly files: readonly PostedFile[];
      /** The lossless file that is kept of each picture, with a signed link where links are given. */
      readonly originals: readonly ({
        readonly name: string;
        readonly url: string | null;
      } | null)[];
      /** Mention the requester (they waited long and did not opt out). */
      readonly mention: boolean;
      /** Which buttons the card has. */
      readonly can: { readonly upscale: boolean; readonly creative: boolean };
    }
  /** `code` and `message` of a `UserError`, or an apology with the log's id; nothing was charged. */
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly errorId: string | null;
    }
  /** It is drawn, but Discord takes its files nowhere. */
  | { readonly kind: "undelivered" }
  | { readonly kind: "cancelled"; readonly byUserId: string | null };

/** Where a final notice was posted. */
export interface Posted {
  readonly channelId: string;
  readonly messageId: string;
  /** `direct-message` when the place was gone and the requester was told there. */
  readonly where: "interaction" | "channel" | "direct-message";
}

/**
 * How the job loop and the outbox speak to Discord; `discord/` implements it, once with the bot's token (gateway) and once
 * with interaction tokens only (worker).
 */
export interface Messenger {
  /** Whether this process can reach the answer now: false when it needs the bot's token and this process has none. */
  readonly canReach: (answer: Answer) => boolean;
  /** An edit that may fail: a stale or late one is dropped, none comes after the final notice, also not after another process'. */
  readonly update: (answer: Answer, notice: Notice, signal: AbortSignal) => Promise<void>;
  /**
   * Posts a final notice exactly once, as often as it is called: edits the answer while the token lives or the bot may
   * edit it, else posts one message under the nonce after looking for its own; private answers go by direct message.
   *
   * @throws {DeliveryImpossible} when no way is left; anything else is worth another try.
   */
  readonly post: (answer: Answer, notice: Notice, signal: AbortSignal) => Promise<Posted>;
  /**
   * Before the token dies: posts the bot's own message in the channel, which later notices edit. Same rules as post; null
   * where it came too late, or another process is at it.
   */
  readonly handOver: (
    answer: Answer,
    notice: Notice,
    signal: AbortSignal,
  ) => Promise<Posted | null>;
}

export type DeliveryObstacle =
  | "no-access"
  | "unknown-channel"
  | "message-deleted"
  | "direct-messages-closed"
  | "file-too-large"
  | "rejected";

/** Discord will never take this answer: the job is refunded, and the picture waits in /history. */
export class DeliveryImpossible extends Error {
  readonly obstacle: DeliveryObstacle;

  constructor(obstacle: DeliveryObstacle, options?: ErrorOptions) {
    super(`The answer cannot be delivered: ${obstacle}`, options);
    this.name = "DeliveryImpossible";
    this.obstacle = obstacle;
  }
}
