import type { SanaTransformerConfig } from "./config.ts";

/**
 * The 2K and 4K checkpoints' positions along one side of the latent: [D, length], in the half of the channels that is
 * the side's (a column's is the first, a row's the second) sines then cosines of
 * (i / (length / sample_size) / interpolation_scale) * 10000^(-j / (D/4)), zeros in the other.
 * Angles are float64, as numpy makes them. Source: diffusers embeddings.py, get_2d_sincos_pos_embed (SANA.md 3.3).
 */
export function positionEmbedding(
  { sampleSize, innerDim, interpolationScale }: SanaTransformerConfig,
  side: "columns" | "rows",
  length: number,
): Float32Array {
  const scale = interpolationScale ?? 1;
  const quarter = innerDim / 4;
  const first = side === "columns" ? 0 : innerDim / 2;
  const table = new Float32Array(innerDim * length);
  for (let i = 0; i < length; i++) {
    const position = Math.fround(Math.fround(i / Math.fround(length / sampleSize)) / scale);
    for (let j = 0; j < quarter; j++) {
      const angle = position / 10_000 ** (j / quarter);
      table[(first + j) * length + i] = Math.sin(angle);
      table[(first + quarter + j) * length + i] = Math.cos(angle);
    }
  }
  return table;
}
