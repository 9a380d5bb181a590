/** What moderators are shown in their log channel. */
export interface ModerationNotice {
  /** A UUID; the message's nonce comes from it, so that a crash cannot post twice. */
  readonly id: string;
  readonly kind: "report" | "private-picture";
  readonly guildId: string;
  /** The log channel. */
  readonly channelId: string;
  /** Who asked for the picture; empty where nobody knows. */
  readonly userId: string;
  readonly prompts: readonly string[];
  /** Small WebPs. */
  readonly thumbnails: readonly Uint8Array[];
  readonly isPrivate: boolean;
  /** Of a report: who made it, why, about which message, and until when the evidence is held. */
  readonly report: {
    readonly reporterId: string;
    readonly reason: string;
    readonly channelId: string;
    readonly messageId: string;
    readonly heldUntil: Date;
  } | null;
}

/** Posts into a log channel; `discord/` implements it. */
export interface ModerationPoster {
  /**
   * @returns the message's id
   * @throws whatever is worth another try; null is returned where Discord will never take it
   */
  readonly post: (notice: ModerationNotice, signal: AbortSignal) => Promise<string | null>;
}
