import type { Checkpoint } from "./checkpoint.ts";
import type { PreparedPicture } from "./prepare-latents.ts";
import { resizeAndCrop } from "./resize-and-crop.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import type { Stages } from "./stages.ts";
import { toRgb8 } from "./to-rgb8.ts";
import type { Picture } from "./types.ts";

/** A decoded picture: the network's own output for the trace, and the finished bytes. */
export interface DecodedPicture {
  /** RGB in [-1, 1], unclamped, [1, 3, H, W]. */
  readonly decoded: { readonly data: Float32Array; readonly dims: readonly number[] };
  readonly picture: Picture;
}

/** Latents [1, C, h, w] in the transformer's scale to a picture of the requested size. */
export async function decode(
  { stages }: { checkpoint: Checkpoint; stages: Stages },
  prepared: PreparedPicture & { readonly clean: Float32Array },
  request: ResolvedRequest,
): Promise<DecodedPicture> {
  const { sample } = await stages.run("vae-decoder", {
    latents: { data: prepared.clean, dims: prepared.dims },
  });
  if (!(sample?.data instanceof Float32Array))
    throw new Error("The decoder's graph has no sample.");
  const { width, height } = request;
  const from = { height: request.latentHeightPx, width: request.latentWidthPx };
  const fitted = resizeAndCrop(sample.data, from, { height, width });
  return {
    decoded: { data: sample.data, dims: sample.dims },
    picture: { rgb: toRgb8(fitted, { height, width }), width, height, seed: prepared.seed },
  };
}
