import { RE2JS, RE2JSException } from "re2js";

import type { WORD_KINDS } from "../../db/schema.ts";
import { Refusal } from "../refusal.ts";
import { foldText, holdsWord } from "./fold-text.ts";
import { ALWAYS_REFUSED_WORDS, STARTER_WORDS } from "./starter-words.ts";

export interface WordRule {
  readonly kind: (typeof WORD_KINDS)[number];
  /** Of a word, folded as {@link checkedRule} stores it. */
  readonly text: string;
}

/** Characters of a rule, and rules of a server: what a click can check in a millisecond or two. */
const MAX_RULE_LENGTH = 200;
export const MAX_WORDS = 1000;
export const MAX_PATTERNS = 25;
/** Instructions that a pattern compiles to. One of 900 took 75 ms for its first text of 6,000 characters, then 6. */
const MAX_PROGRAM = 300;
/** Compiled patterns that are remembered. */
const MAX_COMPILED = 2000;

/** What was found, and by which rule. */
export interface FoundWord {
  readonly found: string;
  readonly rule: WordRule;
  /** Whether one of the lists that ship with the bot has it. */
  readonly isBuiltIn: boolean;
}

/**
 * The first thing in texts that a server does not allow, or null.
 *
 * @param isAgeRestricted - Whether Discord restricts the channel by age: the starter list does not hold there.
 */
export function findForbidden(
  texts: readonly string[],
  rules: readonly WordRule[],
  { isAgeRestricted }: { isAgeRestricted: boolean },
): FoundWord | null {
  const builtIn = isAgeRestricted
    ? ALWAYS_REFUSED_WORDS
    : [...ALWAYS_REFUSED_WORDS, ...STARTER_WORDS];
  for (const text of texts) {
    const folded = foldText(text);
    if (folded === "") continue;
    const known = builtIn.find((word) => holdsWord(folded, word));
    if (known !== undefined)
      return { found: known, rule: { kind: "word", text: known }, isBuiltIn: true };
    for (const rule of rules) {
      const found = matchRule(rule, text, folded);
      if (found !== null) return { found, rule, isBuiltIn: false };
    }
  }
  return null;
}

function matchRule(rule: WordRule, text: string, folded: string): string | null {
  if (rule.kind === "word") return holdsWord(folded, rule.text) ? rule.text : null;
  const pattern = compiled(rule.text);
  // One that an older version took and this one's engine does not is passed over; `words list` still shows it.
  return pattern === null ? null : (firstMatch(pattern, text) ?? firstMatch(pattern, folded));
}

function firstMatch(pattern: RE2JS, text: string): string | null {
  // A test first: it runs without captures, several times as fast, and most texts are harmless.
  if (!pattern.test(text)) return null;
  const matcher = pattern.matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : null;
}

const patterns = new Map<string, RE2JS | null>();

function compiled(text: string): RE2JS | null {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    pattern = tryCompile(text);
    if (patterns.size >= MAX_COMPILED) patterns.clear();
    patterns.set(text, pattern);
  }
  return pattern;
}

function tryCompile(text: string): RE2JS | null {
  try {
    return RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
  } catch {
    return null;
  }
}

/**
 * Checks a rule before it is stored.
 *
 * @returns the rule as it is stored: a word is folded
 * @throws {Refusal} saying what is wrong with it
 */
export function checkedRule({ kind, text }: WordRule): WordRule {
  const trimmed = text.trim();
  if (trimmed.length > MAX_RULE_LENGTH)
    throw new Refusal("refusal.rule-long", { length: trimmed.length, max: MAX_RULE_LENGTH });
  if (kind === "pattern") {
    checkPattern(trimmed);
    return { kind, text: trimmed };
  }
  const folded = foldText(trimmed);
  if (!/[\p{L}\p{N}\p{S}]/u.test(folded)) throw new Refusal("refusal.rule-empty");
  return { kind, text: folded };
}

function checkPattern(text: string): void {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new Refusal("refusal.pattern-invalid", { problem: cause.message });
  }
  const size = pattern.programSize();
  if (size > MAX_PROGRAM) throw new Refusal("refusal.pattern-large", { size, max: MAX_PROGRAM });
  if (pattern.test("")) throw new Refusal("refusal.pattern-matches-all");
}
