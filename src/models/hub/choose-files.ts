import { UserError } from "../../errors.ts";
import { parseHeader, parseHeaderLength, LENGTH_BYTES } from "../../safetensors/header.ts";
import { indexNames, type WeightsStem } from "../../safetensors/checkpoint-weights.ts";
import type { HubClient, HubFile, Repository } from "./hub-client.ts";
import { parseShardNames } from "./weight-files.ts";

/** A weight type as safetensors headers spell it. */
export type WeightDtype = "F32" | "F16" | "BF16";

/** What will be downloaded, and why these weights. */
export interface FileChoice {
  readonly files: readonly HubFile[];
  /** The dtype of each component's weights, by their header. */
  readonly dtypes: Readonly<Record<Component, string>>;
}

type Component = "transformer" | "vae" | "text_encoder";

const VARIANTS = [undefined, "fp32", "bf16", "fp16"] as const;
const STEMS: Readonly<Record<Component, WeightsStem>> = {
  transformer: "diffusion_pytorch_model",
  vae: "diffusion_pytorch_model",
  text_encoder: "model",
};
/** Without these it is no checkpoint of Sana in the layout of diffusers. */
const REQUIRED = [
  "model_index.json",
  "scheduler/scheduler_config.json",
  "tokenizer/tokenizer.json",
  "transformer/config.json",
  "vae/config.json",
  "text_encoder/config.json",
];
/** Whatever else of these is there comes along. Names with other letters are not asked for. */
const WANTED = [
  /^(LICEN[CS]E|NOTICE|README|USE_POLICY)[A-Za-z0-9_.-]*$/i,
  /^sanabot\.json$/,
  /^tokenizer\/[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(json|model|txt)$/,
  /^text_encoder\/generation_config\.json$/,
];
/** The rest of Gemma's tokenizer has 17 MB; a small file that is larger is something else. */
const MAX_SMALL_BYTES = 50_000_000;
/** One read covers the header of every published file (60 to 150 KB). */
const HEADER_READ_BYTES = 262_144;

/**
 * Which weights a component should have, best first. Gemma overflows in fp16, and a checkpoint's fp16 file of it was
 * cut from bf16, so it is never taken. The autoencoder loses detail in both.
 */
function preferences(transformer: WeightDtype | null): Record<Component, readonly WeightDtype[]> {
  const rest: WeightDtype[] = ["F32", "BF16", "F16"];
  return {
    transformer:
      transformer === null ? [] : [transformer, ...rest.filter((dtype) => dtype !== transformer)],
    vae: rest,
    text_encoder: ["BF16", "F32"],
  };
}

/**
 * Chooses a repository's files by diffusers' naming (SANA.md 2.3): for each component one set of weights, by the dtype
 * in its header, an index before a single file beside it; configs, tokenizer, licence and model card always.
 * @param transformer the dtype to prefer; null takes what is not a variant, as diffusers does
 * @throws UserError model_invalid where a needed file is missing
 */
export async function chooseFiles(
  client: HubClient,
  repository: Repository,
  transformer: WeightDtype | null,
): Promise<FileChoice> {
  const byPath = new Map(repository.files.map((file) => [file.path, file]));
  const chosen = new Set<HubFile>();
  for (const path of REQUIRED) {
    const file = required(byPath.get(path), path, repository);
    checkSmall(file, repository);
    chosen.add(file);
  }
  for (const file of repository.files) {
    const isWanted = WANTED.some((pattern) => pattern.test(file.path));
    if (isWanted && file.sizeBytes <= MAX_SMALL_BYTES) chosen.add(file);
  }
  const wanted = preferences(transformer);
  const dtypes = { transformer: "", vae: "", text_encoder: "" };
  for (const component of ["transformer", "vae", "text_encoder"] as const) {
    const candidates = await findCandidates(client, repository, component);
    const best = pick(candidates, wanted[component], { component, repository });
    dtypes[component] = best.dtype;
    for (const path of best.paths) chosen.add(required(byPath.get(path), path, repository));
  }
  return { files: [...chosen].sort((a, b) => a.path.localeCompare(b.path, "en")), dtypes };
}

interface Candidate {
  /** Index and shards, or one file. */
  readonly paths: readonly string[];
  /** Of most of its bytes. */
  readonly dtype: string;
}

async function findCandidates(
  client: HubClient,
  repository: Repository,
  component: Component,
): Promise<Candidate[]> {
  const stem = STEMS[component];
  const paths = new Set(repository.files.map(({ path }) => path));
  const found: Candidate[] = [];
  for (const variant of VARIANTS) {
    const single = `${component}/${stem}${variant === undefined ? "" : `.${variant}`}.safetensors`;
    const index = indexNames(stem, variant).find((name) => paths.has(`${component}/${name}`));
    const files =
      index === undefined
        ? [single].filter((path) => paths.has(path))
        : await shardedFiles(client, repository, `${component}/${index}`);
    const weights = files.find((path) => path.endsWith(".safetensors"));
    if (weights === undefined) continue;
    found.push({ paths: files, dtype: await dtypeInHeader(client, repository, weights) });
  }
  return found;
}

async function shardedFiles(
  client: HubClient,
  repository: Repository,
  index: string,
): Promise<string[]> {
  const text = new TextDecoder().decode(await client.readBytes(repository, index));
  const folder = index.slice(0, index.indexOf("/"));
  const shards = parseShardNames(text, `${index} of ${repository.id}`);
  return [index, ...shards.map((name) => `${folder}/${name}`)];
}

/** A file's name may lie about its dtype (SANA.md trap 9); its header does not. */
async function dtypeInHeader(
  client: HubClient,
  repository: Repository,
  path: string,
): Promise<string> {
  const what = `${path} of ${repository.id}`;
  const size = repository.files.find((file) => file.path === path)?.sizeBytes ?? 0;
  let bytes = await client.readBytes(repository, path, Math.min(size, HEADER_READ_BYTES));
  const needed = LENGTH_BYTES + parseHeaderLength(bytes, size, what);
  if (needed > bytes.byteLength) bytes = await client.readBytes(repository, path, needed);
  const totals = new Map<string, number>();
  for (const { dtype, byteLength } of parseHeader(bytes, size, what).tensors.values())
    totals.set(dtype, (totals.get(dtype) ?? 0) + byteLength);
  const [largest] = [...totals].sort(([, a], [, b]) => b - a);
  return largest?.[0] ?? "none";
}

function pick(
  candidates: readonly Candidate[],
  wanted: readonly WeightDtype[],
  { component, repository }: { component: Component; repository: Repository },
): Candidate {
  const [plain] = candidates;
  if (plain === undefined) {
    throw new UserError(
      "model_invalid",
      `${repository.id} has no weights for its ${component} (safetensors files in the layout of diffusers).`,
    );
  }
  if (wanted.length === 0) return plain;
  for (const dtype of wanted) {
    const best = candidates.find((candidate) => candidate.dtype === dtype);
    if (best !== undefined) return best;
  }
  throw new UserError(
    "model_invalid",
    `${repository.id} has its ${component} only as ${candidates.map(({ dtype }) => dtype).join(", ")}; usable are ${wanted.join(", ")}.`,
  );
}

function checkSmall({ path, sizeBytes }: HubFile, { id }: Repository): void {
  if (sizeBytes <= MAX_SMALL_BYTES) return;
  throw new UserError(
    "model_invalid",
    `${path} of ${id} has ${sizeBytes} bytes; in a Sana checkpoint it has at most ${MAX_SMALL_BYTES}.`,
  );
}

function required(file: HubFile | undefined, path: string, repository: Repository): HubFile {
  if (file !== undefined) return file;
  throw new UserError(
    "model_invalid",
    `${repository.id} is not a Sana checkpoint in the layout of diffusers: it has no ${path}.`,
  );
}
