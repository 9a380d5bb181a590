import { throwIfCancelled } from "../errors.ts";
import { withinMemory } from "./activation-limit.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type DecodedImage, decodeLatents } from "./decode-latents.ts";
import type { PreparedPicture } from "./prepare-latents.ts";
import { resizeAndCrop } from "./resize-and-crop.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import type { Stages } from "./stages.ts";
import { toRgb8 } from "./to-rgb8.ts";
import type { Picture, Tiling } from "./types.ts";

/** A decoded picture: the network's own output for the trace, and the finished bytes. */
export interface DecodedPicture {
  readonly decoded: DecodedImage;
  readonly picture: Picture;
}

/** The sizes of latents and finished picture. */
type DecodeRequest = Pick<
  ResolvedRequest,
  "width" | "height" | "latentWidthPx" | "latentHeightPx"
> & { readonly signal?: AbortSignal | undefined };

/** Latents [1, C, h, w] in the transformer's scale to a picture of the requested size. */
export async function decode(
  { checkpoint, stages, tiling }: { checkpoint: Checkpoint; stages: Stages; tiling: Tiling },
  prepared: Pick<PreparedPicture, "dims" | "seed"> & { readonly clean: Float32Array },
  request: DecodeRequest,
): Promise<DecodedPicture> {
  const latents = { data: prepared.clean, dims: prepared.dims };
  const onTile = (tile: number, tiles: number): void =>
    throwIfCancelled(request.signal, `before tile ${tile + 1} of ${tiles} was decoded`);
  const decoded = await withinMemory(stages, "vae-decoder", (memoryLimitBytes) =>
    decodeLatents({ checkpoint, stages }, latents, { memoryLimitBytes, onTile, tiling }),
  );
  const { width, height } = request;
  const from = { height: request.latentHeightPx, width: request.latentWidthPx };
  const fitted = resizeAndCrop(decoded.data, from, { height, width });
  return {
    decoded,
    picture: {
      rgb: toRgb8(fitted, { height, width }),
      width,
      height,
      seed: prepared.seed,
      latents: { data: prepared.clean, ...from },
    },
  };
}
