import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { COMPLEX_HUMAN_INSTRUCTION } from "../../src/models/complex-human-instruction.ts";
import {
  assembleNegative,
  assemblePrompt,
  cleanPrompt,
  longestCommonPrefix,
} from "../../src/pipeline/text/prompt.ts";
import type { Tokenizer } from "../../src/pipeline/text/tokenizer.ts";
import { loadGemma } from "../support/gemma.ts";

describe("cleanPrompt", () => {
  it("lower-cases a final sigma by its place, as Python does", () => {
    assert.equal(cleanPrompt("ΟΔΟΣ ΣΑΣ Σ"), "οδος σας σ");
  });

  it("lower-cases the dotted capital I to two code points, as Python does", () => {
    assert.equal(cleanPrompt("İ"), "i\u0307");
  });

  it("strips the separators and NEL that only Python counts as space", () => {
    assert.equal(cleanPrompt("\x1C\x1D\x1E\x1F\x85 \u3000\tA b\n\x85\x1F"), "a b");
  });

  it("keeps a byte-order mark, which only JavaScript counts as space", () => {
    assert.equal(cleanPrompt("\uFEFFA\uFEFF"), "\uFEFFa\uFEFF");
  });

  it("keeps the spaces between the words", () => {
    assert.equal(cleanPrompt("  A   B  "), "a   b");
  });

  it("trims a long run of spaces in linear time", () => {
    const start = performance.now();
    assert.equal(cleanPrompt(`a${" ".repeat(99_998)}b`).length, 100_000);
    assert.ok(performance.now() - start < 1000);
  });
});

describe("assemblePrompt with Gemma's tokenizer", () => {
  let tokenizer: Tokenizer;
  before(async () => {
    tokenizer = await loadGemma();
  });

  const assemble = (prompt: string, maxSequenceLength = 300) =>
    assemblePrompt({
      tokenizer,
      prompt,
      instruction: COMPLEX_HUMAN_INSTRUCTION,
      maxSequenceLength,
    });

  // SANA.md 5.7, made with Python's tokenizers.
  const vectors: { prompt: string; length: number; from207: number[] }[] = [
    {
      prompt: 'A cyberpunk cat with a neon sign that says "Sana"',
      length: 219,
      from207: [476, 194049, 4401, 675, 476, 27247, 2035, 674, 2889, 664, 202440, 235281],
    },
    { prompt: "una gata", length: 209, from207: [1749, 161680] },
    { prompt: "猫", length: 208, from207: [39318] },
    {
      prompt: "1024 cats!",
      length: 214,
      from207: [235248, 235274, 235276, 235284, 235310, 19493, 235341],
    },
    { prompt: "x\ny", length: 210, from207: [1141, 108, 235267] },
    { prompt: "", length: 208, from207: [235248] },
  ];
  for (const { prompt, length, from207 } of vectors) {
    it(`gives the ids of Python's tokenizers for ${JSON.stringify(prompt)}`, () => {
      const { inputIds, keep } = assemble(prompt);
      assert.equal(inputIds.length, length);
      assert.deepEqual(inputIds.slice(207), from207);
      assert.deepEqual(keep, [0, ...from207.map((_, index) => 207 + index)]);
    });
  }

  it("has an instruction of 208 tokens that ends in a lone space", () => {
    const ids = tokenizer.encode(COMPLEX_HUMAN_INSTRUCTION.join("\n"));
    assert.equal(ids.length, 208);
    assert.deepEqual(ids.slice(0, 6), [2, 24985, 476, 2425, 18335, 235269]);
    assert.deepEqual(ids.slice(-4), [2224, 67444, 235292, 235248]);
  });

  it("cuts a long prompt to 506 tokens and keeps 300 of them", () => {
    const { inputIds, keep } = assemble("cat ".repeat(2000));
    assert.equal(inputIds.length, 506);
    assert.equal(keep.length, 300);
    assert.equal(keep[1], 207);
    assert.equal(keep.at(-1), 505);
  });

  it("moves the limit with the maximum length", () => {
    const { inputIds, keep } = assemble("cat ".repeat(2000), 8);
    assert.equal(inputIds.length, 214);
    assert.deepEqual(keep, [0, 207, 208, 209, 210, 211, 212, 213]);
  });

  it("does not lower-case the instruction", () => {
    assert.equal(
      longestCommonPrefix(
        assemble("CAT").inputIds,
        tokenizer.encode(COMPLEX_HUMAN_INSTRUCTION.join("\n")),
      ),
      207,
    );
  });

  it("shares 208 tokens with the instruction where the first word does not merge with its last space", () => {
    assert.equal(
      longestCommonPrefix(
        assemble("1 cat").inputIds,
        tokenizer.encode(COMPLEX_HUMAN_INSTRUCTION.join("\n")),
      ),
      208,
    );
  });

  it("encodes the plain prompt and keeps all of it when there is no instruction", () => {
    const plain = { inputIds: [2, 235250, 4401], keep: [0, 1, 2] };
    assert.deepEqual(
      assemblePrompt({ tokenizer, prompt: "A cat ", instruction: null, maxSequenceLength: 300 }),
      plain,
    );
    assert.deepEqual(
      assemblePrompt({ tokenizer, prompt: "A cat ", instruction: [], maxSequenceLength: 300 }),
      plain,
    );
  });

  it("encodes an empty negative prompt as BOS alone", () => {
    assert.deepEqual(assembleNegative({ tokenizer, prompt: "", maxSequenceLength: 300 }), {
      inputIds: [2],
      keep: [0],
    });
  });

  it("cuts a negative prompt to the maximum length", () => {
    const { inputIds, keep } = assembleNegative({
      tokenizer,
      prompt: "cat ".repeat(400),
      maxSequenceLength: 300,
    });
    assert.equal(inputIds.length, 300);
    assert.equal(keep.length, 300);
  });

  it("refuses a maximum length below 1", () => {
    assert.throws(() => assemble("a cat", 0), /maximum prompt length is 0/);
  });
});
