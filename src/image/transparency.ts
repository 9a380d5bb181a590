import type { AnyPicture, RgbaPicture, RgbPicture } from "./encode-picture.ts";

/** Colour and transparency apart. */
export interface SplitPicture {
  readonly colour: RgbPicture;
  /** One byte a pixel, or null where every pixel is opaque. */
  readonly alpha: Uint8Array | null;
}

/**
 * Takes colour and transparency apart, where there is any. Wholly transparent pixels, whose colour means nothing, take that of the visible
 * ones around them, so that enlarging draws no stray colour into the edges.
 */
export function splitLayers(picture: AnyPicture): SplitPicture {
  if (!("rgba" in picture)) return { colour: picture, alpha: null };
  const { rgba, width, height } = picture;
  const pixels = width * height;
  const alpha = new Uint8Array(pixels);
  const rgb = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i += 1) {
    alpha[i] = rgba[4 * i + 3] ?? 0;
    for (let channel = 0; channel < 3; channel += 1)
      rgb[3 * i + channel] = rgba[4 * i + channel] ?? 0;
  }
  const colour = { rgb, width, height };
  if (alpha.every((value) => value === 255)) return { colour, alpha: null };
  return { colour: spreadColour(colour, alpha), alpha };
}

/** Puts colour and transparency of one size together; without the latter, the colour alone. */
export function joinLayers({ colour, alpha }: SplitPicture): AnyPicture {
  return alpha === null ? colour : joinAlpha(colour, alpha);
}

function joinAlpha({ rgb, width, height }: RgbPicture, alpha: Uint8Array): RgbaPicture {
  const rgba = new Uint8Array(4 * width * height);
  for (let i = 0; i < alpha.length; i += 1) {
    for (let channel = 0; channel < 3; channel += 1)
      rgba[4 * i + channel] = rgb[3 * i + channel] ?? 0;
    rgba[4 * i + 3] = alpha[i] ?? 0;
  }
  return { rgba, width, height };
}

/** Colour times weight, and weight, of each pixel of one level. */
interface Level {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Places of one pixel in a level: three colours and their weight. */
const STRIDE = 4;

/** Push-pull: what a level does not know is taken from the next one of half its size (Gortler et al. 1996, section 3.4). */
function spreadColour(colour: RgbPicture, alpha: Uint8Array): RgbPicture {
  const { rgb, width, height } = colour;
  const values = new Float32Array(STRIDE * width * height);
  for (const [i, weight] of alpha.entries()) {
    if (weight === 0) continue;
    for (let channel = 0; channel < 3; channel += 1)
      values[STRIDE * i + channel] = rgb[3 * i + channel] ?? 0;
    values[STRIDE * i + 3] = 1;
  }
  const known = fill({ values, width, height });
  const spread = Uint8Array.from(rgb);
  for (const [i, weight] of alpha.entries()) {
    if (weight > 0) continue;
    for (let channel = 0; channel < 3; channel += 1)
      spread[3 * i + channel] = known.values[STRIDE * i + channel] ?? 0;
  }
  return { rgb: spread, width, height };
}

/** Gives every pixel of weight 0 the colour of its place one level up; all weights are then 1, unless nothing is known. */
function fill(level: Level): Level {
  if (level.width === 1 && level.height === 1) return level;
  const coarse = fill(halve(level));
  const { values, width } = level;
  for (let i = 0; i < values.length; i += STRIDE) {
    if ((values[i + 3] ?? 0) > 0) continue;
    const [x, y] = [(i / STRIDE) % width, Math.floor(i / STRIDE / width)];
    const from = STRIDE * ((y >> 1) * coarse.width + (x >> 1));
    for (let place = 0; place < STRIDE; place += 1)
      values[i + place] = coarse.values[from + place] ?? 0;
  }
  return level;
}

/** The mean colour of the known pixels of each 2 x 2 square. */
function halve({ values, width, height }: Level): Level {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Float32Array(STRIDE * halfWidth * halfHeight);
  for (let i = 0; i < values.length; i += STRIDE) {
    if ((values[i + 3] ?? 0) === 0) continue;
    const [x, y] = [(i / STRIDE) % width, Math.floor(i / STRIDE / width)];
    const to = STRIDE * ((y >> 1) * halfWidth + (x >> 1));
    for (let place = 0; place < STRIDE; place += 1)
      half[to + place] = (half[to + place] ?? 0) + (values[i + place] ?? 0);
  }
  for (let i = 0; i < half.length; i += STRIDE) {
    const weight = half[i + 3] ?? 0;
    if (weight === 0) continue;
    for (let place = 0; place < STRIDE; place += 1)
      half[i + place] = (half[i + place] ?? 0) / weight;
  }
  return { values: half, width: halfWidth, height: halfHeight };
}
