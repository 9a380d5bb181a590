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

/** What a request may be at fault for in so usual a way that people are told in their own language. */
export const ERROR_REASONS = [
  "already-large",
  "image-animated",
  "image-bytes",
  "image-damaged",
  "image-elsewhere",
  "image-kind",
  "image-pixels",
  "prompt-length",
] as const;

/** A cause, and what stands in its sentence. */
export interface ErrorReason {
  readonly name: (typeof ERROR_REASONS)[number];
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface UserErrorOptions extends ErrorOptions {
  readonly reason?: ErrorReason | undefined;
}

/**
 * A fault that the person can mend: its message names what was wrong and what is allowed.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  readonly code: UserErrorCode;
  /** Null where only the message says it. */
  readonly reason: ErrorReason | null;

  constructor(code: UserErrorCode, message: string, options?: UserErrorOptions) {
    super(message, options);
    this.name = "UserError";
    this.code = code;
    this.reason = options?.reason ?? null;
  }
}

/** Throws the one error that a cancelled piece of work ends in. */
export function throwIfCancelled(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted === true)
    throw new UserError("cancelled", `Cancelled ${where}.`, { cause: signal.reason });
}

/** Whether memory ran out, on the machine or on a card. */
export function isOutOfMemory(error: unknown): error is UserError {
  return error instanceof UserError && error.code === "out_of_memory";
}
