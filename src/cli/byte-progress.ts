import { stderrBar } from "./bar.ts";
import { gigabytes } from "./print.ts";

/** A bar that counts bytes; silent where stderr is no terminal. */
export interface ByteProgress {
  /** @param bytesPerSecond - 0 where it is not known yet. */
  show(doneBytes: number, totalBytes: number, bytesPerSecond: number): void;
  stop(): void;
}

/** @param isShown - False: no output at all. */
export function createByteProgress(what: string, { isShown }: { isShown: boolean }): ByteProgress {
  if (!isShown) return { show: () => {}, stop: () => {} };
  const bar = stderrBar(`${what} |{bar}| {done} of {all}{speed}`);
  let isStarted = false;
  let isStopped = false;
  return {
    show(doneBytes, totalBytes, bytesPerSecond) {
      if (isStopped) return;
      const payload = {
        done: gigabytes(doneBytes),
        all: gigabytes(totalBytes),
        speed: speedOf(bytesPerSecond, totalBytes - doneBytes),
      };
      if (!isStarted) bar.start(totalBytes, doneBytes, payload);
      isStarted = true;
      bar.update(doneBytes, payload);
    },
    stop() {
      if (isStarted && !isStopped) bar.stop();
      isStopped = true;
    },
  };
}

function speedOf(bytesPerSecond: number, leftBytes: number): string {
  if (bytesPerSecond === 0) return "";
  const seconds = leftBytes / bytesPerSecond;
  const left = seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
  return `, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${left} left`;
}
