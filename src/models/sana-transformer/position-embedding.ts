import type { SanaTransformerConfig } from "./config.ts";

/**
 * The 2K and 4K checkpoints' positions along one side of the latent: [length, D/2], sines then cosines of
 * (i / (length / sample_size) / interpolation_scale) * 10000^(-j / (D/4)). Angles are float64, as numpy makes them.
 * Source: diffusers embeddings.py, get_2d_sincos_pos_embed (SANA.md 3.3).
 */
export function positionEmbedding(config: SanaTransformerConfig, length: number): Float32Array {
  const { sampleSize, innerDim } = config;
  const scale = config.interpolationScale ?? 1;
  const quarter = innerDim / 4;
  const table = new Float32Array(length * 2 * quarter);
  for (let i = 0; i < length; i++) {
    const position = Math.fround(Math.fround(i / Math.fround(length / sampleSize)) / scale);
    for (let j = 0; j < quarter; j++) {
      const angle = position / 10_000 ** (j / quarter);
      table[i * 2 * quarter + j] = Math.sin(angle);
      table[i * 2 * quarter + quarter + j] = Math.cos(angle);
    }
  }
  return table;
}
