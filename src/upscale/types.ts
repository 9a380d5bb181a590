import type { AnyPicture } from "../image/encode-picture.ts";
import type { Provider } from "../pipeline/types.ts";
import type { planNetwork } from "./network.ts";

/** The method of {@link Upscaled} where no network drew. */
export const LANCZOS_NAME = "Lanczos with mild sharpening";

/** What it takes to open an upscaler. */
export interface UpscalerOptions {
  /** `UPSCALER`: one of the names in `config.ts`, the path of an `.onnx` file, or undefined for the default. */
  readonly upscaler?: string | undefined;
  readonly provider: Provider | "auto";
  /** Where the answers of the providers' probes are kept. */
  readonly cacheDir: string;
  /** Where networks come from: by default the installed packages and the owner's files. */
  readonly plan?: typeof planNetwork | undefined;
  /** Receives a line about where the network runs, or why none does. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Sent before each piece of the work (a tile; for a creative one, a stage or step), and once more when all are done. */
export interface TileProgress {
  /** Pieces that are done. */
  readonly tile: number;
  readonly tiles: number;
}

export interface UpscaleOptions {
  /** Pixels of the result's longer side. */
  readonly longestSide: number;
  /** Looked at between tiles. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited: the work goes on when it has returned. */
  readonly onProgress?: ((progress: TileProgress) => void | Promise<void>) | undefined;
}

export interface Upscaled {
  /** With alpha where the given one had it. */
  readonly picture: AnyPicture;
  /** `faithful`: a network drew it; `lanczos`: none could run. */
  readonly method: "faithful" | "lanczos";
  /** The method in words for a card: "ESRGAN thick x4". */
  readonly name: string;
}

/** What a piece of upscaling will take. */
export interface UpscaleCost {
  /** Of the result, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Floating-point operations, 2 for each multiply-add. */
  readonly flops: number;
  /**
   * Bytes of weights, values and pictures on the machine at the worst moment, beyond what the process holds already; an
   * estimate.
   */
  readonly peakMemoryBytes: number;
}

/** The same for a piece of work of a whole pipeline. */
export interface CreativeCost extends UpscaleCost {
  /** Bytes on the graphics card at the worst moment; 0 where all runs on the processor. */
  readonly devicePeakMemoryBytes: number;
}

/** How a picture is drawn anew at a bigger size. */
export interface CreativeOptions extends UpscaleOptions {
  /** The picture's own. */
  readonly prompt: string;
  readonly negativePrompt?: string | undefined;
  /** How far to leave the picture; by default 0.35, sensible from 0.2 to 0.5. */
  readonly strength?: number | undefined;
  readonly seed: number;
  /** Enlarges the picture before it is drawn over, and is released then; without it, Lanczos does. */
  readonly upscaler?: {
    upscale(picture: AnyPicture, options: UpscaleOptions): Promise<Upscaled>;
    release(): Promise<void>;
  };
}
