import { UPSCALERS } from "../config.ts";
import { isOutOfMemory, throwIfCancelled, UserError } from "../errors.ts";
import type { AnyPicture } from "../image/encode-picture.ts";
import { resizeLanczos, resizeLanczosGray } from "../image/resize-lanczos.ts";
import { sharpenMildly } from "../image/sharpen.ts";
import { joinLayers, splitLayers, type SplitPicture } from "../image/transparency.ts";
import { chooseProvider } from "../onnx/choose-provider.ts";
import { peakBytes } from "../onnx/peak-memory.ts";
import type { Provider } from "../onnx/session.ts";
import { inputSize, planNetworkTiles } from "./enlarge.ts";
import { enlargeLayers } from "./enlarge-layers.ts";
import {
  checkUpscaler,
  DEFAULT_UPSCALER,
  type LoadedNetwork,
  loadNetwork,
  planNetwork,
} from "./network.ts";
import { type PixelSize, targetSize } from "./target-size.ts";
import {
  LANCZOS_NAME,
  type UpscaleCost,
  type Upscaled,
  type UpscaleOptions,
  type UpscalerOptions,
} from "./types.ts";

export { DEFAULT_CREATIVE_STRENGTH, predictCreative, upscaleCreatively } from "./creative.ts";

/**
 * Enlarges pictures so that they stay what they are: with a super-resolution network, or with Lanczos where none can
 * run. One upscale() at a time.
 */
export class Upscaler {
  readonly #upscaler: string;
  readonly #plan: typeof planNetwork;
  readonly #log: (line: string) => void;
  #provider: Provider;
  #network: LoadedNetwork | null = null;

  private constructor(
    upscaler: string,
    provider: Provider,
    { plan = planNetwork, log = () => {} }: Pick<UpscalerOptions, "plan" | "log">,
  ) {
    this.#upscaler = upscaler;
    this.#plan = plan;
    this.#log = log;
    this.#provider = provider;
  }

  /**
   * Settles what will enlarge and where it runs. One of the ESRGANs is loaded when its scale is first needed, a file of
   * the owner's at once, so that a fault in it shows here.
   *
   * @throws {UserError} `model_not_found` or `model_invalid` when the upscaler that was asked for by name or path
   *   cannot be used; a default that is missing is only logged.
   */
  static async load(options: UpscalerOptions): Promise<Upscaler> {
    const { upscaler, provider, cacheDir } = options;
    const say = options.log ?? (() => {});
    const name = await settle(upscaler, say);
    const choice =
      provider !== "auto"
        ? { provider, reason: `${provider} was asked for` }
        : await chooseProvider({ cacheDir });
    if (name !== "lanczos") say(`upscaling with ${name}: ${choice.reason}`);
    const loaded = new Upscaler(name, choice.provider, options);
    if (isFile(name)) await loaded.#load(1, undefined);
    return loaded;
  }

  /**
   * Enlarges a picture until its longer side has `longestSide` pixels. Transparency is kept.
   *
   * @throws {UserError} `invalid_option` when it is that large already, `cancelled` between two tiles and after the last one.
   */
  async upscale(picture: AnyPicture, options: UpscaleOptions): Promise<Upscaled> {
    const { longestSide, signal, onProgress } = options;
    const target = targetSize(picture, longestSide);
    const ratio = longestSide / Math.max(picture.width, picture.height);
    const layers = splitLayers(picture);
    const network = await this.#networkFor(ratio, signal);
    if (network !== null) {
      try {
        const enlarged = await enlargeLayers(network, layers, { target, signal, onProgress });
        return { picture: joinLayers(enlarged), method: "faithful", name: network.title };
      } catch (error) {
        if (isCancelled(error)) throw error;
        if (this.#provider !== "cpu") {
          await this.#goToCpu(network.title, error);
          return this.upscale(picture, options);
        }
        if (!isOutOfMemory(error)) throw error;
        this.#log(`${network.title} could not run, Lanczos does: ${error.message}`);
      }
    }
    throwIfCancelled(signal, "before the picture was enlarged");
    await onProgress?.({ tile: 0, tiles: 1 });
    const enlarged = joinLayers(await enlargeByLanczos(layers, target));
    await onProgress?.({ tile: 1, tiles: 1 });
    return { picture: enlarged, method: "lanczos", name: LANCZOS_NAME };
  }

