import type { Bench } from "./bench-result.ts";
import { machine } from "./bench-result.ts";

/** Every benchmark by its name; each is loaded only when it is run. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  ack: async () => (await import("./ack.ts")).ack,
  crash: async () => (await import("./crash.ts")).crash,
  decode: async () => (await import("./decode.ts")).decode,
  "dit-step": async () => (await import("./dit-step.ts")).ditStep,
  embedded: async () => (await import("./embedded.ts")).embedded,
  fairness: async () => (await import("./fairness.ts")).fairness,
  imagine: async () => (await import("./imagine.ts")).imagine,
  "native-4k": async () => (await import("./native-4k.ts")).native4k,
  parity: async () => (await import("./parity.ts")).parity,
  picture: async () => (await import("./picture.ts")).picture,
  quota: async () => (await import("./quota.ts")).quota,
  scaling: async () => (await import("./scaling.ts")).scaling,
  solver: async () => (await import("./solver.ts")).solver,
  throughput: async () => (await import("./throughput.ts")).throughput,
  upscale: async () => (await import("./upscale.ts")).upscale,
  "text-encode": async () => (await import("./text-encode.ts")).textEncode,
};

const name = process.argv[2];
const load = name === undefined ? undefined : BENCHES[name];
if (name !== undefined && load !== undefined) {
  const { run } = await load();
  process.stdout.write(`${JSON.stringify({ name, ...(await run()), machine: machine() })}\n`);
} else {
  if (name !== undefined) process.exitCode = 1;
  for (const [known, bench] of Object.entries(BENCHES)) {
    process.stdout.write(`${known.padEnd(14)} ${(await bench()).about}\n`);
  }
}
