import { throwIfCancelled, UserError } from "../errors.ts";
import { type AnyPicture, encodePicture, type PictureFormat, rawImage } from "./encode-picture.ts";
import type { Recipe } from "./recipe.ts";

export interface FitOptions {
  /** Bytes that the file may have, as Discord's `attachment_size_limit`. */
  readonly limitBytes: number;
  /** Goes into the file. */
  readonly recipe: Recipe | null;
  /** Looked at between two attempts; lossless WebP takes 10 s of one core at 4096 x 4096, the others 3 at most. */
  readonly signal?: AbortSignal | undefined;
  /** The picture as `encodePicture` wrote it, where that is there already. */
  readonly png?: Uint8Array | undefined;
}

/** A file that fits. */
export interface FittedPicture {
  readonly data: Uint8Array;
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
  /** Null: lossless. */
  readonly quality: number | null;
  /** Whether it has fewer pixels than the picture. */
  readonly isReduced: boolean;
}

/** Below the last one, pixels are given up rather than quality. */
const QUALITIES = [95, 90, 85, 80] as const;
const LOWEST_QUALITY = 80;
/** Of the limit, kept free: what a service counts may differ a little from the file's bytes. */
const MARGIN_SHARE = 0.01;
/**
 * What WebP needs of JPEG 4:4:4 of the same quality at the least; attempts that cannot succeed are left out. Measured on
 * ten pictures enlarged to 4096 x 4096: 0.27 to 0.47 but for a flat drawing, whose JPEG had 0.2 MB.
 */
const LEAST_LOSSY_SHARE = 0.25;
/** Lossless WebP is not tried where four strips of the picture say that it would be this many times too large. */
const HOPELESS = 2;
const STRIPS = 4;
/** Of the picture's rows, in one strip. */
const STRIP_SHARE = 1 / 64;
const SMALLEST_SIDE_PX = 64;

/**
 * The best file of a picture that a limit allows: PNG, then lossless WebP, then JPEG with full colour and WebP at
 * falling quality, and only below quality 80 fewer pixels. Transparency is never given up.
 *
 * @throws {UserError} `cancelled`, or `not_supported` when not even a thumbnail fits.
 */
export async function fitToLimit(picture: AnyPicture, options: FitOptions): Promise<FittedPicture> {
  const budget = Math.floor(options.limitBytes * (1 - MARGIN_SHARE));
  const whole = new Attempts(picture, options);
  const lossless = await whole.lossless(budget);
  if (lossless !== null) return lossless;
  let smallest: FittedPicture | null = null;
  for (const quality of QUALITIES) {
    const made = await whole.lossy(quality, budget);
    if (made.data.length <= budget) return made;
    smallest = made;
  }
  return reduce(picture, { budget, options, bytes: smallest?.data.length ?? budget });
}

/** The files of one picture at its full size. */
class Attempts {
  readonly #picture: AnyPicture;
  readonly #options: FitOptions;

  constructor(picture: AnyPicture, options: FitOptions) {
    this.#picture = picture;
    this.#options = options;
  }

  async lossless(budget: number): Promise<FittedPicture | null> {
    const png = this.#options.png ?? (await this.encode("png", null)).data;
    if (png.length <= budget) return this.#describe({ data: png, format: "png", quality: null });
    if ((await this.#losslessEstimate()) > HOPELESS * budget) return null;
    const webp = await this.encode("webp", null);
    return webp.data.length <= budget ? webp : null;
  }

  /** Bytes of lossless WebP, from a sixteenth of the picture: a tenth of its time. */
  async #losslessEstimate(): Promise<number> {
    const { width, height } = this.#picture;
    const rows = Math.max(1, Math.round(height * STRIP_SHARE));
    const strips = Array.from({ length: STRIPS }, (_, index) => {
      const top = Math.floor(((index + 0.5) / STRIPS) * (height - rows));
      return rawImage(this.#picture)
        .extract({ left: 0, top, width, height: rows })
        .webp({ lossless: true })
        .toBuffer();
    });
    const bytes = (await Promise.all(strips)).reduce((sum, { length }) => sum + length, 0);
    return (bytes * height) / (STRIPS * rows);
  }

  /** JPEG where it fits, else WebP; the latter alone for a picture with transparency. */
  async lossy(quality: number, budget: number): Promise<FittedPicture> {
    if ("rgba" in this.#picture) return this.encode("webp", quality);
    const jpeg = await this.encode("jpeg", quality);
    const isHopeless = jpeg.data.length * LEAST_LOSSY_SHARE > budget;
    // The last one is the measure for how many pixels there can be.
    if (jpeg.data.length <= budget || (isHopeless && quality > LOWEST_QUALITY)) return jpeg;
    return this.encode("webp", quality);
  }

  async encode(format: PictureFormat, quality: number | null): Promise<FittedPicture> {
    const { recipe, signal } = this.#options;
    throwIfCancelled(signal, "before the picture was written");
    const data = await encodePicture(this.#picture, {
      format,
      recipe,
      quality: quality ?? "lossless",
    });
    return this.#describe({ data, format, quality });
  }

  #describe(file: Pick<FittedPicture, "data" | "format" | "quality">): FittedPicture {
    const { width, height } = this.#picture;
    return { ...file, width, height, isReduced: false };
  }
}

/** As many pixels as fit in WebP at the lowest quality; a file's bytes grow a little less than its pixels. */
async function reduce(
  picture: AnyPicture,
  { budget, options, bytes }: { budget: number; options: FitOptions; bytes: number },
): Promise<FittedPicture> {
  let [scale, size] = [1, bytes];
  for (;;) {
    scale *= Math.min(0.97, Math.sqrt(budget / size) * 0.98);
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    if (Math.max(width, height) < SMALLEST_SIDE_PX) {
      throw new UserError(
        "not_supported",
        `No file of this picture fits ${options.limitBytes} bytes.`,
      );
    }
    throwIfCancelled(options.signal, "before the picture was made smaller");
    const smaller = await shrink(picture, { width, height });
    const made = await new Attempts(smaller, options).encode("webp", LOWEST_QUALITY);
    if (made.data.length <= budget) return { ...made, isReduced: true };
    size = made.data.length;
  }
}

async function shrink(
  picture: AnyPicture,
  { width, height }: { width: number; height: number },
): Promise<AnyPicture> {
  const pixels = await rawImage(picture)
    .resize(width, height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return "rgba" in picture ? { rgba: pixels, width, height } : { rgb: pixels, width, height };
}
