/** Height and width in pixels. */
export interface PixelSize {
  readonly height: number;
  readonly width: number;
}

const { fround } = Math;

/** For each position of one axis of the result: the two source positions that it mixes, and the second one's share. */
interface AxisTaps {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly share: Float32Array;
}

/**
 * Brings decoded pictures from their bin's size to the size asked for, as diffusers' resize_and_crop_tensor: scaled
 * until both sides cover it (bilinear, align_corners=false, no antialiasing, float32), then cropped at the centre.
 * @param values [N·C, from.height, from.width], row-major
 * @returns [N·C, to.height, to.width]; `values` itself when the sizes are equal
 * @throws RangeError when `values` is not made of whole planes
 */
export function resizeAndCrop(values: Float32Array, from: PixelSize, to: PixelSize): Float32Array {
  if (from.height === to.height && from.width === to.width) return values;
  const planes = values.length / (from.height * from.width);
  if (!Number.isInteger(planes)) {
    throw new RangeError(
      `${values.length} values are no planes of ${from.height} x ${from.width}.`,
    );
  }
  const ratio = Math.max(to.height / from.height, to.width / from.width);
  const rows = axisTaps(from.height, to.height, ratio);
  const columns = axisTaps(from.width, to.width, ratio);
  const result = new Float32Array(planes * to.height * to.width);
  for (let plane = 0; plane < planes; plane++) {
    resizePlane(values.subarray(plane * from.height * from.width), {
      width: from.width,
      rows,
      columns,
      target: result.subarray(plane * to.height * to.width),
    });
  }
  return result;
}

/** The taps of the part of an axis that the crop keeps. */
function axisTaps(from: number, to: number, ratio: number): AxisTaps {
  // Truncating a product that should be `to` may leave it one short, where diffusers' crop would fail.
  const resized = Math.max(Math.trunc(from * ratio), to);
  const start = Math.floor((resized - to) / 2);
  const scale = fround(from / resized);
  const first = new Uint32Array(to);
  const second = new Uint32Array(to);
  const share = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    // One rounding, as torch has with a fused multiply-add: two would move taps by up to 4e-6.
    const position = Math.max(0, fround(scale * (start + i + 0.5) - 0.5));
    const below = Math.min(Math.floor(position), from - 1);
    first[i] = below;
    second[i] = Math.min(below + 1, from - 1);
    share[i] = Math.min(position - below, 1);
  }
  return { first, second, share };
}

function resizePlane(
  source: Float32Array,
  {
    width,
    rows,
    columns,
    target,
  }: { width: number; rows: AxisTaps; columns: AxisTaps; target: Float32Array },
): void {
  const targetWidth = columns.share.length;
  for (let y = 0; y < rows.share.length; y++) {
    const upper = rows.first[y]! * width;
    const lower = rows.second[y]! * width;
    const down = rows.share[y]!;
    const up = fround(1 - down);
    for (let x = 0; x < targetWidth; x++) {
      const left = columns.first[x]!;
      const right = columns.second[x]!;
      const share = columns.share[x]!;
      const rest = fround(1 - share);
      const above = fround(
        fround(rest * source[upper + left]!) + fround(share * source[upper + right]!),
      );
      const below = fround(
        fround(rest * source[lower + left]!) + fround(share * source[lower + right]!),
      );
      target[y * targetWidth + x] = fround(up * above) + fround(down * below);
    }
  }
}
