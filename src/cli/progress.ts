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
  const bar = stderrBar("{what} |{bar}|{steps}");
  let isStarted = false;
  let isStopped = false;
  return {
    show(event) {
      if (isStopped) return;
      const what = event.stage === "denoise" ? "drawing" : STAGE_WORDS[event.stage];
      // How many steps there are is known when the first one begins.
      if (!isStarted) bar.start(count, 0, { what, steps: "" });
      isStarted = true;
      if (event.stage === "denoise") {
        const [done, total] = [event.picture * event.steps + event.step, event.steps * count];
        bar.setTotal(total);
        bar.update(done, { what, steps: ` ${done}/${total} steps` });
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
