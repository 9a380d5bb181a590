import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import {
  loadTokenizer,
  MAX_TEXT_LENGTH,
  type Tokenizer,
} from "../../src/pipeline/text/tokenizer.ts";
import { loadGemma } from "../support/gemma.ts";

const BOS_TEMPLATE = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<bos>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [],
  special_tokens: { "<bos>": { id: "<bos>", ids: [2], tokens: ["<bos>"] } },
};

/** A BPE tokenizer of ten tokens, without bytes, as `GemmaTokenizer.save_pretrained` writes it. */
function tinyTokenizer(overrides: object = {}): object {
  const special = ["<pad>", "<eos>", "<bos>", "<unk>"];
  const vocab = Object.fromEntries(
    [...special, "▁", "a", "b", "ab", "▁a", "c"].map((token, id) => [token, id]),
  );
  return {
    version: "1.0",
    added_tokens: special.map((content, id) => ({ id, content, normalized: false, special: true })),
    normalizer: { type: "Replace", pattern: { String: " " }, content: "▁" },
    pre_tokenizer: {
      type: "Split",
      pattern: { String: " " },
      behavior: "MergedWithPrevious",
      invert: false,
    },
    post_processor: BOS_TEMPLATE,
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: [
        ["a", "b"],
        ["▁", "a"],
      ],
    },
    ...overrides,
  };
}

async function rejectsWith(folder: string, words: RegExp): Promise<void> {
  await assert.rejects(loadTokenizer(folder), (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, "model_invalid");
    assert.match(error.message, words);
    return true;
  });
}

describe("Gemma's tokenizer", () => {
  let tokenizer: Tokenizer;
  before(async () => {
    tokenizer = await loadGemma();
  });

  it("puts BOS before the words and adds no space", () => {
    assert.deepEqual(tokenizer.encode("a cat"), [2, 235250, 4401]);
  });

  it("gives BOS alone for an empty text", () => {
    assert.deepEqual(tokenizer.encode(""), [2]);
  });

  it("reads a lone surrogate as the replacement character", () => {
    assert.deepEqual(tokenizer.encode("a\uD800b"), tokenizer.encode("a\uFFFDb"));
  });

  it("reads the name of a special token in a text as that token, like Python's tokenizers", () => {
    assert.deepEqual(tokenizer.encode("a<bos>b"), [2, 235250, 2, 235268]);
  });

  it("refuses a text that is longer than any encoder reads", () => {
    assert.throws(
      () => tokenizer.encode("a".repeat(MAX_TEXT_LENGTH + 1)),
      (error) =>
        error instanceof UserError &&
        error.code === "invalid_prompt" &&
        error.message.includes("100001"),
    );
  });

  it("encodes the longest text that is allowed in seconds", () => {
    const start = performance.now();
    assert.ok(tokenizer.encode("lorem ipsum ".repeat(8333)).length > 8333);
    assert.ok(performance.now() - start < 30_000);
  });
});

describe("a checkpoint's tokenizer folder", () => {
  let root: string;
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "sanabot-tokenizer-"));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function folderWith(tokenizer: unknown, config?: object): Promise<string> {
    const folder = join(root, String(count));
    count += 1;
    await mkdir(folder);
    await writeFile(
      join(folder, "tokenizer.json"),
      typeof tokenizer === "string" ? tokenizer : JSON.stringify(tokenizer),
    );
    if (config) await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
    return folder;
  }

  it("is used without a tokenizer_config.json", async () => {
    const tokenizer = await loadTokenizer(await folderWith(tinyTokenizer()));
    assert.deepEqual(tokenizer.encode("a b ab"), [2, 5, 4, 6, 4, 7]);
  });

  it("fuses neighbouring unknown characters into one token, like Python's tokenizers", async () => {
    const tokenizer = await loadTokenizer(await folderWith(tinyTokenizer()));
    assert.deepEqual(tokenizer.encode("a çé z"), [2, 5, 4, 3, 4, 3]);
  });

  it("adds no BOS where the configuration says so", async () => {
    const config = { add_bos_token: false, bos_token: "<bos>" };
    const tokenizer = await loadTokenizer(await folderWith(tinyTokenizer(), config));
    assert.deepEqual(tokenizer.encode("ab"), [7]);
  });

  it("adds BOS and EOS where only the configuration asks for them", async () => {
    const config = {
      add_bos_token: true,
      add_eos_token: true,
      bos_token: { content: "<bos>" },
      eos_token: "<eos>",
    };
    const tokenizer = await loadTokenizer(
      await folderWith(tinyTokenizer({ post_processor: null }), config),
    );
    assert.deepEqual(tokenizer.encode("ab"), [2, 7, 1]);
  });

  it("ignores keys that Python's tokenizers do not know", async () => {
    const config = { remove_space: true, do_lowercase_and_remove_accent: true };
    const tokenizer = await loadTokenizer(await folderWith(tinyTokenizer(), config));
    assert.deepEqual(tokenizer.encode(" b"), [2, 4, 6]);
  });

  it("is refused without a tokenizer.json", async () => {
    await rejectsWith(join(root, "none"), /tokenizer\.json is missing/);
  });

  it("is refused when the file is not JSON", async () => {
    await rejectsWith(await folderWith("{ not json"), /tokenizer\.json is not a tokenizer/);
  });

  it("is refused when the file has no model", async () => {
    await rejectsWith(await folderWith({ added_tokens: [] }), /model/);
  });

  it("is refused when the vocabulary is missing", async () => {
    await rejectsWith(
      await folderWith(tinyTokenizer({ model: { type: "BPE", merges: [] } })),
      /not a tokenizer/,
    );
  });

  it("is refused when a step is of an unknown kind", async () => {
    await rejectsWith(
      await folderWith(tinyTokenizer({ normalizer: { type: "Mystery" } })),
      /Mystery/,
    );
  });

  it("is refused when the file is bigger than any real one", async () => {
    const folder = await folderWith("{}");
    await truncate(join(folder, "tokenizer.json"), 65 * 2 ** 20);
    await rejectsWith(folder, /at most 67108864/);
  });

  it("drops a character without a token where there is no unknown token, like Python's tokenizers", async () => {
    const model = { type: "BPE", vocab: { "<bos>": 2 }, merges: [] };
    const tokenizer = await loadTokenizer(
      await folderWith(tinyTokenizer({ model, added_tokens: [], post_processor: null })),
    );
    assert.deepEqual(tokenizer.encode("a"), []);
  });
});
