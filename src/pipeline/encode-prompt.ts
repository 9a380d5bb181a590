import type { Tensor } from "../onnx/session.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Stages } from "./stages.ts";
import { type PromptTokens, assembleNegative, assemblePrompt } from "./text/prompt.ts";
import type { PromptEmbeds, TextEncoder } from "./text/text-encoder.ts";

/** Every block's cross-attention keys and values: what the transformer sees of a prompt. */
export interface Conditioning {
  readonly cross_key: Tensor;
  readonly cross_value: Tensor;
}

/** A prompt as the transformer sees it; `negative` only where guidance needs it. */
export interface EncodedPrompt {
  readonly tokens: PromptTokens;
  readonly embeds: PromptEmbeds;
  readonly positive: Conditioning;
  readonly negative: Conditioning | null;
}

export interface PromptRequest {
  readonly prompt: string;
  /** Null: no guidance, so nothing to guide away from. */
  readonly negativePrompt: string | null;
}

/**
 * Prompt and negative prompt to what the transformer needs of them, once for a request (SANA.md 5.4, 5.5).
 * Both are encoded before the transformer's part is loaded, so that `sequential` loads each network once.
 */
export async function encodePrompt(
  {
    checkpoint,
    stages,
    textEncoder,
  }: { checkpoint: Checkpoint; stages: Stages; textEncoder: TextEncoder },
  { prompt, negativePrompt }: PromptRequest,
): Promise<EncodedPrompt> {
  const { tokenizer, manifest } = checkpoint;
  const { maxSequenceLength, complexHumanInstruction: instruction } = manifest;
  const tokens = assemblePrompt({ tokenizer, prompt, instruction, maxSequenceLength });
  const embeds = await textEncoder.encode(tokens);
  const negativeEmbeds =
    negativePrompt === null
      ? null
      : await textEncoder.encode(
          assembleNegative({ tokenizer, prompt: negativePrompt, maxSequenceLength }),
        );
  return {
    tokens,
    embeds,
    positive: await condition(stages, embeds),
    negative: negativeEmbeds === null ? null : await condition(stages, negativeEmbeds),
  };
}

async function condition(stages: Stages, embeds: PromptEmbeds): Promise<Conditioning> {
  const { cross_key, cross_value } = await stages.run("conditioning", {
    encoder_hidden_states: embeds,
  });
  if (cross_key === undefined || cross_value === undefined) {
    throw new Error("The conditioning graph has other outputs than expected.");
  }
  return { cross_key, cross_value };
}
