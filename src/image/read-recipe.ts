import sharp from "sharp";

import { RECIPE_KEY, recipeFromJson, type Recipe } from "./recipe.ts";
import { recipeJsonFromXmp } from "./xmp.ts";

/** A lossless 4096 x 4096 picture has under 50 MB. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

/**
 * Reads the recipe back that `encodePicture` put into a PNG, WebP or JPEG file; the pixels are not decoded.
 *
 * @param bytes - A whole file, from anywhere.
 * @returns null when the bytes are no picture, or one without a recipe that fits.
 */
export async function readRecipe(bytes: Uint8Array): Promise<Recipe | null> {
  if (bytes.length > MAX_FILE_BYTES) return null;
  const json = await readRecipeJson(bytes);
  return json === null ? null : recipeFromJson(json);
}

async function readRecipeJson(bytes: Uint8Array): Promise<string | null> {
  try {
    const { comments, xmpAsString } = await sharp(bytes).metadata();
    const chunk = comments?.find(({ keyword }) => keyword === RECIPE_KEY);
    if (chunk) return chunk.text;
    return xmpAsString === undefined ? null : recipeJsonFromXmp(xmpAsString);
  } catch {
    return null;
  }
}
