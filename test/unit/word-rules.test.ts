import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { foldText, holdsWord } from "../../src/generation/policy/fold-text.ts";
import {
  checkedRule,
  findForbidden,
  type WordRule,
} from "../../src/generation/policy/word-rules.ts";
import { Refusal } from "../../src/generation/refusal.ts";

const word = (text: string): WordRule => ({ kind: "word", text });
const pattern = (text: string): WordRule => ({ kind: "pattern", text });
/** What is found in a text by the given rules, in a channel that is restricted by age: no starter list. */
const found = (text: string, ...rules: WordRule[]): string | null =>
  findForbidden([text], rules, { isAgeRestricted: true })?.found ?? null;

describe("the word lists", () => {
  const folded: [given: string, expected: string, why: string][] = [
    ["NUDE", "nude", "case"],
    ["ｎｕｄｅ", "nude", "full width"],
    ["nüdé", "nude", "accents"],
    ["nu\u200Bde", "nude", "a zero-width space"],
    ["nu\u00ADde", "nude", "a soft hyphen"],
    ["𝓷𝓾𝓭𝓮", "nude", "mathematical letters"],
    ["Straße", "strasse", "sharp s"],
    ["ΟΔΟΣ", "οδοσ", "final sigma"],
    ["  two\n\twords ", "two words", "white space"],
    ["ガ", "ガ", "kana keep their marks"],
  ];
  for (const [given, expected, why] of folded) {
    it(`compare ${JSON.stringify(given)} as ${expected}: ${why}`, () => {
      assert.equal(foldText(given), expected);
    });
  }

  const whole: [text: string, word: string, isFound: boolean][] = [
    ["a class of students", "ass", false],
    ["grass is green", "ass", false],
    ["what an ass!", "ass", true],
    ["ass", "ass", true],
    ["(ass)", "ass", true],
    ["ass2", "ass", false],
    ["bare skin and more", "bare skin", true],
    ["bare skins", "bare skin", false],
    ["assess an ass", "ass", true],
    ["全裸の人", "全裸", true],
    ["かわいいエロ画像です", "エロ画像", true],
    ["😀ass😀", "ass", true],
    ["anything", "", false],
  ];
  for (const [text, wanted, isFound] of whole) {
    it(`${isFound ? "find" : "do not find"} “${wanted}” in “${text}”`, () => {
      assert.equal(holdsWord(text, wanted), isFound);
    });
  }

  it("find a word however it is written", () => {
    assert.equal(found("a picture with ＢＡＮＡＮＡ", word("banana")), "banana");
  });

  it("find what a pattern matches, and say the text rather than the pattern", () => {
    assert.equal(found("the b4nana", pattern("b[a4]nana")), "b4nana");
    assert.equal(found("the BANANA", pattern("b[a4]nana")), "BANANA");
  });

  it("find a pattern's match behind accents", () => {
    assert.equal(found("bänana", pattern("banana")), "banana");
  });

  it("look into every text", () => {
    const texts = ["a red apple", "", "no banana"];
    const result = findForbidden(texts, [word("banana")], { isAgeRestricted: true });
    assert.deepEqual(result?.rule, word("banana"));
    assert.equal(result?.isBuiltIn, false);
  });

  it("hold the starter list in channels for everyone, and not in those restricted by age", () => {
    const texts = ["a nude statue"];
    assert.equal(findForbidden(texts, [], { isAgeRestricted: false })?.found, "nude");
    assert.equal(findForbidden(texts, [], { isAgeRestricted: true }), null);
  });

  it("refuse sexual pictures of children everywhere", () => {
    for (const isAgeRestricted of [true, false]) {
      const result = findForbidden(["Lolicon"], [], { isAgeRestricted });
      assert.equal(result?.isBuiltIn, true);
    }
  });

  for (const harmless of [
    "a bird on the Scunthorpe road",
    "the Essex countryside",
    "a cockatoo",
    "penistone railway station in Sussex",
    "a pussycat",
    "eine nacktschnecke auf einem blatt",
    "a child playing with a ball",
  ]) {
    it(`leave “${harmless}” alone`, () => {
      assert.equal(findForbidden([harmless], [], { isAgeRestricted: false }), null);
    });
  }

  it("pass over a stored pattern that this version's engine does not know", () => {
    assert.equal(found("anything", pattern("(?=x)")), null);
  });

  const refused: [rule: WordRule, key: string][] = [
    [word("   "), "refusal.rule-empty"],
    [word("\u200B"), "refusal.rule-empty"],
    [word("x".repeat(201)), "refusal.rule-long"],
    [pattern("(?=look)ahead"), "refusal.pattern-invalid"],
    [pattern("(a)\\1"), "refusal.pattern-invalid"],
    [pattern("("), "refusal.pattern-invalid"],
    [pattern("a{1000}"), "refusal.pattern-large"],
    [pattern("x*"), "refusal.pattern-matches-all"],
    [pattern(""), "refusal.pattern-matches-all"],
  ];
  for (const [rule, key] of refused) {
    it(`refuse the ${rule.kind} ${JSON.stringify(rule.text.slice(0, 20))}: ${key}`, () => {
      assert.throws(
        () => checkedRule(rule),
        (error) => error instanceof Refusal && error.key === key,
      );
    });
  }

  it("store a word as it is compared", () => {
    assert.deepEqual(checkedRule(word(" ＢÄnana ")), word("banana"));
  });

  it("stay fast on what makes a backtracking engine hang", () => {
    const rules = [pattern("(a+)+$"), pattern("(a|aa)+b"), pattern("(x+x+)+y")];
    rules.forEach((rule) => checkedRule(rule));
    const start = performance.now();
    assert.equal(found(`${"a".repeat(6000)}!${"x".repeat(6000)}`, ...rules), null);
    // A backtracking engine would still be at it when the sun is cold; this takes some milliseconds.
    assert.ok(performance.now() - start < 5000);
  });
});
