import { CATALOGUE, type CatalogueEntry, type Family } from "./catalogue.ts";
import { downloadBytes, estimateMemory, estimatePictureFlops } from "./model-sizes.ts";

/** What this machine has. */
export interface MachineFacts {
  readonly freeDiskBytes: number;
  readonly memoryBytes: number;
  /** Of a plain matrix product on the CPU, in floating-point operations a second. */
  readonly cpuFlopsPerSecond: number;
  /** The provider that will be used. */
  readonly provider: "cpu" | "cuda" | "dml" | "webgpu";
  /** Of the graphics card, where it can be asked. */
  readonly gpuMemoryBytes: number | null;
  readonly gpuName: string | null;
  /** Ids of checkpoints that are there already. */
  readonly downloaded: ReadonlySet<string>;
}

/** Whether and how a checkpoint runs here. */
export interface Recommendation {
  readonly entry: CatalogueEntry;
  readonly isDownloaded: boolean;
  readonly fits: boolean;
  readonly downloadBytes: number;
  /** With this policy and these precisions; an estimate. */
  readonly memory: {
    readonly policy: "all" | "sequential";
    readonly textPrecision: "fp32" | "int8";
    readonly bytes: number;
  };
  /** A picture of native size on this CPU, an estimate from a measured matrix product; null on a GPU. */
  readonly seconds: number | null;
  /** Sentences: what speaks for it or against it. */
  readonly reasons: readonly string[];
}

/** The rest is the system's, the browser's and Discord's. */
const MEMORY_SHARE = 0.85;
/** Gemma's 8.1 GB are at most two fifths of the card, as the pipeline places it. */
const TEXT_ENCODER_CARD_BYTES = 20.3e9;
const SPARE_DISK_BYTES = 500e6;
/** Pictures reached this share of the plain product's rate on the machine where it was measured. */
const PICTURE_RATE = 0.85;
/** Nobody waits longer for a picture gladly. */
const PATIENCE_SECONDS = 90;
/** Pictures as people like them, the best first (NVlabs' own tables); the rest are for special uses. */
const QUALITY: readonly Family[] = [
  "sana-1.5-4.8b",
  "sana-1.5-1.6b",
  "sprint-1.6b",
  "sana-1.6b",
  "sprint-0.6b",
  "sana-0.6b",
];

/** Every checkpoint of the catalogue with what this machine makes of it, those that fit first, and the one to begin with. */
export function recommend(machine: MachineFacts): {
  best: Recommendation | null;
  all: Recommendation[];
} {
  const judged = CATALOGUE.map((entry) => judge(entry, machine));
  return {
    best: pickBest(judged) ?? null,
    all: judged.sort((a, b) => Number(b.fits) - Number(a.fits)),
  };
}

function judge(entry: CatalogueEntry, machine: MachineFacts): Recommendation {
  const isDownloaded = machine.downloaded.has(entry.id);
  const bytes = downloadBytes(entry);
  const memory = memoryPlan(entry, machine);
  const hasDisk = isDownloaded || bytes + SPARE_DISK_BYTES <= machine.freeDiskBytes;
  const onGpu = machine.provider !== "cpu";
  const seconds = onGpu
    ? null
    : estimatePictureFlops(entry) / (machine.cpuFlopsPerSecond * PICTURE_RATE);
  const reasons = [
    isDownloaded
      ? "It is downloaded already."
      : `Its download of ${gigabytes(bytes)} ${hasDisk ? "fits" : `does not fit into the ${gigabytes(machine.freeDiskBytes)} that are free on`} the disk.`,
    memory.sentence,
    ...(seconds === null ? [] : [`A picture takes about ${duration(seconds)} on this CPU.`]),
    `Licence: ${entry.license}.`,
  ];
  const { policy, textPrecision, bytes: memoryBytes } = memory;
  return {
    entry,
    isDownloaded,
    fits: hasDisk && memory.fits,
    downloadBytes: bytes,
    memory: { policy, textPrecision, bytes: memoryBytes },
    seconds,
    reasons,
  };
}

interface MemoryPlan {
  policy: "all" | "sequential";
  textPrecision: "fp32" | "int8";
  bytes: number;
  fits: boolean;
  sentence: string;
}

/** The most comfortable way that fits: all networks at once, one at a time, the text encoder in 8 bits. */
function memoryPlan(entry: CatalogueEntry, machine: MachineFacts): MemoryPlan {
  const { provider, gpuMemoryBytes, memoryBytes } = machine;
  const onGpu = provider !== "cpu";
  const limit = MEMORY_SHARE * (onGpu && gpuMemoryBytes !== null ? gpuMemoryBytes : memoryBytes);
  const where = onGpu && gpuMemoryBytes !== null ? (machine.gpuName ?? "the GPU") : "memory";
  const transformer = onGpu && entry.dtype === "fp16" ? "fp16" : "fp32";
  // With DirectML and WebGPU, and on smaller cards, the text encoder stays on the CPU.
  const hasRoomForText = (gpuMemoryBytes ?? Infinity) >= TEXT_ENCODER_CARD_BYTES;
  const withText = provider === "cpu" || (provider === "cuda" && hasRoomForText);
  const plans = (["fp32", "int8"] as const).flatMap((textPrecision) => {
    const need = estimateMemory(entry, { transformer, text: textPrecision, withText });
    return (["all", "sequential"] as const).map((policy) => {
      return { policy, textPrecision, bytes: need[policy] };
    });
  });
  const found = plans.find(({ bytes }) => bytes <= limit);
  const plan = found ?? plans.reduce((least, next) => (next.bytes < least.bytes ? next : least));
  const how = [
    ...(plan.policy === "sequential" ? ["one network at a time"] : []),
    ...(plan.textPrecision === "int8" ? ["the text encoder in 8 bits"] : []),
  ].join(", ");
  const sentence =
    found === undefined
      ? `It needs about ${gigabytes(plan.bytes)} of ${where}, and ${gigabytes(limit)} can be had.`
      : `It takes about ${gigabytes(plan.bytes)} of ${where}${how === "" ? "" : ` (${how})`}.`;
  return { ...plan, fits: found !== undefined, sentence };
}

/** The best pictures among those that come in time; where none does, the fastest. */
function pickBest(judged: readonly Recommendation[]): Recommendation | undefined {
  const fitting = judged.filter(({ fits, entry }) => fits && QUALITY.includes(entry.family));
  const inTime = fitting.filter(({ seconds }) => (seconds ?? 0) <= PATIENCE_SECONDS);
  const rank = ({ entry }: Recommendation): number => QUALITY.indexOf(entry.family);
  const bySize = (a: Recommendation, b: Recommendation): number =>
    Math.abs(a.entry.nativePx - 1024) - Math.abs(b.entry.nativePx - 1024);
  if (inTime.length > 0) return inTime.toSorted((a, b) => rank(a) - rank(b) || bySize(a, b))[0];
  return fitting.toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0))[0];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
