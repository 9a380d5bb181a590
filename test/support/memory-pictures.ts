import { randomUUID } from "node:crypto";

import sharp from "sharp";

import type { HistoryEntry } from "../../src/generation/generation-port.ts";
import type { JobView, PictureView } from "../../src/generation/types.ts";
import { encodePicture } from "../../src/image/encode-picture.ts";
import type { Recipe } from "../../src/image/recipe.ts";

export const MADE_AT = new Date("2026-11-25T08:00:00Z");
const SIDE_PX = 32;

/** A picture as the generation room in memory keeps it. */
export interface StoredPicture extends HistoryEntry {
  readonly file: Uint8Array;
}

/** One plain picture of a job that is done. */
export async function storedPicture(job: JobView, index: number): Promise<StoredPicture> {
  const recipe = recipeOf(job, index);
  const rgb = new Uint8Array(3 * SIDE_PX * SIDE_PX).fill(40 * (index + 1));
  const file = await encodePicture(
    { rgb, width: SIDE_PX, height: SIDE_PX },
    { format: "png", recipe },
  );
  const picture: PictureView = {
    id: randomUUID(),
    jobId: job.id,
    index,
    userId: job.userId,
    guildId: job.guildId,
    channelId: job.channelId,
    messageId: null,
    parentId: job.parentId,
    prompt: recipe.prompt,
    recipe,
    width: 1024,
    height: 1024,
    isPrivate: job.isPrivate,
    createdAt: MADE_AT,
  };
  const thumbnail = await sharp(file).webp().toBuffer();
  return { picture, isFavourite: false, thumbnail, file };
}

function recipeOf({ request, model }: JobView, index: number): Recipe {
  const drawn = request.kind === "generate" ? request : null;
  const upscaled = { width: 4096, height: 4096, method: "ESRGAN thick x4" };
  return {
    ...(request.kind === "upscale" ? { upscaled } : {}),
    prompt: request.prompt,
    negativePrompt: drawn?.negativePrompt ?? "",
    width: 1024,
    height: 1024,
    steps: drawn?.steps ?? 20,
    guidanceScale: drawn?.guidanceScale ?? 4.5,
    scheduler: "dpm++",
    seed: request.seed + index,
    rng: "cpu",
    precision: "fp32",
    model: { name: model.name, hash: "0123456789abcdef" },
    software: "sanabot 0.1.0",
  };
}
