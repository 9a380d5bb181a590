import { join } from "node:path";
import { elementCount } from "../safetensors/header.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { DecodedImage } from "./decode-latents.ts";
import { LatentPreview, type PlaneValues } from "./latent-preview.ts";
import type { Stages } from "./stages.ts";
import { toRgb8 } from "./to-rgb8.ts";
import type { PreviewPicture } from "./types.ts";

type LatentDims = readonly [1, number, number, number];

/** A decoder with fewer weights than this is run for a preview; the real one takes seconds. */
const SMALL_DECODER_WEIGHTS = 16_000_000;

/** Pictures of what a request is becoming, from the clean latent that each step predicts. */
export class Preview {
  readonly #stages: Stages;
  readonly #hasSmallDecoder: boolean;
  readonly #linear: LatentPreview;

  private constructor(stages: Stages, hasSmallDecoder: boolean, linear: LatentPreview) {
    this.#stages = stages;
    this.#hasSmallDecoder = hasSmallDecoder;
    this.#linear = linear;
  }

  static async open(
    { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
    cacheDir: string,
  ): Promise<Preview> {
    const { config, weights } = checkpoint.vae;
    const count = [...weights.names()]
      .filter((name) => name.startsWith("decoder."))
      .reduce((sum, name) => sum + elementCount(weights.get(name).shape), 0);
    const linear = await LatentPreview.open(
      join(cacheDir, `preview-${checkpoint.hash}.json`),
      config,
    );
    return new Preview(stages, count < SMALL_DECODER_WEIGHTS, linear);
  }

  /** Null before the first step, and with a large decoder until one picture is finished or its colours are known. */
  async render(latents: Float32Array | null, dims: LatentDims): Promise<PreviewPicture | null> {
    if (latents === null) return null;
    const [, , height, width] = dims;
    if (!this.#hasSmallDecoder) return this.#linear.render({ data: latents, height, width });
    const tensor = { data: latents, dims };
    const sample = await this.#stages.runFor("sample", "vae-decoder", { latents: tensor });
    const [, , pixelHeight = 0, pixelWidth = 0] = sample.dims;
    const rgb = toRgb8(sample.data, { height: pixelHeight, width: pixelWidth });
    return { rgb, width: pixelWidth, height: pixelHeight };
  }

  /** Learns the latent's colours from a finished picture; not needed where the decoder itself is run. */
  async learn(
    { clean, dims }: { clean: Float32Array; dims: LatentDims },
    { data, dims: image }: DecodedImage,
  ): Promise<void> {
    if (this.#hasSmallDecoder) return;
    const latents: PlaneValues = { data: clean, height: dims[2], width: dims[3] };
    await this.#linear.learn(latents, { data, height: image[2] ?? 0, width: image[3] ?? 0 });
  }
}
