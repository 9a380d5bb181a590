import { recipeFromJson, type Recipe } from "../image/recipe.ts";

/** The recipe in a picture's row; null where it is none that this program reads. */
export function storedRecipe({ recipe }: { readonly recipe: unknown }): Recipe | null {
  return recipeFromJson(JSON.stringify(recipe));
}
