import { throwIfCancelled } from "../errors.ts";
import { resizeLanczos } from "../image/resize-lanczos.ts";
import { withinMemory } from "./activation-limit.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { encodeSample } from "./encode-sample.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import type { Stages } from "./stages.ts";
import type { InitImage, Tiling } from "./types.ts";

/** A given picture's latents [1, C, h, w] in the transformer's scale, or null for text to image. */
export async function encodeImage(
  { checkpoint, stages, tiling }: { checkpoint: Checkpoint; stages: Stages; tiling: Tiling },
  request: ResolvedRequest & { readonly signal?: AbortSignal | undefined },
): Promise<Float32Array | null> {
  if (request.initLatents !== null) return request.initLatents.data;
  if (request.initImage === null) return null;
  const size = { width: request.latentWidthPx, height: request.latentHeightPx };
  const { rgb } = resizeLanczos(coverCrop(request.initImage, size), size);
  const sample = { data: toNchw(rgb, size), channels: 3, ...size };
  const onPart = (): void =>
    throwIfCancelled(request.signal, "while the picture to start from was encoded");
  return withinMemory(stages, "vae-encoder", (memoryLimitBytes) =>
    encodeSample({ checkpoint, stages }, sample, { memoryLimitBytes, onPart, tiling }),
  );
}

/** The largest centred part with the aspect ratio of `target`, so that nothing is stretched. */
function coverCrop(image: InitImage, target: { width: number; height: number }): InitImage {
  const scale = Math.min(image.width / target.width, image.height / target.height);
  const width = Math.max(1, Math.min(image.width, Math.round(target.width * scale)));
  const height = Math.max(1, Math.min(image.height, Math.round(target.height * scale)));
  if (width === image.width && height === image.height) return image;
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    rgb.set(image.rgb.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { rgb, width, height };
}

/** Interleaved bytes to [1, 3, H, W] in [-1, 1], as diffusers' image processor: 2 * (byte / 255) - 1 in float32. */
function toNchw(
  rgb: Uint8Array,
  { width, height }: { width: number; height: number },
): Float32Array {
  const pixels = width * height;
  const data = new Float32Array(3 * pixels);
  for (const [i, byte] of rgb.entries()) {
    data[(i % 3) * pixels + Math.floor(i / 3)] = 2 * Math.fround(byte / 255) - 1;
  }
  return data;
}
