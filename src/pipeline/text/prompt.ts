import { UserError } from "../../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What the text encoder reads, and which of its outputs the transformer sees. */
export interface PromptTokens {
  /** Valid tokens only: padding is never encoded, since no valid token's hidden state depends on it. */
  inputIds: number[];
  /** Positions in `inputIds` whose embeddings are kept, ascending. */
  keep: number[];
}

/** What {@link assemblePrompt} puts together. */
export interface PromptParts {
  tokenizer: Tokenizer;
  /** As the user wrote it. */
  prompt: string;
  /** The instruction's lines; null or none: the plain prompt. */
  instruction: readonly string[] | null;
  /** Embeddings that the transformer sees at most, at least 1. */
  maxSequenceLength: number;
}

/** Python's `str.isspace`: unlike JavaScript's it has U+001C to U+001F and U+0085, and lacks U+FEFF. */
const PYTHON_SPACE = String.raw`\t-\r\x1C-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`;
const LEADING_SPACE = new RegExp(`^[${PYTHON_SPACE}]+`);
const ENDS_IN_SPACE = new RegExp(`[${PYTHON_SPACE}]`);

/**
 * Lower-cases and trims a prompt as diffusers does with `clean_caption` off (Python's `lower` and `strip`).
 * `toLowerCase` is the same map, final sigma and dotted I included; only letters newer than Python's Unicode differ.
 */
export function cleanPrompt(text: string): string {
  const lower = text.toWellFormed().toLowerCase().replace(LEADING_SPACE, "");
  let end = lower.length;
  while (end > 0 && ENDS_IN_SPACE.test(lower.charAt(end - 1))) end -= 1;
  return lower.slice(0, end);
}

/**
 * Puts a prompt behind the instruction and says which tokens the transformer sees.
 * With n tokens in the instruction (BOS included) and M = `maxSequenceLength`, the text is cut on the right to
 * n + M - 2 tokens; the first and the last M - 1 of these places are kept, as far as tokens fill them.
 * The 2: BOS, and the instruction's last space, which the prompt's first word swallows.
 *
 * @throws {UserError} `invalid_prompt` for a text that no encoder would read to its end.
 */
export function assemblePrompt({
  tokenizer,
  prompt,
  instruction,
  maxSequenceLength,
}: PromptParts): PromptTokens {
  checkLength(maxSequenceLength);
  const cleaned = cleanPrompt(prompt);
  if (instruction === null || instruction.length === 0) {
    return keepAll(tokenizer.encode(cleaned).slice(0, maxSequenceLength));
  }
  const prefix = instruction.join("\n");
  const total = tokenizer.encode(prefix).length + maxSequenceLength - 2;
  const inputIds = tokenizer.encode(prefix + cleaned).slice(0, total);
  const keep = [0];
  for (let position = total - maxSequenceLength + 1; position < inputIds.length; position += 1)
    keep.push(position);
  return { inputIds, keep };
}

/** The negative prompt's tokens: no instruction, at most `maxSequenceLength` of them, all kept. */
export function assembleNegative({
  tokenizer,
  prompt,
  maxSequenceLength,
}: Omit<PromptParts, "instruction">): PromptTokens {
  return assemblePrompt({ tokenizer, prompt, maxSequenceLength, instruction: null });
}

/** How many leading elements two lists of tokens share. */
export function longestCommonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}

function keepAll(inputIds: number[]): PromptTokens {
  return { inputIds, keep: inputIds.map((_, position) => position) };
}

function checkLength(maxSequenceLength: number): void {
  if (Number.isSafeInteger(maxSequenceLength) && maxSequenceLength >= 1) return;
  throw new UserError(
    "model_invalid",
    `The maximum prompt length is ${maxSequenceLength}; it must be a whole number, 1 or more.`,
  );
}