  /** Where the network runs. */
  get provider(): Provider {
    return this.#provider;
  }

  /** Frees all memory; may be called twice. */
  async release(): Promise<void> {
    const network = this.#network;
    this.#network = null;
    await network?.session.release();
  }

  /** The network for this ratio, or null where none can run here. */
  async #networkFor(ratio: number, signal: AbortSignal | undefined): Promise<LoadedNetwork | null> {
    if (this.#upscaler === "lanczos") return null;
    try {
      return await this.#load(ratio, signal);
    } catch (error) {
      if (isCancelled(error)) throw error;
      this.#log(`${this.#upscaler} could not be loaded, Lanczos is used: ${reasonOf(error)}`);
      return null;
    }
  }

  async #load(ratio: number, signal: AbortSignal | undefined): Promise<LoadedNetwork> {
    if (this.#network !== null && isFile(this.#upscaler)) return this.#network;
    const plan = await this.#plan(this.#upscaler, ratio);
    if (this.#network?.title === plan.title) return this.#network;
    await this.release();
    const provider = this.#provider;
    this.#network = await loadNetwork(plan, { provider, signal }).catch(async (error: unknown) => {
      if (provider === "cpu" || isCancelled(error)) throw error;
      await this.#goToCpu(plan.title, error);
      return loadNetwork(plan, { provider: "cpu", signal });
    });
    return this.#network;
  }

  async #goToCpu(title: string, error: unknown): Promise<void> {
    this.#log(`${title} runs on the CPU: ${reasonOf(error)}`);
    this.#provider = "cpu";
    // A session whose device is lost may not even end well.
    await this.release().catch(() => {});
  }
}

/** The upscaler's name or path; `lanczos` where the default's package is missing. */
async function settle(upscaler: string | undefined, log: (line: string) => void): Promise<string> {
  try {
    await checkUpscaler(upscaler ?? DEFAULT_UPSCALER);
    return upscaler ?? DEFAULT_UPSCALER;
  } catch (error) {
    if (upscaler !== undefined || !(error instanceof UserError)) throw error;
    log(`upscaling with Lanczos: ${error.message}`);
    return "lanczos";
  }
}

/**
 * What {@link Upscaler.upscale} will take for a picture of this size.
 *
 * @param upscaler - As in {@link UpscalerOptions}.
 * @throws {UserError} as `upscale` and `load` do.
 */
export async function predictUpscale(
  size: PixelSize,
  options: { longestSide: number; upscaler?: string | undefined },
): Promise<UpscaleCost> {
  const { longestSide } = options;
  const target = targetSize(size, longestSide);
  const upscaler = await settle(options.upscaler, () => {});
  const bytes = 3 * target.width * target.height;
  if (upscaler === "lanczos") return { ...target, flops: 0, peakMemoryBytes: 2 * bytes };
  const plan = await planNetwork(upscaler, longestSide / Math.max(size.width, size.height));
  const inputs = planNetworkTiles(plan, size).map((tile) => inputSize(tile, plan));
  const pixels = inputs.reduce((sum, { width, height }) => sum + width * height, 0);
  const largest = Math.max(...inputs.map(({ width, height }) => Math.max(width, height)));
  const scale = plan.scale ?? 4;
  const made = 3 * size.width * size.height * scale ** 2;
  // One pass over the rows, one over the columns, while the network's own memory is still held.
  const isResized = size.width * scale !== target.width;
  const resized = isResized ? 3 * target.width * size.height * scale + bytes : 0;
  return {
    ...target,
    flops: pixels * plan.flopsPerPixel,
    peakMemoryBytes: peakBytes(plan.graph) + plan.runBytes(largest) + made + resized,
  };
}

async function enlargeByLanczos(
  { colour, alpha }: SplitPicture,
  target: PixelSize,
): Promise<SplitPicture> {
  const enlarged = resizeLanczos(colour, target);
  return {
    colour: await sharpenMildly(enlarged, target.width / colour.width),
    alpha: alpha === null ? null : resizeLanczosGray(alpha, colour, target),
  };
}

function isCancelled(error: unknown): boolean {
  return error instanceof UserError && error.code === "cancelled";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isFile(upscaler: string): boolean {
  return !(UPSCALERS as readonly string[]).includes(upscaler);
}
