import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { loadTokenizer } from "../../src/pipeline/text/tokenizer.ts";
import { loadGemma } from "../support/gemma.ts";

type Entry = [text: string, times: number, ids: number[] | string];

/** Made by make_vectors.py there. */
const FOLDER = join(import.meta.dirname, "../fixtures/tokenizer");
const EMOJI = join(import.meta.dirname, "../../models/emoji/tokenizer");

for (const [name, load] of [
  ["gemma", loadGemma],
  ["emoji", () => loadTokenizer(EMOJI)],
] as const) {
  describe(`the tokenizer with the vocabulary of ${name}`, () => {
    it("gives the ids of Rust's tokenizers for each of 376 texts in many scripts", async () => {
      const tokenizer = await load();
      const entries: Entry[] = JSON.parse(
        readFileSync(join(FOLDER, `${name}-vectors.json`), "utf8"),
      );
      assert.equal(entries.length, 376);
      const differing = entries.filter(([text, times, expected]) => {
        const ids = tokenizer.encode(text.repeat(times)).join(",");
        const found =
          typeof expected === "string" ? createHash("sha256").update(ids).digest("hex") : ids;
        return found !== (typeof expected === "string" ? expected : expected.join(","));
      });
      assert.deepEqual(differing, []);
    });
  });
}
