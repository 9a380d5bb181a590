import type { ForeignRecipe } from "../image/foreign-recipe.ts";
import type { Recipe } from "../image/recipe.ts";
import { type MessageKey, translate } from "../i18n/translate.ts";
import { ACCENT, type Card, card, cut, small, text } from "./cards/components.ts";
import { escapeMarkdown } from "./cards/markdown.ts";

/** Of a prompt inside a block of code; two of them and the settings stay under Discord's 4000. */
const MAX_PROMPT = 1500;
const MAX_SETTINGS = 900;

/** How one of our pictures was made, to the last setting: with it the same pixels come out again. */
export function recipeCard(recipe: Recipe, locale: string): Card {
  const { scheduler, rng, precision, model, software } = recipe;
  const settings: [MessageKey, string][] = [
    ["recipe.size", `${recipe.width} × ${recipe.height}`],
    ["recipe.seed", String(recipe.seed)],
    ["recipe.steps", String(recipe.steps)],
    ["recipe.guidance", String(recipe.guidanceScale)],
    ["recipe.scheduler", scheduler],
    ...optional("recipe.strength", recipe.strength),
    ["recipe.model", `${model.name} (${model.hash.slice(0, 12)})`],
    ["recipe.computed", [rng, precision ?? ""].filter((part) => part !== "").join(", ")],
    ["recipe.software", software],
  ];
  const lines = settings.map(
    ([key, value]) => `${translate(locale, key)}: ${escapeMarkdown(value)}`,
  );
  return card(ACCENT.quiet, [
    ...prompts(recipe, locale),
    text(cut(lines.join("\n"), MAX_SETTINGS)),
    small([translate(locale, "recipe.hint")]),
  ]);
}

/** What another program has said of a picture. */
export function foreignRecipeCard(recipe: ForeignRecipe, locale: string): Card {
  const lines = recipe.settings.map(([name, value]) => escapeMarkdown(`${name}: ${value}`));
  const key = recipe.origin === "a1111" ? "recipe.from-a1111" : "recipe.from-comfyui";
  return card(ACCENT.quiet, [
    ...prompts(recipe, locale),
    lines.length === 0 ? null : text(cut(lines.join("\n"), MAX_SETTINGS)),
    small([translate(locale, key)]),
  ]);
}

function prompts(
  { prompt, negativePrompt }: { prompt: string; negativePrompt: string },
  locale: string,
) {
  return [
    prompt === "" ? null : text(`**${translate(locale, "recipe.prompt")}**\n${codeBlock(prompt)}`),
    negativePrompt === ""
      ? null
      : text(`**${translate(locale, "recipe.negative")}**\n${codeBlock(negativePrompt)}`),
  ];
}

/** To be copied with one tap; three back-ticks would end the block. */
function codeBlock(content: string): string {
  return `\`\`\`\n${cut(content, MAX_PROMPT).replaceAll("```", "'''")}\n\`\`\``;
}

function optional(key: MessageKey, value: number | undefined): [MessageKey, string][] {
  return value === undefined ? [] : [[key, String(value)]];
}
