import { and, eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { picture } from "../db/schema.ts";
import type { Recipe } from "../image/recipe.ts";
import type { Task, TaskSource } from "../inference/messages.ts";
import type { Source } from "./job-request.ts";
import type { JobRow } from "./job-store.ts";
import { fetchAttachment, type AttachmentFinder } from "./attachment.ts";
import { fileLimit } from "./file-limit.ts";
import { parsePlace } from "./place.ts";
import { Refusal } from "./refusal.ts";
import type { JobView } from "./types.ts";
import { canBeMadeAgain, storedRecipe } from "./stored-recipe.ts";

/** Where a job's sources are read from. */
export interface SourceStore {
  readonly db: Database;
  readonly attachments: AttachmentFinder;
  readonly signal?: AbortSignal | undefined;
}

/** What the inference process is told to do for a job; its sources are read now, so that it needs no database. */
export async function taskOf(
  row: JobRow,
  { request, model: facts }: Pick<JobView, "request" | "model">,
  store: SourceStore,
): Promise<Extract<Task, { kind: "generate" | "upscale" }>> {
  const { attachmentSizeLimit } = parsePlace(row.place);
  const files = request.kind === "generate" ? request.count : 1;
  const limitBytes = fileLimit(attachmentSizeLimit, files);
  const output = { limitBytes, originalName: row.id, parent: row.parentId };
  const { model } = row;
  if (request.kind === "upscale")
    return { ...request, model, source: await load(request.source, store), output };
  const source = request.source === null ? null : await load(request.source, store);
  // A Sprint model refuses a negative prompt; the card says that it is ignored.
  const negativePrompt = facts.ignoresNegativePrompt ? "" : request.negativePrompt;
  return { ...request, negativePrompt, model, source, output };
}

async function load(source: Source, store: SourceStore): Promise<TaskSource> {
  if (source.kind === "attachment")
    return { kind: "file", bytes: await fetchAttachment(source, store.attachments, store.signal) };
  const [found] = await store.db
    .select()
    .from(picture)
    .where(and(eq(picture.id, source.pictureId), sql`${picture.deletedAt} is null`));
  const recipe = found === undefined ? null : storedRecipe(found);
  if (found === undefined || recipe === null || !canBeMadeAgain(found, recipe))
    throw new Refusal("refusal.picture-gone");
  return sourceOf(found, recipe);
}

function sourceOf(found: typeof picture.$inferSelect, recipe: Recipe): TaskSource {
  const { latents, latentsWidth, latentsHeight } = found;
  if (latents === null || latentsWidth === null || latentsHeight === null)
    return { kind: "recipe", recipe };
  return {
    kind: "latents",
    latents: { float16: latents, width: latentsWidth, height: latentsHeight },
    recipe,
  };
}
