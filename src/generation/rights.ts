import { Refusal } from "./refusal.ts";
import type { Requester } from "./types.ts";

/**
 * Whether somebody may end or delete what another asked for: its requester, a moderator of its server, the bot's owner.
 *
 * @throws {Refusal} `refusal.not-yours`
 */
export function checkOwnership(
  { userId, guildId }: { readonly userId: string; readonly guildId: string | null },
  requester: Pick<Requester, "userId" | "guildId" | "isModerator" | "isOwner">,
): void {
  const moderates = requester.isModerator && guildId === requester.guildId;
  if (userId !== requester.userId && !moderates && !requester.isOwner)
    throw new Refusal("refusal.not-yours", { user: `<@${userId}>` });
}
