import sharp, { type Sharp } from "sharp";

import { insertPngText } from "./png-chunks.ts";
import { RECIPE_KEY, recipeToJson, recipeToParameters, type Recipe } from "./recipe.ts";
import { userComment } from "./user-comment.ts";
import { recipeToXmp } from "./xmp.ts";

/** The formats that a picture can be written in. */
export const PICTURE_FORMATS = ["png", "webp", "jpeg"] as const;
/** One of {@link PICTURE_FORMATS}. */
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Of a file's name, without the dot. */
export function extensionOf(format: PictureFormat): string {
  return format === "jpeg" ? "jpg" : format;
}

/** Pixels in memory. */
export interface RgbPicture {
  /** Interleaved RGB, `3 * width * height` bytes. */
  rgb: Uint8Array;
  width: number;
  height: number;
}

/** Pixels in memory with transparency, colours not multiplied by it. */
export interface RgbaPicture {
  /** Interleaved RGBA, `4 * width * height` bytes. */
  rgba: Uint8Array;
  width: number;
  height: number;
}

/** Pixels in memory, with or without transparency. */
export type AnyPicture = RgbPicture | RgbaPicture;

/** How a file is written. */
export interface EncodeOptions {
  readonly format: PictureFormat;
  /** Goes into the file; null for a picture that has none. */
  readonly recipe: Recipe | null;
  /** Of WebP and JPEG: 1 to 100, or `lossless` for WebP. */
  readonly quality?: number | "lossless";
}

/** WebP and JPEG at a quality where faults are not seen at normal size; colour at full resolution. */
const QUALITY = 92;

/**
 * Writes a picture into a file's bytes, with its whole recipe inside: PNG text chunks, else XMP (for us) and EXIF (for
 * other programs). `readRecipe` gets it back. JPEG knows no transparency: there it becomes white.
 */
export async function encodePicture(
  picture: AnyPicture,
  { format, recipe, quality = QUALITY }: EncodeOptions,
): Promise<Buffer> {
  const image = rawImage(picture);
  if (recipe === null) return compress(image, format, quality).toBuffer();
  const parameters = recipeToParameters(recipe);
  if (format === "png") {
    const png = await image.png().toBuffer();
    return insertPngText(png, { parameters, [RECIPE_KEY]: recipeToJson(recipe) });
  }
  const comment = userComment(parameters);
  const tagged = image
    .withExif({ IFD0: { Software: recipe.software }, IFD2: { UserComment: comment.placeholder } })
    .withXmp(recipeToXmp(recipe));
  return comment.fill(await compress(tagged, format, quality).toBuffer());
}

/** A picture's pixels for sharp. */
export function rawImage(picture: AnyPicture): Sharp {
  const { width, height } = picture;
  const [bytes, channels] =
    "rgba" in picture ? ([picture.rgba, 4] as const) : ([picture.rgb, 3] as const);
  const expected = channels * width * height;
  if (bytes.length !== expected) {
    throw new RangeError(
      `A picture of ${width}x${height} has ${expected} bytes, not ${bytes.length}`,
    );
  }
  return sharp(bytes, { raw: { width, height, channels } });
}

function compress(image: Sharp, format: PictureFormat, quality: number | "lossless"): Sharp {
  if (format === "png") return image.png();
  if (quality !== "lossless") {
    return format === "webp"
      ? image.webp({ quality, smartSubsample: true })
      : image.flatten({ background: "#ffffff" }).jpeg({ quality, chromaSubsampling: "4:4:4" });
  }
  if (format === "webp") return image.webp({ lossless: true });
  throw new RangeError("JPEG files are never lossless");
}
