import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { z } from "zod";

import {
  type EsrganName,
  type EsrganScale,
  esrganFolder,
} from "../../src/models/super-resolution/esrgan.ts";

/** The network as its makers run it: TensorFlow.js (WebAssembly backend) with UpscalerJS' two layers. */
export interface ReferenceNetwork {
  /** [H, W, 3] from 0 to `range` to [N H, N W, 3]. */
  run(image: Float32Array, size: { height: number; width: number }): Promise<Float32Array>;
  /** What black and white are apart: 1, or 255. */
  readonly range: number;
  dispose(): void;
}

const manifestSchema = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(
    z.looseObject({ paths: z.array(z.string()), weights: z.array(z.looseObject({})) }),
  ),
});

/** @upscalerjs/esrgan-thick, `packages/shared/src/esrgan/esrgan.ts`. */
class MultiplyBeta extends layers.layers.Layer {
  static className = "MultiplyBeta";
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(first(inputs), 0.2);
  }
}

function pixelShuffle(scale: number): typeof layers.layers.Layer {
  return class PixelShuffle extends layers.layers.Layer {
    static className = `PixelShuffle${scale}x`;
    override computeOutputShape([batch, height, width]: layers.Shape): layers.Shape {
      return [batch ?? null, height ?? null, width ?? null, 3];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.depthToSpace(first(inputs) as tf.Tensor4D, scale, "NHWC");
    }
  };
}

/** @param threads - WebAssembly threads; 1 by default. */
export async function openReference(
  name: EsrganName,
  scale: EsrganScale,
  { threads = 1 }: { threads?: number } = {},
): Promise<ReferenceNetwork> {
  await startWasm(threads);
  tf.serialization.registerClass(MultiplyBeta);
  tf.serialization.registerClass(pixelShuffle(scale) as never);
  const model = await layers.loadLayersModel({ load: () => readArtifacts(name, scale) });
  return {
    range: name === "esrgan-thick" ? 1 : 255,
    run: async (image, { height, width }) => {
      const enlarged = tf.tidy(() => {
        const input = tf.tensor4d(image, [1, height, width, 3]);
        return model.predict(input) as tf.Tensor;
      });
      const values = (await enlarged.data()) as Float32Array;
      enlarged.dispose();
      return values;
    },
    dispose: () => model.dispose(),
  };
}

async function startWasm(threads: number): Promise<void> {
  const entry = fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  setWasmPaths(`${join(dirname(entry), "..", "wasm-out")}/`);
  setThreadsCount(threads);
  await tf.setBackend("wasm");
  await tf.ready();
}

async function readArtifacts(name: EsrganName, scale: EsrganScale): Promise<tf.io.ModelArtifacts> {
  const folder = esrganFolder(name, scale);
  const { modelTopology, weightsManifest } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, "model.json"), "utf8")),
  );
  const shards = await Promise.all(
    weightsManifest.flatMap(({ paths }) => paths).map((path) => readFile(join(folder, path))),
  );
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights) as never,
    weightData: Uint8Array.from(Buffer.concat(shards)).buffer,
  };
}

function first(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const [tensor] = Array.isArray(inputs) ? inputs : [inputs];
  if (tensor === undefined) throw new Error("A layer was called without an input.");
  return tensor;
}
