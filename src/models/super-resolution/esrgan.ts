import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

import { UserError } from "../../errors.ts";
import type { OnnxGraph } from "../../onnx/graph-core.ts";
import { buildLayersGraph } from "./layers-graph.ts";
import { readLayersModel } from "./layers-model.ts";

/** UpscalerJS' ESRGAN networks (MIT), each an npm package: `@upscalerjs/NAME`. */
export const ESRGAN_NAMES = ["esrgan-thick", "esrgan-medium", "esrgan-slim"] as const;
export type EsrganName = (typeof ESRGAN_NAMES)[number];

/** How many times they enlarge; a network for each. */
export const ESRGAN_SCALES = [2, 3, 4, 8] as const;
export type EsrganScale = (typeof ESRGAN_SCALES)[number];

/** Medium and slim are RDN, thick is RRDN; UpscalerJS' model definitions say which takes 0 to 255. */
const RANGES: Readonly<Record<EsrganName, number>> = {
  "esrgan-thick": 1,
  "esrgan-medium": 255,
  "esrgan-slim": 255,
};

/**
 * The folder of `model.json` and its weights.
 *
 * @throws {UserError} `model_not_found` when the package is not installed, saying how it is.
 */
export function esrganFolder(name: EsrganName, scale: EsrganScale): string {
  const packageJson = packageJsonOf(`@upscalerjs/${name}`);
  if (packageJson !== undefined) return join(dirname(packageJson), "models", `x${scale}`);
  throw new UserError(
    "model_not_found",
    `The weights of ${name} are not installed. To get them: npm install @upscalerjs/${name}`,
  );
}

/** Reads the weights and builds the graph; see {@link buildLayersGraph} for its input and output. */
export async function openEsrgan(name: EsrganName, scale: EsrganScale): Promise<OnnxGraph> {
  const model = await readLayersModel(join(esrganFolder(name, scale), "model.json"));
  return buildLayersGraph(model, { name: `${name}-x${scale}`, range: RANGES[name] });
}

function packageJsonOf(packageName: string): string | undefined {
  try {
    return findPackageJSON(packageName, import.meta.url);
  } catch {
    return undefined;
  }
}
