import { fetchAttachment, type AttachmentFinder } from "../generation/attachment.ts";
import type { MessagePicture, PictureReference } from "../generation/types.ts";
import { UserError } from "../errors.ts";
import type { Recipe } from "../image/recipe.ts";
import { readForeignRecipe } from "../image/foreign-recipe.ts";
import { readRecipe } from "../image/read-recipe.ts";
import type { Context } from "./command.ts";
import type { Card } from "./cards/components.ts";
import { foreignRecipeCard, recipeCard } from "./recipe-card.ts";

const FETCH_DEADLINE_MS = 30_000;

/**
 * A reference with the recipe in the picture's file, where the database has lost the picture: then its buttons do as
 * before all the same.
 */
export async function withRecipe(
  reference: PictureReference,
  { generation, attachments }: Pick<Context, "generation" | "attachments">,
): Promise<PictureReference> {
  if (reference.kind !== "stored" || reference.fallback === null) return reference;
  if ((await generation.picture(reference.pictureId)) !== null) return reference;
  const recipe = await readShownRecipe(reference.fallback, attachments);
  return { ...reference, fallback: { ...reference.fallback, recipe } };
}

/** Null where the file does not say, or is gone. */
async function readShownRecipe(
  { source }: MessagePicture,
  attachments: AttachmentFinder,
): Promise<Recipe | null> {
  const signal = AbortSignal.timeout(FETCH_DEADLINE_MS);
  try {
    return await readRecipe(await fetchAttachment(source, attachments, signal));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

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
