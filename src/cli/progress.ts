import { SingleBar } from "cli-progress";

import type { ProgressEvent } from "../pipeline/types.ts";

/** Shows how far a request is; silent where stderr is no terminal. */
export interface Progress {
  show(event: ProgressEvent): void;
  stop(): void;
}

const STAGE_WORDS: Readonly<Record<Exclude<ProgressEvent["stage"], "denoise">, string>> = {
  load: "loading",
  "encode-prompt": "reading the prompt",
  "encode-image": "reading the picture",
  decode: "painting",
};

/** @param isShown - False: no output at all. */
export function createProgress(count: number, { isShown }: { isShown: boolean }): Progress {
  if (!isShown) return { show: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: "{what} |{bar}| {value}/{total} steps",
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
  });
  let isStarted = false;
  let isStopped = false;
  return {
    show(event) {
      if (isStopped) return;
      const total = event.stage === "denoise" ? event.steps * count : undefined;
      if (!isStarted) bar.start(total ?? count, 0, { what: "" });
      isStarted = true;
      if (total !== undefined) bar.setTotal(total);
      if (event.stage === "denoise") {
        bar.update(event.picture * event.steps + event.step, { what: "drawing" });
      } else {
        bar.update({ what: STAGE_WORDS[event.stage] });
      }
    },
    stop() {
      if (isStarted && !isStopped) bar.stop();
      isStopped = true;
    },
  };
}
