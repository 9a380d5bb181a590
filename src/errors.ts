/** What went wrong, for programs; the message says it to people. */
export type UserErrorCode =
  | "invalid_option"
  | "invalid_config"
  | "invalid_prompt"
  | "invalid_image"
  | "model_not_found"
  | "model_invalid"
  | "not_supported"
  | "out_of_memory"
  | "disk"
  | "network"
  | "no_access"
  | "refused"
  | "cancelled";

/**
 * A fault that the person can mend: its message names what was wrong and what is allowed.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  readonly code: UserErrorCode;

  constructor(code: UserErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UserError";
    this.code = code;
  }
}

/** Throws the one error that a cancelled piece of work ends in. */
export function throwIfCancelled(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted === true)
    throw new UserError("cancelled", `Cancelled ${where}.`, { cause: signal.reason });
}
