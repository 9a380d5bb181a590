import type { UserError, UserErrorCode } from "../errors.ts";
import { type MessageKey, translate } from "./translate.ts";

/** What stops a request; the others stop the program before it takes any, or have words of their own. */
type MemberCode = Exclude<UserErrorCode, "invalid_config" | "refused" | "cancelled">;

/** Faults of a model's files name folders of the machine: those are for the owner's log. */
const WORDS = {
  invalid_option: "problem.invalid-option",
  invalid_prompt: "problem.invalid-prompt",
  invalid_image: "problem.invalid-image",
  not_supported: "problem.not-supported",
  out_of_memory: "problem.memory",
  model_not_found: "problem.model",
  model_invalid: "problem.model",
  disk: "problem.disk",
  network: "problem.network",
  no_access: "problem.network",
} as const satisfies Record<MemberCode, MessageKey>;

/**
 * An error in somebody's language: its cause where that is a usual one, else what kind it is of, with the English
 * sentence that the error brought.
 */
export function errorWords(
  { code, message, reason }: Pick<UserError, "code" | "message" | "reason">,
  locale: string,
): string {
  if (reason !== null) return translate(locale, `problem.${reason.name}`, reason.parameters);
  if (!Object.hasOwn(WORDS, code)) return message;
  return translate(locale, WORDS[code as MemberCode], { message });
}
