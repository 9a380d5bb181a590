import type { ProgressEvent } from "../pipeline/types.ts";
import { stderrBar } from "./bar.ts";

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
  const bar = stderrBar("{what} |{bar}| {value}/{total} steps");
  let isStarted = false;
  let isStopped = false;
  return {
    show(event) {
      if (isStopped) return;
      const what = event.stage === "denoise" ? "drawing" : STAGE_WORDS[event.stage];
      if (!isStarted) bar.start(count, 0, { what });
      isStarted = true;
      if (event.stage === "denoise") {
        bar.setTotal(event.steps * count);
        bar.update(event.picture * event.steps + event.step, { what });
      } else {
        bar.update({ what });
      }
    },
    stop() {
      if (isStarted && !isStopped) bar.stop();
      isStopped = true;
    },
  };
}
