import { ButtonStyle, type APIComponentInContainer } from "discord.js";

import type { Notice } from "../../generation/messenger.ts";
import type { JobProgress, JobView } from "../../generation/types.ts";
import { type Say, sayTo, translate } from "../../i18n/translate.ts";
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
import { relativeTime } from "./time.ts";

/** Of a card that soon gives way to another: the beginning of the prompt is enough. */
const MAX_PROMPT = 600;
const BAR_CELLS = 12;
const PREVIEW_NAME = "preview.webp";

/** From here on an answer that is shown to one alone says where its picture will come: its token soon dies. */
const PRIVATE_IS_LATE_MS = 12.5 * 60_000;

type Queued = Extract<Notice, { kind: "queued" }>;
type Running = Extract<Notice, { kind: "running" }>;

export function queuedCard(job: JobView, { position, etaSeconds }: Queued, ids: CustomIds): Card {
  const say = sayTo(job.place);
  const where = position <= 1 ? say("card.next") : say("card.queued", { position });
  return card(ACCENT.working, [
    promptText(job),
    text(`${where}\n${etaLine(etaSeconds, say)}`),
    privateLine(job),
    cancelRow(job, ids),
  ]);
}

export function runningCard(job: JobView, { progress, preview }: Running, ids: CustomIds): Card {
  const share = shareOf(progress);
  const bar = share === null ? "" : `\n${progressBar(share)}`;
  const parts: (APIComponentInContainer | null)[] = [
    promptText(job),
    preview === null ? null : gallery([{ name: PREVIEW_NAME, description: promptOf(job) }]),
    text(`${describeProgress(progress, job.place.locale)}${bar}`),
    cancelRow(job, ids),
  ];
  const files = preview === null ? [] : [{ name: PREVIEW_NAME, data: Buffer.from(preview) }];
  return card(ACCENT.working, [...parts, privateLine(job)], files);
}

/** Such as `Drawing, step 3 of 20`. */
export function describeProgress(progress: JobProgress, locale: string): string {
  switch (progress.stage) {
    case "load":
      return translate(locale, "card.loading");
    case "encode-prompt":
      return translate(locale, "card.reading");
    case "encode-image":
      return translate(locale, "card.opening");
    case "decode":
      return translate(locale, "card.decoding");
    case "encode-file":
      return translate(locale, "card.saving");
    case "denoise":
      return progress.pictures > 1
        ? translate(locale, "card.drawing-many", { ...progress, picture: progress.picture + 1 })
        : translate(locale, "card.drawing", { ...progress });
    case "upscale":
      return translate(locale, "card.enlarging", { ...progress });
  }
}

/** What the member wrote. */
export function promptOf({ request }: Pick<JobView, "request">): string {
  return request.kind === "generate" ? request.userPrompt : request.prompt;
}

function privateLine(job: JobView): APIComponentInContainer | null {
  if (!job.isPrivate) return null;
  const isLate = Date.now() - job.createdAt.getTime() > PRIVATE_IS_LATE_MS;
  return small([sayTo(job.place)(isLate ? "card.private-late" : "card.private")]);
}

/** The beginning of it; null where there is none. */
export function promptText(job: Pick<JobView, "request">): APIComponentInContainer | null {
  const prompt = promptOf(job);
  return prompt === "" ? null : text(escapeMarkdown(cut(prompt, MAX_PROMPT)));
}

function etaLine(eta: Queued["etaSeconds"], say: Say): string {
  if (eta === null) return say("card.eta-unknown");
  const from = relativeTime(eta.median);
  const until = relativeTime(eta.p90);
  return say("card.eta", { from: from === until ? "same" : from, until });
}

/** From 0 to 1, or null where the stage has no steps. */
function shareOf(progress: JobProgress): number | null {
  if (progress.stage === "denoise") {
    const { picture, pictures, step, steps } = progress;
    return (picture + step / steps) / pictures;
  }
  return progress.stage === "upscale" ? progress.tile / progress.tiles : null;
}

function progressBar(share: number): string {
  const full = Math.max(0, Math.min(BAR_CELLS, Math.round(share * BAR_CELLS)));
  return `${"▰".repeat(full)}${"▱".repeat(BAR_CELLS - full)} ${Math.round(share * 100)} %`;
}

function cancelRow(job: JobView, ids: CustomIds): APIComponentInContainer | null {
  const customId = ids.write({ action: "cancel", id: shortId(job.id), index: 0 });
  const label = translate(job.place.locale, "card.cancel");
  return row(pressButton(customId, { label, style: ButtonStyle.Danger }));
}
