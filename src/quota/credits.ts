/**
 * Floating-point operations of one credit: a 1024 x 1024 picture of Sana 0.6B in 20 steps with guidance, with its decoding,
 * as the graphs of this program count them (2 for each multiply-add of matrix products and convolutions). Fixed for ever, so that a limit
 * means the same whatever model draws; the test derives it from the graphs.
 */
export const FLOPS_PER_CREDIT = 48_943_817_031_680;

/** A cost in thousandths of a credit, whole and at least 1, so that nothing is free. */
export function creditsOf(flops: number): number {
  return Math.max(1, Math.round((1000 * flops) / FLOPS_PER_CREDIT));
}
