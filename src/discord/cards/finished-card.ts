import {
  type APIComponentInContainer,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from "discord.js";

import type { Notice } from "../../generation/messenger.ts";
import type { JobView, PictureView, Shown } from "../../generation/types.ts";
import { sayTo, translate } from "../../i18n/translate.ts";
import { LANCZOS_NAME } from "../../upscale/types.ts";
import { type CustomIds, shortId } from "../custom-id.ts";
import {
  ACCENT,
  type Card,
  card,
  cut,
  gallery,
  pressButton,
  row,
  small,
  text,
} from "./components.ts";
import { escapeMarkdown } from "./markdown.ts";
import { deleteId } from "../shown-by.ts";
import { promptOf } from "./running-cards.ts";

/** Long prompts are cut on the card, and whole in the recipe; escaping may double their length. */
const MAX_PROMPT = 1000;
const MAX_NEGATIVE = 250;
/** Of a picture's description; " (picture 4 of 4)" comes after it. */
const MAX_ALT_PROMPT = 980;

export interface Finished extends Omit<Extract<Notice, { kind: "finished" }>, "kind" | "mention"> {
  /** What is deleted with this card, where that is not all of the job. */
  readonly shown?: Shown;
}

/** The card of pictures that are done, with every button that they have. */
export function finishedCard(job: JobView, finished: Finished, ids: CustomIds): Card {
  const { pictures, files } = finished;
  const prompt = promptOf(job);
  return card(
    ACCENT.good,
    [
      prompt === "" ? null : text(escapeMarkdown(cut(prompt, MAX_PROMPT))),
      gallery(
        files.map(({ name }, index) => ({
          name,
          description: altText(job, index, files.length),
        })),
      ),
      small(linesOf(job, finished)),
      ...(job.request.kind === "upscale"
        ? []
        : pictureRows({ locale: job.place.locale, pictures, can: finished.can }, ids)),
      actionRow(job, finished, ids),
    ],
    files.map(({ name, data }) => ({ name, data: Buffer.from(data) })),
  );
}

function altText(job: JobView, index: number, count: number): string {
  const prompt = cut(promptOf(job), MAX_ALT_PROMPT);
  return count === 1 ? prompt : sayTo(job.place)("card.alt", { prompt, number: index + 1, count });
}

function linesOf(job: JobView, { pictures, files, originals }: Finished): (string | null)[] {
  const say = sayTo(job.place);
  const links = originals.flatMap((original, index) =>
    original?.url === undefined || original.url === null
      ? []
      : [
          originals.length === 1
            ? say("card.original", { url: original.url })
            : say("card.original-many", { number: index + 1, url: original.url }),
        ],
  );
  const sizes = new Set(files.flatMap(({ remark }) => (remark === null ? [] : [remark])));
  return [
    negativeLine(job),
    settingsOf(job, pictures).join(" · "),
    ...[...sizes].map((size) => say("card.reduced", { size })),
    links.join(" · "),
    ...keptOriginals({ files, originals }).map((file) => say("card.original-kept", { file })),
    say("card.whose-quota"),
  ];
}

/** Names of the originals that are better than what is posted, and that no link leads to. */
function keptOriginals({ files, originals }: Pick<Finished, "files" | "originals">): string[] {
  return originals.flatMap((original, index) => {
    const isPosted = files[index]?.name.endsWith(".png") === true;
    return original === null || original.url !== null || isPosted ? [] : [`\`${original.name}\``];
  });
}

function negativeLine(job: JobView): string | null {
  const { request, model } = job;
  if (request.kind !== "generate" || request.negativePrompt === "") return null;
  const say = sayTo(job.place);
  if (model.ignoresNegativePrompt) return say("card.negative-ignored", { model: model.title });
  return say("card.negative", {
    negative: escapeMarkdown(cut(request.negativePrompt.replaceAll(/\s+/g, " "), MAX_NEGATIVE)),
  });
}

/** Everything that made it, in a few words each. */
function settingsOf(job: JobView, pictures: readonly PictureView[]): string[] {
  const say = sayTo(job.place);
  const { request, model, createdAt, startedAt, runMs } = job;
  const [first] = pictures;
  const last = pictures.at(-1);
  const size = first === undefined ? [] : [`${first.width} × ${first.height}`];
  const timing = [
    ...(runMs === null ? [] : [say("card.took", { seconds: seconds(runMs) })]),
    ...(startedAt === null
      ? []
      : [say("card.waited", { seconds: seconds(startedAt.getTime() - createdAt.getTime()) })]),
  ];
  if (request.kind === "upscale") {
    const upscaled = first?.recipe.upscaled;
    if (upscaled === undefined) return timing;
    const { width, height, method } = upscaled;
    const named = method === LANCZOS_NAME ? say("card.lanczos") : escapeMarkdown(method);
    return [say("card.upscaled", { width, height, method: named }), ...timing];
  }
  const seed =
    first === undefined || last === undefined || first === last
      ? say("card.seed", { seed: first?.recipe.seed ?? request.seed })
      : say("card.seeds", { first: first.recipe.seed, last: last.recipe.seed });
  return [
    seed,
    ...size,
    say("card.steps", { steps: request.steps }),
    say("card.guidance", { guidance: request.guidanceScale }),
    ...(request.style === null
      ? []
      : [say("card.style", { style: escapeMarkdown(request.style) })]),
    ...(request.strength === null
      ? []
      : [say("card.strength", { percent: Math.round(request.strength * 100) })]),
    escapeMarkdown(model.title),
    ...timing,
  ];
}

/** With one decimal below ten. */
function seconds(ms: number): string {
  const value = Math.max(0, ms) / 1000;
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

interface PictureRows {
  readonly locale: string;
  readonly pictures: readonly PictureView[];
  readonly can: Finished["can"];
}

/** Varying and enlarging: a row each for a grid, one for both where there is but one picture. */
function pictureRows(parts: PictureRows, ids: CustomIds): (APIComponentInContainer | null)[] {
  return parts.pictures.length === 1 ? [singleRow(parts, ids)] : gridRows(parts, ids);
}

function singleRow(
  { locale, pictures, can }: PictureRows,
  ids: CustomIds,
): APIComponentInContainer | null {
  const [picture] = pictures;
  if (picture === undefined) return null;
  const id = shortId(picture.id);
  const press = (action: string, label: string, emoji: string) =>
    pressButton(ids.write({ action, id, index: 0 }), { label, emoji });
  return row(
    press("vary-subtle", translate(locale, "card.vary-subtle"), "🪄"),
    press("vary-strong", translate(locale, "card.vary-strong"), "🎲"),
    can.upscale ? press("upscale", translate(locale, "card.upscale"), "🔍") : null,
    can.creative ? press("creative", translate(locale, "card.creative"), "✨") : null,
  );
}

function gridRows(
  { locale, pictures, can }: PictureRows,
  ids: CustomIds,
): (APIComponentInContainer | null)[] {
  const each = (action: string, key: "card.vary-number" | "card.upscale-number") =>
    row(
      ...pictures.map(({ id }, index) =>
        pressButton(ids.write({ action, id: shortId(id), index }), {
          label: translate(locale, key, { number: index + 1 }),
        }),
      ),
    );
  return [
    each("vary", "card.vary-number"),
    can.upscale ? each("upscale", "card.upscale-number") : null,
    row(pickSelect({ locale, pictures, can }, ids)),
  ];
}

function pickSelect({ locale, pictures }: PictureRows, ids: CustomIds): APIStringSelectComponent {
  const job = pictures[0]?.jobId ?? "";
  return {
    type: ComponentType.StringSelect,
    custom_id: ids.write({ action: "pick", id: shortId(job), index: 0 }),
    placeholder: translate(locale, "card.pick"),
    options: pictures.map(({ id }, index) => ({
      label: translate(locale, "card.pick-number", { number: index + 1 }),
      value: `${index}:${shortId(id)}`,
    })),
  };
}

/** What can be done with the card as a whole; the first picture stands for the request that made them all. */
function actionRow(
  job: JobView,
  { pictures, shown = { kind: "job", id: job.id } }: Finished,
  ids: CustomIds,
): APIComponentInContainer | null {
  const say = sayTo(job.place);
  const [first] = pictures;
  if (first === undefined) return null;
  const ofPicture = (action: string) => ids.write({ action, id: shortId(first.id), index: 0 });
  const canRepeat = job.request.kind === "generate";
  return row(
    canRepeat ? pressButton(ofPicture("reroll"), { label: say("card.reroll"), emoji: "🔄" }) : null,
    canRepeat ? pressButton(ofPicture("edit"), { label: say("card.edit"), emoji: "✏️" }) : null,
    pressButton(ids.write({ action: "favourite", id: shortId(first.id), index: pictures.length }), {
      label: say("card.favourite"),
      emoji: "⭐",
    }),
    pressButton(ofPicture("recipe"), { label: say("card.recipe"), emoji: "📜" }),
    pressButton(deleteId(shown, ids), {
      label: say("card.delete"),
      emoji: "🗑️",
      style: ButtonStyle.Danger,
    }),
  );
}
