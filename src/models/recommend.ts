import { CATALOGUE, type CatalogueEntry, type Family } from "./catalogue.ts";
import { ASSUMED_CARD_BYTES, TEXT_CARD_SHARE, TEXT_MEMORY_SHARE } from "./memory-shares.ts";
import {
  downloadBytes,
  estimateMemory,
  estimatePictureFlops,
  textEncoderBytes,
} from "./model-sizes.ts";

/** What this machine has. */
export interface MachineFacts {
  readonly freeDiskBytes: number;
  readonly memoryBytes: number;
  /** Of a plain matrix product on the CPU, in floating-point operations a second. */
  readonly cpuFlopsPerSecond: number;
  /** The same on the provider that will be used; null where that is the CPU. */
  readonly gpuFlopsPerSecond: number | null;
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
    /** Of the card where there is one, else of the machine. */
    readonly bytes: number;
  };
  /** A picture of native size here, reckoned from a matrix product that was measured. */
  readonly seconds: number;
  /** Sentences: what speaks for it or against it. */
  readonly reasons: readonly string[];
}

/** The rest is the system's, the browser's and Discord's. */
const MEMORY_SHARE = 0.85;
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
  const { cpuFlopsPerSecond, gpuFlopsPerSecond } = machine;
  const seconds =
    estimatePictureFlops(entry) / ((gpuFlopsPerSecond ?? cpuFlopsPerSecond) * PICTURE_RATE);
  const reasons = [
    isDownloaded
      ? "It is downloaded already."
      : `Its download of ${gigabytes(bytes)} ${hasDisk ? "fits" : `does not fit into the ${gigabytes(machine.freeDiskBytes)} that are free on`} the disk.`,
    memory.sentence,
    `A picture takes about ${duration(seconds)} on this ${gpuFlopsPerSecond === null ? "CPU" : "GPU"}.`,
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

/** The more comfortable way that fits: all networks at once, else one at a time. */
function memoryPlan(entry: CatalogueEntry, machine: MachineFacts): MemoryPlan {
  const { provider, gpuMemoryBytes, gpuName, memoryBytes } = machine;
  const onGpu = provider !== "cpu";
  const cardBytes = gpuMemoryBytes ?? ASSUMED_CARD_BYTES;
  const limit = MEMORY_SHARE * (onGpu ? cardBytes : memoryBytes);
  // With DirectML and WebGPU, and on smaller cards, the text encoder stays on the CPU.
  const withText =
    !onGpu || (provider === "cuda" && textEncoderBytes("fp32") <= TEXT_CARD_SHARE * cardBytes);
  const textPrecision =
    textEncoderBytes("fp32") > TEXT_MEMORY_SHARE * memoryBytes ? "int8" : "fp32";
  const transformer = onGpu && entry.dtype === "fp16" ? "fp16" : "fp32";
  const need = estimateMemory(entry, { transformer, text: textPrecision, withText });
  const hostBytes = withText ? 0 : textEncoderBytes(textPrecision);
  const hostLimit = MEMORY_SHARE * memoryBytes;
  const policy = need.all <= limit ? "all" : "sequential";
  const bytes = need[policy];
  const fits = bytes <= limit && hostBytes <= hostLimit;
  const how = [
    ...(policy === "sequential" ? ["one network at a time"] : []),
    ...(textPrecision === "int8" ? ["the text encoder in 8 bits"] : []),
  ].join(", ");
  const where = onGpu ? (gpuName ?? "the graphics card, if it has 8 GB,") : "memory";
  const beside = hostBytes === 0 ? "" : ` and ${gigabytes(hostBytes)} of memory`;
  const has = hostBytes === 0 ? "" : ` and ${gigabytes(hostLimit)}`;
  const sentence = fits
    ? `It takes about ${gigabytes(bytes)} of ${where}${beside}${how === "" ? "" : ` (${how})`}.`
    : `It needs about ${gigabytes(bytes)} of ${where}${beside}, and ${gigabytes(limit)}${has} can be had.`;
  return { policy, textPrecision, bytes, fits, sentence };
}

/** The best pictures among those that come in time; where none does, the fastest. */
function pickBest(judged: readonly Recommendation[]): Recommendation | undefined {
  const fitting = judged.filter(({ fits, entry }) => fits && QUALITY.includes(entry.family));
  const inTime = fitting.filter(({ seconds }) => seconds <= PATIENCE_SECONDS);
  const rank = ({ entry }: Recommendation): number => QUALITY.indexOf(entry.family);
  const bySize = (a: Recommendation, b: Recommendation): number =>
    Math.abs(a.entry.nativePx - 1024) - Math.abs(b.entry.nativePx - 1024);
  if (inTime.length > 0) return inTime.toSorted((a, b) => rank(a) - rank(b) || bySize(a, b))[0];
  return fitting.toSorted((a, b) => a.seconds - b.seconds)[0];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function duration(seconds: number): string {
  if (seconds <= 1) return "a second";
  return seconds < 100 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
