/**
 * Classifier-free guidance in float32: unconditional + scale * (conditional - unconditional).
 * @param scale guidance_scale, above 1
 */
export function guide(
  unconditional: Float32Array,
  conditional: Float32Array,
  scale: number,
): Float32Array {
  const guided = new Float32Array(conditional.length);
  for (let i = 0; i < guided.length; i++) {
    guided[i] =
      unconditional[i]! + Math.fround(scale * Math.fround(conditional[i]! - unconditional[i]!));
  }
  return guided;
}
