import type { Database } from "../db/database.ts";
import { checkAccess, checkButton, takeBurst } from "./policy/check-policy.ts";
import { loadPolicy } from "./policy/load-policy.ts";
import { findForbidden } from "./policy/word-rules.ts";
import { Refusal } from "./refusal.ts";
import type { PictureView, Requester } from "./types.ts";

/**
 * Whether somebody may have a picture that was made before posted where they are, as if they asked for it there now; takes
 * one from their burst limit.
 *
 * @throws {Refusal} the first thing that is in the way
 */
export async function checkRepost(
  db: Database,
  { userId, isPrivate, prompt, recipe }: PictureView,
  requester: Requester,
): Promise<void> {
  if (isPrivate && userId !== requester.userId) throw new Refusal("refusal.picture-gone");
  const policy = await loadPolicy(db, requester);
  checkAccess(policy, requester);
  checkButton(policy, requester, userId);
  const texts = [prompt, recipe.prompt, recipe.negativePrompt];
  const { words } = policy;
  const isAgeRestricted = requester.isAgeRestrictedChannel;
  const forbidden = findForbidden(texts, words, { isAgeRestricted });
  if (forbidden !== null) throw new Refusal("refusal.picture-word", { word: forbidden.found });
  await takeBurst(db, policy, requester);
}
