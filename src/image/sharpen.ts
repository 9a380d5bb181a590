import { rawImage, type RgbPicture } from "./encode-picture.ts";

/** Strength on edges, where libvips' own default is 2; flat parts are left alone. */
const EDGE_STRENGTH = 1;

/**
 * Sharpens the edges of an enlarged picture a little, in lightness only, so that no colour fringes arise.
 *
 * @param ratio - How many times it was enlarged: edges are as many pixels wide.
 */
export async function sharpenMildly(picture: RgbPicture, ratio: number): Promise<RgbPicture> {
  const { width, height } = picture;
  const sharpened = await rawImage(picture)
    .sharpen({ sigma: Math.min(4, Math.max(0.5, ratio / 2)), m1: 0, m2: EDGE_STRENGTH })
    .raw()
    .toBuffer();
  return { rgb: sharpened, width, height };
}
