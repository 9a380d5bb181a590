import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { listSupportedBackends, env } from "onnxruntime-node";
import { z } from "zod";
import { hasCudaFiles } from "./session-errors.ts";
import type { Provider } from "./session.ts";

/** A GPU provider's answer to a small matrix product, or that it gave none. */
const probeSchema = z.discriminatedUnion("available", [
  z.object({
    available: z.literal(true),
    correct: z.boolean(),
    milliseconds: z.number(),
    cpuMilliseconds: z.number(),
  }),
  z.object({ available: z.literal(false), reason: z.string() }),
]);
export type Probe = z.infer<typeof probeSchema>;

export interface ProviderChoice {
  readonly provider: Provider;
  /** One line for the log: what was chosen and why the others were not. */
  readonly reason: string;
}

export interface ChooseOptions {
  /** Where the answers are kept. */
  readonly cacheDir: string;
  /** Providers to try, the best first; by default those that ONNX Runtime was built with here. */
  readonly candidates?: readonly Provider[];
  readonly probe?: (provider: Provider) => Promise<Probe>;
}

/** Preferred in this order where they are there; the CPU is always last. */
const ORDER = ["cuda", "dml", "webgpu"] as const;
/** Starting a driver and compiling its first shader; a software driver took 2 s here. */
const PROBE_DEADLINE_MS = 60_000;
/** A driver is installed or mended between two starts; within one start, nobody is asked twice. */
const FAULT_KEPT_MS = 60_000;
const PROBE_SCRIPT = join(import.meta.dirname, "probe-provider.ts");

/**
 * The fastest provider that computes correctly: each is asked once for a small matrix product in a process of its
 * own, and a good answer is kept in `cacheDir` until ONNX Runtime or the driver's settings change; one that failed is
 * asked again at the next start. One that is slower than the CPU, such as a software Vulkan driver, is passed over.
 */
export async function chooseProvider(options: ChooseOptions): Promise<ProviderChoice> {
  const { cacheDir, candidates = builtIn(), probe = probeInChild } = options;
  const passedOver: string[] = [];
  for (const provider of candidates) {
    const answer = await cachedProbe(join(cacheDir, `provider-${provider}.json`), () =>
      probe(provider),
    );
    const fault = faultOf(answer);
    if (fault === null)
      return { provider, reason: [`${provider} is used`, ...passedOver].join("; ") };
    passedOver.push(`${provider} is passed over: ${fault}`);
  }
  return { provider: "cpu", reason: ["cpu is used", ...passedOver].join("; ") };
}

function builtIn(): Provider[] {
  const names = new Set(listSupportedBackends().map(({ name }) => name));
  return ORDER.filter((name) => names.has(name) && (name !== "cuda" || hasCudaFiles()));
}

/** Why a provider is not used, or null where it is. */
function faultOf(answer: Probe): string | null {
  if (!answer.available) return answer.reason;
  if (!answer.correct) return "it computed a wrong matrix product";
  if (answer.milliseconds < answer.cpuMilliseconds) return null;
  return `it is slower than the CPU (${answer.milliseconds.toFixed(0)} ms against ${answer.cpuMilliseconds.toFixed(0)} ms)`;
}

async function probeInChild(provider: Provider): Promise<Probe> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROBE_SCRIPT, provider], {
      timeout: PROBE_DEADLINE_MS,
      killSignal: "SIGKILL",
    });
    return probeSchema.parse({ available: true, ...z.looseObject({}).parse(JSON.parse(stdout)) });
  } catch {
    return { available: false, reason: "it is not available on this machine" };
  }
}

/** What an answer depends on: another runtime, system or driver setting is another question. */
function question(): string {
  const drivers = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "CUDA_VISIBLE_DEVICES"].map(
    (name) => process.env[name] ?? "",
  );
  return JSON.stringify([env.versions, process.platform, process.arch, ...drivers]);
}

const cacheSchema = z.object({ question: z.string(), answer: probeSchema, askedAtMs: z.number() });

async function cachedProbe(path: string, ask: () => Promise<Probe>): Promise<Probe> {
  const text = await readFile(path, "utf8").catch(() => "");
  const known = cacheSchema.safeParse(parseJson(text));
  if (known.success && known.data.question === question()) {
    const { answer, askedAtMs } = known.data;
    if (faultOf(answer) === null || Date.now() - askedAtMs < FAULT_KEPT_MS) return answer;
  }
  const answer = await ask();
  // An answer that cannot be kept is asked for again.
  await mkdir(dirname(path), { recursive: true })
    .then(() =>
      writeFile(path, JSON.stringify({ question: question(), answer, askedAtMs: Date.now() })),
    )
    .catch(() => undefined);
  return answer;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
