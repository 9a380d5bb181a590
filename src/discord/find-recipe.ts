import { fetchAttachment, type AttachmentFinder } from "../generation/attachment.ts";
import type { MessagePicture } from "../generation/types.ts";
import { readForeignRecipe } from "../image/foreign-recipe.ts";
import { readRecipe } from "../image/read-recipe.ts";
import type { Card } from "./cards/components.ts";
import { foreignRecipeCard, recipeCard } from "./recipe-card.ts";

const FETCH_DEADLINE_MS = 30_000;

/**
 * Reads a picture's own file for how it was made.
 *
 * @returns null when it does not say so
 * @throws {UserError} `invalid_image` when the file cannot be fetched any more
 */
export async function findRecipe(
  { source }: MessagePicture,
  attachments: AttachmentFinder,
  locale: string,
): Promise<Card | null> {
  const bytes = await fetchAttachment(source, attachments, AbortSignal.timeout(FETCH_DEADLINE_MS));
  const own = await readRecipe(bytes);
  if (own !== null) return recipeCard(own, locale);
  const foreign = await readForeignRecipe(bytes);
  return foreign === null ? null : foreignRecipeCard(foreign, locale);
}
