import { SingleBar } from "cli-progress";

/** A bar on stderr, so that stdout stays the command's own; gone when it is stopped. */
export function stderrBar(format: string): SingleBar {
  return new SingleBar({
    format,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
  });
}
