/**
 * 16-bit floats as bit patterns in a Uint16Array, because typed arrays of halves are not accepted
 * everywhere that weights go. F16: 1 sign, 5 exponent, 10 mantissa bits; BF16: the upper half of a float32.
 */

const FLOAT32_NAN_QUIET_BIT = 0x40_0000;

/** The float32 bits of one half: subnormals are scaled up, infinities and NaN keep their payload. */
function float32BitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f80_0000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // brings the highest set bit to bit 10
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

let float32BitsByHalf: Uint32Array | undefined;

function halfTable(): Uint32Array {
  float32BitsByHalf ??= Uint32Array.from({ length: 0x1_0000 }, (_, half) =>
    float32BitsOfHalf(half),
  );
  return float32BitsByHalf;
}

/** Exact widening of F16 bit patterns. `target` may be given to avoid an allocation; it needs source.length values. */
export function float16ToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const table = halfTable();
  const bits = new Uint32Array(target.buffer, target.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = table[source[i]!]!;
  return target;
}

/** Exact widening of BF16 bit patterns. `target` as in {@link float16ToFloat32}. */
export function bfloat16ToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/** Round-to-nearest-even half of one float32 given as bits: overflow to infinity, underflow through subnormals to zero. */
function halfOfFloat32Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude >= 0x7f80_0000) {
    const payload = (magnitude & 0x7f_ffff) >> 13;
    return sign | 0x7c00 | (magnitude > 0x7f80_0000 ? payload | 0x200 : 0);
  }
  if (magnitude >= 0x477f_f000) return sign | 0x7c00; // from 65520 on, halfway to 65536, everything rounds up
  if (magnitude >= 0x3880_0000) {
    const odd = (magnitude >> 13) & 1;
    return sign | ((magnitude - 0x3800_0000 + 0xfff + odd) >> 13);
  }
  const exponent = magnitude >> 23;
  if (exponent < 102) return sign; // below 2^-25, half of the smallest subnormal
  const mantissa = (magnitude & 0x7f_ffff) | 0x80_0000;
  const shift = 126 - exponent; // 14 … 24: the mantissa in units of 2^-24
  const kept = mantissa >> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return sign | (kept + (rest > halfway || (rest === halfway && (kept & 1) === 1) ? 1 : 0));
}

/** F16 bit patterns, rounded to nearest, ties to even; magnitudes from 65520 on become infinite. */
export function float32ToFloat16(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) target[i] = halfOfFloat32Bits(bits[i]!);
  return target;
}

/** BF16 bit patterns, rounded to nearest, ties to even; NaN stays NaN. */
export function float32ToBfloat16(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const isNaN = (value & 0x7fff_ffff) > 0x7f80_0000;
    target[i] = isNaN
      ? (value | FLOAT32_NAN_QUIET_BIT) >>> 16
      : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return target;
}
