import { and, eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { job, picture } from "../db/schema.ts";
import type { Recipe } from "../image/recipe.ts";
import { type GenerateJob, generateSchema, parseJobRequest, type Source } from "./job-request.ts";
import { Refusal } from "./refusal.ts";
import type { Size } from "./sizes.ts";
import type { PictureReference, Requester } from "./types.ts";
import { canBeMadeAgain, storedRecipe } from "./stored-recipe.ts";

/** A picture that something is to be made from, as far as it is known. */
export interface FoundPicture {
  readonly source: Source;
  /** Null when only its message is left. */
  readonly pictureId: string | null;
  readonly userId: string | null;
  readonly prompt: string | null;
  readonly size: Size | null;
  readonly model: string | null;
  /** The request that it came from; null when it is not known, or was not a drawing. */
  readonly request: GenerateJob | null;
  readonly isForeign: boolean;
}

/**
 * Finds a picture in the database or, where that has lost it or what makes it again, in its own message.
 *
 * @throws {Refusal} `refusal.picture-gone` when neither has it, and for another member's private picture
 */
export async function findPicture(
  reference: PictureReference,
  { db, requester }: { db: Database; requester: Requester },
): Promise<FoundPicture> {
  if (reference.kind === "stored") {
    const stored = await findStored(db, reference.pictureId);
    if (stored !== null) {
      const { isPrivate, userId } = stored.row;
      if (isPrivate && userId !== requester.userId) throw new Refusal("refusal.picture-gone");
      const { fallback } = reference;
      if (fallback === null || canBeMadeAgain(stored.row, storedRecipe(stored.row)))
        return stored.found;
      return { ...stored.found, source: fallback.source };
    }
  }
  const shown = reference.kind === "stored" ? reference.fallback : reference.picture;
  if (shown === null) throw new Refusal("refusal.picture-gone");
  const { width, height, recipe } = shown;
  return {
    source: shown.source,
    pictureId: null,
    userId: null,
    prompt: shown.prompt ?? recipe?.prompt ?? null,
    size: width === null || height === null ? null : { width, height },
    model: recipe?.model.name ?? null,
    request: recipe === null ? null : requestOf(recipe, shown.prompt),
    isForeign: !shown.isOurs,
  };
}

/** What a picture's own recipe asked for; its style is in the prompt. */
function requestOf(recipe: Recipe, shownPrompt: string | null): GenerateJob | null {
  const { prompt, negativePrompt, width, height, steps, guidanceScale, seed } = recipe;
  const parsed = generateSchema.safeParse({
    kind: "generate",
    prompt,
    userPrompt: shownPrompt ?? prompt,
    negativePrompt,
    userNegative: negativePrompt,
    style: null,
    width,
    height,
    count: 1,
    steps,
    guidanceScale,
    seed,
    source: null,
    strength: null,
  });
  return parsed.data ?? null;
}

async function findStored(
  db: Database,
  pictureId: string,
): Promise<{ row: typeof picture.$inferSelect; found: FoundPicture } | null> {
  const [both] = await db
    .select()
    .from(picture)
    .innerJoin(job, eq(job.id, picture.jobId))
    .where(and(eq(picture.id, pictureId), sql`${picture.deletedAt} is null`));
  if (both === undefined) return null;
  const { picture: row, job: made } = both;
  const request = parseJobRequest(made.request);
  const recipe = storedRecipe(row);
  return {
    row,
    found: {
      source: { kind: "picture", pictureId },
      pictureId,
      userId: row.userId,
      prompt: request.kind === "generate" ? request.userPrompt : (recipe?.prompt ?? row.prompt),
      size: { width: row.width, height: row.height },
      model: made.model,
      request: request.kind === "generate" ? request : null,
      isForeign: false,
    },
  };
}
