import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";

import { UserError } from "../../errors.ts";
import { faultsOf } from "../../models/read-config.ts";

/** Turns text into token ids. */
export interface Tokenizer {
  /**
   * The ids of `text`, with the tokens that the checkpoint's template puts around it (Gemma: BOS before it).
   * A lone surrogate counts as U+FFFD.
   *
   * @throws {UserError} `invalid_prompt` for more than {@link MAX_TEXT_LENGTH} UTF-16 units.
   */
  encode(text: string): number[];
}

/** Gemma 2's file has 17 MB, Gemma 3's 33 MB; parsing holds several times the size in memory. */
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20;
const MAX_CONFIG_BYTES = 4 * 2 ** 20;
/** No encoder reads further than some hundred tokens; 100,000 characters take about two seconds of CPU. */
export const MAX_TEXT_LENGTH = 100_000;

const tokenizerSchema = z.looseObject({
  model: z.looseObject({ type: z.string().optional() }),
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })),
  normalizer: z.looseObject({}).nullish(),
  pre_tokenizer: z.looseObject({}).nullish(),
  post_processor: z.looseObject({}).nullish(),
  decoder: z.looseObject({}).nullish(),
});

/** Old files hold a token as an object with its flags, new ones as plain text. */
const specialToken = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();

const configSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  bos_token: specialToken,
  eos_token: specialToken,
});

type TokenizerFile = z.infer<typeof tokenizerSchema>;
type TokenizerConfig = z.infer<typeof configSchema>;

/**
 * Reads a checkpoint's `tokenizer/` folder: `tokenizer.json` and, where it is there, `tokenizer_config.json`.
 *
 * @param folder - The folder that holds the two files.
 * @throws {UserError} `model_invalid` when a file is missing, too big, not JSON or not a tokenizer.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const file = join(folder, "tokenizer.json");
  const parsed = await readJson(file, { maxBytes: MAX_TOKENIZER_BYTES, schema: tokenizerSchema });
  const config = await readConfig(join(folder, "tokenizer_config.json"));
  const encode = buildEncoder(file, parsed, config);
  encode("a");
  return { encode };
}

function buildEncoder(
  file: string,
  parsed: TokenizerFile,
  config: TokenizerConfig,
): Tokenizer["encode"] {
  const post_processor = postProcessor(parsed, config);
  const tokenizer = explainFault(file, () => {
    const { normalizer = null, pre_tokenizer = null, decoder = null } = parsed;
    const complete = { ...parsed, normalizer, pre_tokenizer, decoder, post_processor };
    // Only what Python's tokenizers know too: other keys of the configuration would change the library's result.
    return new HubTokenizer(complete, { eos_token: config.eos_token ?? null });
  });
  return (text) => {
    if (text.length > MAX_TEXT_LENGTH) {
      throw new UserError(
        "invalid_prompt",
        `The text has ${text.length} characters; at most ${MAX_TEXT_LENGTH} are allowed.`,
        {
          reason: {
            name: "prompt-length",
            parameters: { length: text.length, max: MAX_TEXT_LENGTH },
          },
        },
      );
    }
    // The library's own type is stricter than what it returns: an unknown token without an id is undefined.
    const ids: readonly (number | undefined)[] = explainFault(file, () =>
      tokenizer.encode(text.toWellFormed()),
    ).ids;
    if (!ids.every(isTokenId)) {
      throw new UserError(
        "model_invalid",
        `${file} has no id for a token of the text, and no unknown token either.`,
      );
    }
    return [...ids];
  };
}

/**
 * The file's own template, unless the configuration says outright which tokens to add or there is no template:
 * then one is made from `add_bos_token` and `add_eos_token`, false by default (transformers 5, `TokenizersBackend`).
 */
function postProcessor(parsed: TokenizerFile, config: TokenizerConfig): object | null {
  const isExplicit = "add_bos_token" in config || "add_eos_token" in config;
  if (!isExplicit && parsed.post_processor) return parsed.post_processor;
  const bos = config.add_bos_token === true && config.bos_token ? [special(config.bos_token)] : [];
  const eos = config.add_eos_token === true && config.eos_token ? [special(config.eos_token)] : [];
  const single = [...bos, { Sequence: { id: "A", type_id: 0 } }, ...eos];
  return { type: "TemplateProcessing", single, pair: [], special_tokens: {} };
}

function special(token: string): object {
  return { SpecialToken: { id: token, type_id: 0 } };
}

function isTokenId(id: number | undefined): id is number {
  return id !== undefined && Number.isSafeInteger(id) && id >= 0;
}

async function readConfig(file: string): Promise<TokenizerConfig> {
  if ((await fileSize(file)) === null) return {};
  return readJson(file, { maxBytes: MAX_CONFIG_BYTES, schema: configSchema });
}

async function readJson<T>(
  file: string,
  { maxBytes, schema }: { maxBytes: number; schema: z.ZodType<T> },
): Promise<T> {
  const size = await fileSize(file);
  if (size === null)
    throw new UserError("model_invalid", `The tokenizer's file ${file} is missing.`);
  if (size > maxBytes) {
    throw new UserError(
      "model_invalid",
      `${file} has ${size} bytes; at most ${maxBytes} are read.`,
    );
  }
  const text = await readFile(file, "utf8");
  return explainFault(file, () => schema.parse(JSON.parse(text)));
}

async function fileSize(file: string): Promise<number | null> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

/** Whatever the library throws here comes from the file's content. */
function explainFault<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? faultsOf(cause) : String(cause);
    throw new UserError(
      "model_invalid",
      `${file} is not a tokenizer that can be used here: ${reason}`,
      { cause },
    );
  }
}
