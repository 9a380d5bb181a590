import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";

/** ONNX Runtime's, CUDA's, DirectX's, Vulkan's and WebGPU's words; of WebGPU also that one value exceeds its limits. */
const OUT_OF_MEMORY =
  /failed to allocate|bad[ _]alloc|alloc_failed|out[ _]?of[ _](\w+[ _])?memory|e_outofmemory|memory allocation|not enough memory|max(imum)? [\w ]*(buffer|binding) size/i;
const NO_PROVIDER =
  /backend not found|failed to load (shared )?library|failed to get a webgpu adapter|no suitable/i;

/** How to get a provider, for people whose machine lacks it. */
const PROVIDER_HINTS: Readonly<Record<string, string>> = {
  cuda: "CUDA needs Linux on x64, an NVIDIA driver, CUDA 12 with cuDNN 9, and the files that `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12` fetches.",
  dml: "DirectML exists on Windows only.",
  webgpu: "WebGPU needs a GPU driver: Vulkan on Linux, Direct3D 12 on Windows, Metal on a Mac.",
};

/**
 * Refuses a provider whose library was not installed, before ONNX Runtime tries and prints a page of native errors.
 * @throws UserError not_supported
 */
export function checkProviderFiles(provider: string): void {
  if (provider !== "cuda" || hasCudaFiles()) return;
  throw new UserError("not_supported", notAvailable(provider));
}

/** Whether the CUDA provider's library lies beside onnxruntime-node's own; npm does not bring it. */
export function hasCudaFiles(): boolean {
  const main = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  const folder = join(main, "../../bin/napi-v6", process.platform, process.arch);
  return existsSync(join(folder, "libonnxruntime_providers_cuda.so"));
}

/**
 * What ONNX Runtime threw, as a UserError where a person can mend it, otherwise as it was with the graph's name.
 * @param doing "load" or "run"
 */
export function explainOrtError(
  error: unknown,
  where: { graph: string; provider: string; doing: "load" | "run" },
): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (OUT_OF_MEMORY.test(message)) {
    return new UserError(
      "out_of_memory",
      `There was not enough memory to ${where.doing} the ${where.graph}. Ask for a smaller picture, close other programs, or set MEMORY=sequential.`,
      { cause: error },
    );
  }
  if (where.doing === "load" && NO_PROVIDER.test(message)) {
    return new UserError("not_supported", notAvailable(where.provider), { cause: error });
  }
  return new Error(
    `The ${where.graph} could not be ${where.doing === "load" ? "loaded" : "run"} on ${where.provider}: ${message}`,
    {
      cause: error,
    },
  );
}

function notAvailable(provider: string): string {
  return `The provider ${provider} is not available here. ${PROVIDER_HINTS[provider] ?? ""}`.trim();
}
