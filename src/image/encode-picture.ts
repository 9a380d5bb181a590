import sharp, { type Sharp } from "sharp";

import { insertPngText } from "./png-text.ts";
import { RECIPE_KEY, recipeToJson, recipeToParameters, type Recipe } from "./recipe.ts";
import { userComment } from "./user-comment.ts";
import { recipeToXmp } from "./xmp.ts";

/** The formats that a picture can be written in. */
export const PICTURE_FORMATS = ["png", "webp", "jpeg"] as const;
/** One of {@link PICTURE_FORMATS}. */
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

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

/** WebP and JPEG at a quality where faults are not seen at normal size; colour at full resolution. */
const QUALITY = 92;

/**
 * Writes a picture into a file's bytes, with its whole recipe inside: PNG text chunks, else XMP (for us) and EXIF (for
 * other programs). `readRecipe` gets it back.
 */
export async function encodePicture(
  picture: RgbPicture,
  { format, recipe }: { format: PictureFormat; recipe: Recipe },
): Promise<Buffer> {
  const { rgb, width, height } = picture;
  if (rgb.length !== 3 * width * height) {
    throw new RangeError(
      `A picture of ${width}x${height} has ${3 * width * height} bytes, not ${rgb.length}`,
    );
  }
  const image = sharp(rgb, { raw: { width, height, channels: 3 } });
  const parameters = recipeToParameters(recipe);
  if (format === "png") {
    const png = await image.png().toBuffer();
    return insertPngText(png, { parameters, [RECIPE_KEY]: recipeToJson(recipe) });
  }
  const comment = userComment(parameters);
  const tagged = image
    .withExif({ IFD0: { Software: recipe.software }, IFD2: { UserComment: comment.placeholder } })
    .withXmp(recipeToXmp(recipe));
  return comment.fill(await compress(tagged, format).toBuffer());
}

function compress(image: Sharp, format: "webp" | "jpeg"): Sharp {
  return format === "webp"
    ? image.webp({ quality: QUALITY, smartSubsample: true })
    : image.jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" });
}
