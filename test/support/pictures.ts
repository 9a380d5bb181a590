import sharp from "sharp";

/** A PNG of one colour. */
export async function pngOf(
  width: number,
  height: number,
  background = "crimson",
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}
