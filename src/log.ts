import { destination, type Level, type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** Interaction tokens are credentials for 15 minutes, and the bot's for ever: neither is ever written. */
const REDACTED = [
  "token",
  "*.token",
  "*.interaction.token",
  "headers.authorization",
  "err.requestBody",
  "err.url",
];

/** Errors that a status page shows, the newest first. */
export class RecentErrors {
  readonly #errors: { at: Date; message: string }[] = [];

  add(message: string): void {
    this.#errors.unshift({ at: new Date(), message });
    this.#errors.length = Math.min(this.#errors.length, 20);
  }

  get list(): readonly { readonly at: Date; readonly message: string }[] {
    return this.#errors;
  }
}

const ERROR_LEVEL = 50;

/**
 * Writes JSON lines to stderr, so that stdout stays a command's own; synchronously, so that none is lost at exit.
 */
export function createLogger(level: Level | "silent"): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }));
}

/** The log of a server process: one readable line an event in a terminal, JSON lines otherwise, both on stdout. */
export function createServerLogger(level: Level | "silent", recent: RecentErrors): Logger {
  const stream = process.stdout.isTTY
    ? pretty({ sync: true, ignore: "pid,hostname", translateTime: "HH:MM:ss", singleLine: true })
    : destination({ dest: 1, sync: true });
  return pino(
    {
      level,
      base: null,
      redact: { paths: REDACTED, censor: "[secret]" },
      hooks: {
        logMethod(given, method, number) {
          if (number >= ERROR_LEVEL)
            recent.add(given.findLast((part) => typeof part === "string") ?? "");
          method.apply(this, given);
        },
      },
    },
    stream,
  );
}
