import sharp from "sharp";

import type { AnyPicture } from "../image/encode-picture.ts";
import { encodePicture, extensionOf } from "../image/encode-picture.ts";
import { fitToLimit } from "../image/fit-to-limit.ts";
import { Originals } from "../image/originals.ts";
import type { Recipe } from "../image/recipe.ts";
import type { MadePicture, OutputRules } from "./messages.ts";

/** Of a thumbnail's longest side. */
const THUMBNAIL_PX = 256;
const THUMBNAIL_QUALITY = 75;

export interface FinishOptions {
  /** Null for a picture that brought none. */
  readonly recipe: Recipe | null;
  readonly output: OutputRules;
  readonly index: number;
  readonly dataDir: string;
  readonly signal: AbortSignal;
}

/** Encodes a picture to fit its place, keeps the lossless original on the disk, and makes a thumbnail. */
export async function finishFile(
  picture: AnyPicture,
  { recipe, output, index, dataDir, signal }: FinishOptions,
): Promise<Pick<MadePicture, "file" | "original" | "thumbnail">> {
  const { limitBytes, originalName } = output;
  const png = await encodePicture(picture, { format: "png", recipe });
  const fitted = await fitToLimit(picture, { limitBytes, recipe, signal, png });
  const name = `${originalName}-${index}.png`;
  // The same name when a second attempt writes it again.
  await new Originals(dataDir).store(name, png);
  const remark = fitted.isReduced ? `${fitted.width} × ${fitted.height}` : null;
  return {
    file: { name: `sanabot-${index + 1}.${extensionOf(fitted.format)}`, data: fitted.data, remark },
    original: name,
    thumbnail: await thumbnailOf(fitted.data),
  };
}

async function thumbnailOf(file: Uint8Array): Promise<Uint8Array> {
  return sharp(file)
    .resize(THUMBNAIL_PX, THUMBNAIL_PX, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: THUMBNAIL_QUALITY })
    .toBuffer();
}
