import type { Tensor } from "../../onnx/session.ts";
import { textModelPrefix } from "../../models/gemma2/text-encoder-graph.ts";
import { readRows } from "../../safetensors/read-tensor.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { Stages } from "../stages.ts";
import { type EncodedPrefix, cachedPrefix, firstTokens } from "./prefix-cache.ts";
import { type PromptTokens, longestCommonPrefix } from "./prompt.ts";

/** Embeddings of the tokens that the transformer sees: [1, S, C]. */
export interface PromptEmbeds {
  readonly data: Float32Array;
  readonly dims: readonly [1, number, number];
}

export interface TextEncoderOptions {
  readonly checkpoint: Checkpoint;
  readonly stages: Stages;
  readonly cacheDir: string;
  /** Distinguishes forms of the same weights in the cache. */
  readonly precision: string;
}

/**
 * Gemma behind a kept prefix. Its attention is causal, so the keys, values and hidden states of the tokens that all
 * prompts share are computed once for a checkpoint; a prompt runs only what comes after.
 */
export class TextEncoder {
  readonly #options: TextEncoderOptions;
  #prefix: Promise<EncodedPrefix> | null = null;
  #lastPast: Tensor | null = null;

  constructor(options: TextEncoderOptions) {
    this.#options = options;
  }

  /** Hidden states [1, S, C] of `tokens.keep`, equal to those of the full padded run. */
  async encode({ inputIds, keep }: PromptTokens): Promise<PromptEmbeds> {
    const prefix = await this.#loadPrefix();
    const shared = longestCommonPrefix(inputIds, prefix.ids);
    const hidden =
      shared < inputIds.length
        ? await this.#run(inputIds.slice(shared), this.#past(prefix, shared))
        : null;
    const width = this.#options.checkpoint.textEncoder.config.hiddenSize;
    const data = new Float32Array(keep.length * width);
    for (const [row, position] of keep.entries()) {
      const isShared = position < shared;
      const source = isShared ? prefix.hidden : hidden?.lastHiddenState;
      const at = (isShared ? position : position - shared) * width;
      if (source !== undefined) data.set(source.subarray(at, at + width), row * width);
    }
    return { data, dims: [1, keep.length, width] };
  }

  /** Tokens of the instruction alone; without one, the token that begins every text. */
  #loadPrefix(): Promise<EncodedPrefix> {
    this.#prefix ??= this.#computePrefix().catch((error: unknown) => {
      this.#prefix = null;
      throw error;
    });
    return this.#prefix;
  }

  #computePrefix(): Promise<EncodedPrefix> {
    const { checkpoint, cacheDir, precision } = this.#options;
    const { manifest, tokenizer, textEncoder } = checkpoint;
    const ids = tokenizer.encode((manifest.complexHumanInstruction ?? []).join("\n"));
    const encoder = JSON.stringify([
      textEncoder.config,
      textEncoder.weights.fingerprint(),
      manifest.attnLogitSoftcapping,
      precision,
    ]);
    return cachedPrefix(cacheDir, { ids, encoder }, async () => {
      const { lastHiddenState, keyValues } = await this.#run(ids, this.#noPast());
      return { ids, hidden: lastHiddenState, keyValues };
    });
  }

  /** Nearly every prompt shares as many tokens as the one before, so the last cut is kept. */
  #past(prefix: EncodedPrefix, shared: number): Tensor {
    if (this.#lastPast?.dims[4] !== shared) this.#lastPast = firstTokens(prefix.keyValues, shared);
    return this.#lastPast;
  }

  #noPast(): Tensor {
    const { windows, keyValueHeads, headDim } = this.#options.checkpoint.textEncoder.config;
    return { data: new Float32Array(0), dims: [windows.length, 2, 1, keyValueHeads, 0, headDim] };
  }

  async #run(
    ids: readonly number[],
    past: Tensor,
  ): Promise<{ lastHiddenState: Float32Array; keyValues: Tensor }> {
    const { checkpoint, stages } = this.#options;
    const { config, weights } = checkpoint.textEncoder;
    const table = weights.get(`${textModelPrefix(weights)}embed_tokens.weight`);
    const rows = await readRows(table, ids);
    // Gemma multiplies its embeddings by sqrt(hidden size), rounded to the compute type.
    const normaliser = Math.fround(Math.sqrt(config.hiddenSize));
    const outputs = await stages.run("text-encoder", {
      inputs_embeds: {
        data: rows.map((value) => value * normaliser),
        dims: [1, ids.length, config.hiddenSize],
      },
      past_key_values: past,
    });
    const hidden = outputs["last_hidden_state"];
    const keyValues = outputs["present_key_values"];
    if (!(hidden?.data instanceof Float32Array) || keyValues === undefined) {
      throw new Error("The text encoder's graph has other outputs than expected.");
    }
    return { lastHiddenState: hidden.data, keyValues };
  }
}
