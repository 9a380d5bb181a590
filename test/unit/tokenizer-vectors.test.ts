import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { loadGemma } from "../support/gemma.ts";

type Entry = [text: string, times: number, ids: number[] | string];

/** Made by the script beside it. */
const FILE = join(import.meta.dirname, "../fixtures/tokenizer/gemma-vectors.json");
const ENTRIES: Entry[] = JSON.parse(readFileSync(FILE, "utf8"));

describe("the tokenizer with Gemma's vocabulary", () => {
  it("gives the ids of Rust's tokenizers for each of 376 texts in many scripts", async () => {
    const tokenizer = await loadGemma();
    assert.equal(ENTRIES.length, 376);
    const differing = ENTRIES.filter(([text, times, expected]) => {
      const ids = tokenizer.encode(text.repeat(times)).join(",");
      const found =
        typeof expected === "string" ? createHash("sha256").update(ids).digest("hex") : ids;
      return found !== (typeof expected === "string" ? expected : expected.join(","));
    });
    assert.deepEqual(differing, []);
  });
});
