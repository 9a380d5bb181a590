/**
 * A seed's two 32-bit halves.
 * @param seed a whole number from 0 to 2^53 − 1, or a bigint from 0 to 2^64 − 1
 * @throws RangeError for anything else
 */
export function seedWords(seed: number | bigint): { low: number; high: number } {
  const valid =
    typeof seed === "bigint"
      ? seed >= 0n && seed < 1n << 64n
      : Number.isSafeInteger(seed) && seed >= 0;
  if (!valid)
    throw new RangeError(`The seed is ${seed}; it must be a whole number from 0 to 2^64 - 1.`);
  const bits = BigInt(seed);
  return { low: Number(bits & 0xffff_ffffn), high: Number(bits >> 32n) };
}
