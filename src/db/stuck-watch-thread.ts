import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

import type { WatchData } from "./stuck-watch.ts";

const { shared, message, lookEveryMs, looks } = workerData as WatchData;
const task = new Int32Array(shared);
let seen = 0;
let times = 0;

setInterval(() => {
  const running = Atomics.load(task, 0);
  times = running !== 0 && running === seen ? times + 1 : 0;
  seen = running;
  if (times < looks) return;
  writeSync(2, `${message}\n`);
  // Nothing gentler reaches a process whose main thread is blocked.
  process.kill(process.pid, "SIGKILL");
}, lookEveryMs);
