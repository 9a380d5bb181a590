import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";
import type { SanaTransformerConfig } from "./config.ts";

const FREQUENCIES = 128;
const MAX_PERIOD = 10_000;

/** c [1, D] for the output's modulation, and T6 [1, 6, D] for the blocks'. */
export interface TimeEmbedding {
  readonly embedded: Operand;
  readonly modulation: Operand;
}

/**
 * Embeds the time (and for Sprint the guidance): sinusoid, two linear layers, and one to six times the width.
 * timestep, guidance: [1] float32. Source: diffusers embeddings.py (Timesteps with flip_sin_to_cos, shift 0) and
 * normalization.py (AdaLayerNormSingle); Sprint's keys lack the `.emb.` (SANA.md 3.3, trap 14).
 */
export function embedTime(
  g: GraphBuilder,
  inputs: { timestep: Operand; guidance?: Operand | undefined },
  { config, parameters }: { config: SanaTransformerConfig; parameters: Parameters },
): TimeEmbedding {
  const { innerDim } = config;
  return g.scope("time_embed", () => {
    const names = inputs.guidance === undefined ? parameters.at("emb") : parameters;
    const time = embedScalar(g, inputs.timestep, {
      name: "timestep_embedder",
      parameters: names,
      innerDim,
    });
    const embedded =
      inputs.guidance === undefined
        ? time
        : g.add(
            time,
            embedScalar(g, inputs.guidance, { name: "guidance_embedder", parameters, innerDim }),
          );
    const wide = g.linear(
      g.silu(embedded),
      parameters.get("linear.weight", [6 * innerDim, innerDim]),
      parameters.get("linear.bias", [6 * innerDim]),
    );
    return { embedded, modulation: g.reshape(wide, [1, 6, innerDim]) };
  });
}

/** [1] -> [1, D]. */
function embedScalar(
  g: GraphBuilder,
  value: Operand,
  { name, parameters, innerDim }: { name: string; parameters: Parameters; innerDim: number },
): Operand {
  return g.scope(name, () => {
    const at = parameters.at(name);
    const first = g.linear(
      g.cast(sinusoid(g, value), g.computeType),
      at.get("linear_1.weight", [innerDim, 2 * FREQUENCIES]),
      at.get("linear_1.bias", [innerDim]),
    );
    return g.linear(
      g.silu(first),
      at.get("linear_2.weight", [innerDim, innerDim]),
      at.get("linear_2.bias", [innerDim]),
    );
  });
}

/** [1] -> [1, 256]: cosines, then sines, of value * 10000^(-i/128); float32 always. */
function sinusoid(g: GraphBuilder, value: Operand): Operand {
  const frequencies = Array.from({ length: FREQUENCIES }, (_, i) =>
    Math.exp((-Math.log(MAX_PERIOD) * i) / FREQUENCIES),
  );
  const angles = g.mul(
    g.reshape(value, [1, 1]),
    g.constant("float32", frequencies, [1, FREQUENCIES]),
  );
  return g.concat([g.unary("Cos", angles), g.unary("Sin", angles)], 1);
}
