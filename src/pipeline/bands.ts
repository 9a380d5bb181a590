import type { AttentionStep, BandStep, LocalStep } from "../models/autoencoder-dc/band-graphs.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import type { FloatTensor, Stages } from "./stages.ts";
import { cutOut, type Planes, putInto, type Rectangle } from "./tiles.ts";
import type { StageName } from "./types.ts";

export interface BandOptions {
  readonly stages: Stages;
  /** The stage whose work this is. */
  readonly name: StageName;
  /** Bytes that the values between a step's nodes may take. */
  readonly memoryLimitBytes: number;
  /** Called before each pass over the picture. */
  readonly onPass?: ((pass: number, passes: number) => void) | undefined;
}

/** Heights of a band that are tried, in rows; even, so that a step down keeps its pairs. */
const BAND_ROWS = [256, 128, 64, 32, 16, 8];

/** Walks a picture's values through the steps, band by band. `x` is written over. */
export async function runBands(
  x: Planes,
  steps: readonly BandStep[],
  options: BandOptions,
): Promise<Planes> {
  const passes = steps.reduce((sum, { kind }) => sum + (kind === "attention" ? 2 : 1), 0);
  let pass = 0;
  const begin = (): void => options.onPass?.(pass++, passes);
  let planes = x;
  for (const step of steps) {
    begin();
    if (step.kind === "local") planes = await applyLocal(planes, step, options);
    else {
      const sums = await sumUp(planes, step, options);
      begin();
      await attend(planes, { step, sums }, options);
    }
  }
  return planes;
}

async function applyLocal(x: Planes, step: LocalStep, options: BandOptions): Promise<Planes> {
  const graph = step.build();
  const { scale, halo, channels } = step;
  const [height, width] = [x.height * scale, x.width * scale];
  const made = { data: new Float32Array(channels * height * width), channels, height, width };
  const bands = cutBands(x, { halo, rows: chooseRows(graph, x, { halo, ...options }) });
  await options.stages.runPart(
    options.name,
    { graph, output: "y" },
    bands.map(({ inner, outer }) => ({
      feeds: () => {
        return { x: tensorOf(x, outer) };
      },
      use: (result: FloatTensor) => putBand(made, result, { inner, outer, scale }),
    })),
  );
  return made;
}

/** The first pass: the block's sums over all bands, added in double precision. */
async function sumUp(x: Planes, step: AttentionStep, options: BandOptions): Promise<FloatTensor> {
  const graph = step.buildSums();
  const total = new Float64Array(step.sums.reduce((product, length) => product * length, 1));
  const halo = step.sumHalo;
  const bands = cutBands(x, { halo, rows: chooseRows(graph, x, { halo, ...options }) });
  await options.stages.runPart(
    options.name,
    { graph, output: "sums" },
    bands.map(({ inner, outer }) => ({
      feeds: () => {
        const first = inner.top - outer.top;
        const rows = {
          data: BigInt64Array.of(BigInt(first), BigInt(first + inner.height)),
          dims: [2],
        };
        return { x: tensorOf(x, outer), rows };
      },
      use: ({ data }: FloatTensor) => {
        for (const [i, value] of data.entries()) total[i] = (total[i] ?? 0) + value;
      },
    })),
  );
  return { data: Float32Array.from(total), dims: step.sums };
}

/** The second pass, in place: of a band that was written over, the rows that the next one needs are kept aside. */
async function attend(
  x: Planes,
  { step, sums }: { step: AttentionStep; sums: FloatTensor },
  options: BandOptions,
): Promise<void> {
  const graph = step.build();
  const { halo } = step;
  const bands = cutBands(x, { halo, rows: chooseRows(graph, x, { halo, ...options }) });
  let above: Float32Array = new Float32Array(0);
  await options.stages.runPart(
    options.name,
    { graph, output: "y" },
    bands.map(({ inner, outer }) => ({
      feeds: () => {
        const given = tensorOf(x, outer);
        const band = { ...outer, data: given.data, channels: x.channels };
        const kept = inner.top - outer.top;
        putInto(band, above, { top: 0, left: 0, height: kept, width: x.width });
        const bottom = inner.top + inner.height;
        above = cutOut(x, { top: bottom - halo, left: 0, height: halo, width: x.width });
        return { x: given, sums };
      },
      use: (result: FloatTensor) => putBand(x, result, { inner, outer, scale: 1 }),
    })),
  );
}

interface Band {
  readonly inner: Rectangle;
  readonly outer: Rectangle;
}

/** Bands of `rows` rows, the last as long as what is left; none is shorter than the halo. */
function cutBands(
  { height, width }: Planes,
  { halo, rows }: { halo: number; rows: number },
): Band[] {
  const count = Math.max(1, Math.floor(height / rows));
  return Array.from({ length: count }, (_, index): Band => {
    const top = index * rows;
    const bottom = index === count - 1 ? height : top + rows;
    const outerTop = Math.max(0, top - halo);
    return {
      inner: { top, left: 0, height: bottom - top, width },
      outer: { top: outerTop, left: 0, height: Math.min(height, bottom + halo) - outerTop, width },
    };
  });
}

/** The highest bands that fit the limit; the last may be nearly twice as high as the others. */
function chooseRows(
  graph: OnnxGraph,
  { height, width }: Planes,
  { halo, memoryLimitBytes }: { halo: number; memoryLimitBytes: number },
): number {
  const bytes = (rows: number): number =>
    graph.peakActivationBytes({ batch: 1, height: rows, width, rows });
  if (bytes(height) <= memoryLimitBytes) return height;
  const fits = (rows: number): boolean => bytes(2 * rows + 2 * halo) <= memoryLimitBytes;
  const rows = BAND_ROWS.filter((each) => each < height && each >= halo);
  return rows.find(fits) ?? rows.at(-1) ?? height;
}

function tensorOf(x: Planes, outer: Rectangle): FloatTensor {
  return { data: cutOut(x, outer), dims: [1, x.channels, outer.height, outer.width] };
}

/** Puts a band's own rows into their place. */
function putBand(
  planes: Planes,
  { data }: FloatTensor,
  { inner, outer, scale }: Band & { scale: number },
): void {
  const made = {
    data,
    channels: planes.channels,
    height: outer.height * scale,
    width: outer.width * scale,
  };
  const height = inner.height * scale;
  const own = { top: (inner.top - outer.top) * scale, left: 0, height, width: planes.width };
  putInto(planes, cutOut(made, own), { ...own, top: inner.top * scale });
}
