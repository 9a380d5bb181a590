import { recipeFromJson, type Recipe } from "../image/recipe.ts";

/** Whether latents or recipe give the same picture again. One that began from another picture is lost with its latents. */
export function canBeMadeAgain(
  { latents }: { readonly latents: Uint8Array | null },
  recipe: Recipe | null,
): boolean {
  return latents !== null || (recipe !== null && recipe.strength === undefined);
}

/** The recipe in a picture's row; null where it is none that this program reads. */
export function storedRecipe({ recipe }: { readonly recipe: unknown }): Recipe | null {
  return recipeFromJson(JSON.stringify(recipe));
}
