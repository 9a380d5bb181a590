import { splitDecoder } from "../models/autoencoder-dc/decoder-graph.ts";
import { splitEncoder } from "../models/autoencoder-dc/encoder-graph.ts";
import type { Sizes } from "../onnx/dim.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import type { StageName } from "./types.ts";

/** A short prompt behind the instruction of 208 tokens, which is encoded once. */
const PROMPT_TOKENS = 32;
const PREFIX_TOKENS = 207;

/** The lengths of one run of a stage for a request with a prompt of 32 tokens; guidance takes two runs. */
export function stageSizes(
  stage: StageName,
  { vae: { config } }: Checkpoint,
  { latentHeightPx, latentWidthPx }: Pick<ResolvedRequest, "latentHeightPx" | "latentWidthPx">,
): Sizes {
  const batch = 1;
  const tokens = PROMPT_TOKENS;
  const divide = (by: number): Sizes => ({
    height: latentHeightPx / by,
    width: latentWidthPx / by,
  });
  switch (stage) {
    case "text-encoder":
      return { batch, tokens, past: PREFIX_TOKENS };
    case "conditioning":
      return { batch, tokens };
    case "transformer":
      return { batch, tokens, ...divide(config.compression) };
    case "vae-encoder":
    case "vae-encoder-features":
      return { batch, ...divide(1) };
    case "vae-encoder-latents":
      return { batch, ...divide(splitEncoder(config).scale) };
    case "vae-decoder":
    case "vae-decoder-features":
      return { batch, ...divide(config.compression) };
    case "vae-decoder-picture":
      return { batch, ...divide(splitDecoder(config).scale) };
  }
}
