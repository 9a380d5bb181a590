import { basename, dirname, resolve } from "node:path";

/** A published checkpoint in the layout of diffusers. */
export interface CatalogueEntry {
  /** `owner/name` on the Hugging Face hub. */
  id: string;
  family: Family;
  /** Width and height that it was trained for, in pixels. */
  nativePx: 512 | 1024 | 2048 | 4096;
  /** The dtype that its makers recommend for the transformer. */
  dtype: "fp16" | "bf16";
  /** In words; the repository's own LICENSE decides. */
  license: string;
  /** Trained with the self-attention's output clamped to fp16's range, which every precision must repeat. */
  clampAttention: boolean;
  numInferenceSteps: number;
}

/** Architectures of the same tensors and config. */
export type Family =
  | "sana-0.6b"
  | "sana-1.6b"
  | "sana-1.5-1.6b"
  | "sana-1.5-4.8b"
  | "sprint-0.6b"
  | "sprint-1.6b"
  | "sprint-teacher-0.6b"
  | "controlnet-0.6b";

const SANA_LICENSE =
  "NVIDIA's terms for Sana's weights, non-commercial in early uploads: see the repository's LICENSE";
const SPRINT_LICENSE = "NVIDIA Open Model License: see the repository's LICENSE";
const NVIDIA = "Efficient-Large-Model";
/** DPM-Solver++ at diffusers' default; the distilled Sprint models need two steps. */
const STEPS = 20;
const SPRINT_STEPS = 2;

/** The clamp follows the training's precision: fp16 was trained with it, bf16 without (diffusers #10336). */
function sana(
  name: string,
  family: Family,
  facts: Pick<CatalogueEntry, "nativePx" | "dtype">,
): CatalogueEntry {
  const { nativePx, dtype } = facts;
  const isSprint = /sprint/i.test(name);
  const isDistilled = family === "sprint-0.6b" || family === "sprint-1.6b";
  return {
    id: name.includes("/") ? name : `${NVIDIA}/${name}`,
    family,
    nativePx,
    dtype,
    license: isSprint ? SPRINT_LICENSE : SANA_LICENSE,
    clampAttention: dtype === "fp16",
    numInferenceSteps: isDistilled ? SPRINT_STEPS : STEPS,
  };
}

const FP16_512 = { nativePx: 512, dtype: "fp16" } as const;
const FP16_1024 = { nativePx: 1024, dtype: "fp16" } as const;
const BF16_1024 = { nativePx: 1024, dtype: "bf16" } as const;

/** The checkpoints that are known by name. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  sana("Sana_600M_512px_diffusers", "sana-0.6b", FP16_512),
  sana("Sana_600M_1024px_diffusers", "sana-0.6b", FP16_1024),
  sana("Sana_1600M_512px_diffusers", "sana-1.6b", FP16_512),
  sana("Sana_1600M_512px_MultiLing_diffusers", "sana-1.6b", FP16_512),
  sana("Sana_1600M_1024px_diffusers", "sana-1.6b", FP16_1024),
  sana("Sana_1600M_1024px_MultiLing_diffusers", "sana-1.6b", FP16_1024),
  sana("Sana_1600M_1024px_BF16_diffusers", "sana-1.6b", BF16_1024),
  sana("Sana_1600M_2Kpx_BF16_diffusers", "sana-1.6b", { nativePx: 2048, dtype: "bf16" }),
  sana("Sana_1600M_4Kpx_BF16_diffusers", "sana-1.6b", { nativePx: 4096, dtype: "bf16" }),
  sana("SANA1.5_1.6B_1024px_diffusers", "sana-1.5-1.6b", BF16_1024),
  sana("SANA1.5_4.8B_1024px_diffusers", "sana-1.5-4.8b", BF16_1024),
  sana("Sana_Sprint_0.6B_1024px_diffusers", "sprint-0.6b", BF16_1024),
  sana("Sana_Sprint_1.6B_1024px_diffusers", "sprint-1.6b", BF16_1024),
  // The models that Sprint was distilled from: twenty steps, guidance.
  sana("SANA_Sprint_1.6B_1024px_teacher_diffusers", "sana-1.5-1.6b", BF16_1024),
  sana("Sana_Sprint_0.6B_1024px_teacher_diffusers", "sprint-teacher-0.6b", BF16_1024),
  sana("ishan24/Sana_600M_1024px_ControlNetPlus_diffusers", "controlnet-0.6b", FP16_1024),
  sana("ishan24/Sana_600M_1024px_ControlNet_diffusers", "controlnet-0.6b", FP16_1024),
];

/** Published checkpoints of Sana that this program cannot use, and why. */
export const NOT_SUPPORTED: Readonly<Record<string, string>> = {
  "mit-han-lab/svdq-int4-sana-1600m": "its int4 weights are for Nunchaku's own CUDA kernels",
  [`${NVIDIA}/Sana_600M_1024px_ControlNet_HED`]: "it is a .pth file, not the layout of diffusers",
  [`${NVIDIA}/Sana_1600M_1024px_BF16_ControlNet_HED`]:
    "it is a .pth file, not the layout of diffusers",
};

/** The entry of an id, or of the name behind its slash. */
export function findCatalogueEntry(name: string): CatalogueEntry | undefined {
  return CATALOGUE.find(({ id }) => name === id || name === id.slice(id.indexOf("/") + 1));
}

/**
 * The entry that a folder is a download of, told by its name: `name`, `owner--name`, or a snapshot in the hub's own
 * cache (`models--owner--name/snapshots/COMMIT`).
 */
export function catalogueEntryOf(folder: string): CatalogueEntry | undefined {
  const path = resolve(folder);
  const snapshots = dirname(path);
  const isSnapshot = basename(snapshots) === "snapshots";
  const name = isSnapshot ? basename(dirname(snapshots)).replace(/^models--/, "") : basename(path);
  return CATALOGUE.find(
    ({ id }) => name === id.replace("/", "--") || name === id.slice(id.indexOf("/") + 1),
  );
}
