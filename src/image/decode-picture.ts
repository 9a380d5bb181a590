import { readFile, stat } from "node:fs/promises";
import sharp, { type Metadata, type Sharp } from "sharp";

import { UserError } from "../errors.ts";
import type { AnyPicture, RgbPicture } from "./encode-picture.ts";
import { isAnimatedPng } from "./png-chunks.ts";

/** Discord's largest common attachment; a lossless 4096 x 4096 picture has under 50 MB. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
/** 8192 x 8192: decoded 200 MB. */
const MAX_PIXELS = 2 ** 26;
/** Bitmaps only: vector and document formats can name other files and need far more code. */
const READABLE = new Set(["png", "jpeg", "webp", "gif", "tiff", "heif"]);
/** Formats in which several pages are frames; those of TIFF and HEIF are separate pictures. */
const ANIMATED = new Set(["gif", "webp"]);
const READABLE_WORDS = "PNG, JPEG, WebP, GIF, TIFF or AVIF";
const UNREADABLE = {
  name: "image-kind",
  parameters: { kinds: "PNG, JPEG, WebP, GIF, TIFF, AVIF" },
} as const;

/**
 * Decodes a picture file to RGB at its own size, turned upright by its EXIF orientation, transparent parts on white,
 * an animation's first frame.
 *
 * @param bytes - A whole file, from anywhere.
 * @throws {UserError} `invalid_image` when it is no picture, damaged, or over 64 MiB or 67 megapixels.
 */
export async function decodePicture(bytes: Uint8Array): Promise<RgbPicture> {
  const { image } = await openPicture(bytes);
  return decodeColour(image);
}

/**
 * Decodes a picture file as {@link decodePicture} does, but with its transparency, and refuses an animation, of which
 * only one frame would be left.
 *
 * @throws {UserError} `invalid_image`
 */
export async function decodeStill(bytes: Uint8Array): Promise<AnyPicture> {
  const { image, format, pages = 1, hasAlpha } = await openPicture(bytes);
  const isAnimation = (pages > 1 && ANIMATED.has(format)) || isAnimatedPng(bytes);
  if (isAnimation) {
    throw new UserError("invalid_image", "This picture is animated; send a still one.", {
      reason: { name: "image-animated", parameters: {} },
    });
  }
  if (!hasAlpha) return decodeColour(image);
  const { data, width, height } = await decodePixels(image, 4);
  return { rgba: data, width, height };
}

async function openPicture(bytes: Uint8Array): Promise<Metadata & { image: Sharp }> {
  if (bytes.length > MAX_FILE_BYTES) throw tooManyBytes("The picture", bytes.length);
  const opened = await readMetadata(bytes);
  const { format, width, height } = opened;
  if (!READABLE.has(format)) {
    throw new UserError(
      "invalid_image",
      `Pictures of the kind ${format} are not read; use ${READABLE_WORDS}.`,
      { reason: UNREADABLE },
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new UserError(
      "invalid_image",
      `The picture has ${width} x ${height} pixels; at most ${MAX_PIXELS} are read.`,
      { reason: { name: "image-pixels", parameters: { width, height, max: MAX_PIXELS } } },
    );
  }
  return opened;
}

/**
 * Reads and decodes a picture file; see {@link decodePicture}.
 *
 * @throws {UserError} `invalid_image` also when the file cannot be read, naming it.
 */
export async function decodePictureFile(path: string): Promise<RgbPicture> {
  return decodeFile(path, decodePicture);
}

/**
 * Reads a picture file and decodes it; `decode` is {@link decodePicture} or {@link decodeStill}.
 *
 * @throws {UserError} as `decode` does, naming the file.
 */
export async function decodeFile<Picture>(
  path: string,
  decode: (bytes: Uint8Array) => Promise<Picture>,
): Promise<Picture> {
  const bytes = await readPictureFile(path);
  try {
    return await decode(bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

async function readPictureFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw tooManyBytes(path, size);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError("invalid_image", `The picture ${path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}

async function readMetadata(bytes: Uint8Array): Promise<Metadata & { image: Sharp }> {
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "error" });
    return { ...(await image.metadata()), image };
  } catch (cause) {
    const message = `This is not a picture that can be read; use ${READABLE_WORDS}.`;
    throw new UserError("invalid_image", message, { cause, reason: UNREADABLE });
  }
}

async function decodeColour(image: Sharp): Promise<RgbPicture> {
  const { data, width, height } = await decodePixels(image.flatten({ background: "#ffffff" }), 3);
  return { rgb: data, width, height };
}

async function decodePixels(
  image: Sharp,
  channels: number,
): Promise<{ data: Uint8Array; width: number; height: number }> {
  try {
    const upright = image.autoOrient().toColourspace("srgb");
    const { data, info } = await upright
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`sharp gave ${info.channels} channels`);
    return { data, width: info.width, height: info.height };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError("invalid_image", `The picture is damaged: ${reason}`, {
      cause: error,
      reason: { name: "image-damaged", parameters: {} },
    });
  }
}

function tooManyBytes(what: string, size: number): UserError {
  return new UserError(
    "invalid_image",
    `${what} has ${size} bytes; at most ${MAX_FILE_BYTES} are read.`,
    { reason: { name: "image-bytes", parameters: { mebibytes: MAX_FILE_BYTES / 2 ** 20 } } },
  );
}
