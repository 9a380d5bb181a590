import { destination, type Level, type Logger, pino } from "pino";

/** Writes JSON lines to stderr, so that stdout stays a command's own; synchronously, so that none is lost at exit. */
export function createLogger(level: Level | "silent"): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }));
}
