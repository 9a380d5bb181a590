import type { Change } from "./audit.ts";

/** Who changes something, by which interaction, and where. */
export interface Actor {
  readonly userId: string;
  /** The same interaction changes once. */
  readonly interactionId: string;
  /** Null: the bot's owner, for no single server. */
  readonly guildId: string | null;
}

/** An actor in a server. */
export interface GuildActor extends Actor {
  readonly guildId: string;
}

export function changeBy(
  { userId, interactionId, guildId }: Actor,
  { action, target, reason }: { action: string; target: string; reason?: string | undefined },
): Change {
  return { actor: userId, interactionId, guildId, action, target, reason };
}
