import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { symbol, times } from "../../src/onnx/dim.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import type { OnnxGraph } from "../../src/onnx/graph-core.ts";
import { hasCudaFiles } from "../../src/onnx/session-errors.ts";
import { Session, type Tensor } from "../../src/onnx/session.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const [batch, height, width] = [symbol("batch"), symbol("height"), symbol("width")];

function modelOf(graph: OnnxGraph) {
  const { graph: model } = fromBinary(ModelProtoSchema, graph.bytes);
  assert.ok(model !== undefined);
  return model;
}

async function runOnce(
  graph: OnnxGraph,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const session = await Session.create(graph, { provider: "cpu", threads: 1 });
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

describe("GraphBuilder", () => {
  test("names nodes by the path of their scopes, and tells equal ones apart", () => {
    const g = new GraphBuilder("named");
    const x = g.input("x", "float32", [batch]);
    g.output(
      "y",
      g.scope("block.0", () =>
        g.scope("attn", () => g.add(g.unary("Relu", g.unary("Relu", x)), x)),
      ),
    );
    const names = modelOf(g.finish()).node.map(({ name }) => name);
    assert.deepEqual(names, [
      "/block.0/attn/Relu",
      "/block.0/attn/Relu_1",
      "/block.0/attn/Add",
      "/output/y",
    ]);
  });

  test("stores a constant once for each type, shape and value", () => {
    const g = new GraphBuilder("constants");
    const x = g.input("x", "float32", [batch]);
    g.output(
      "y",
      g.mul(g.add(g.mul(x, g.scalar(2)), g.scalar(2)), g.constant("float32", [2], [1])),
    );
    assert.equal(modelOf(g.finish()).initializer.length, 2);
  });

  test("points to a weight's bytes at any offset of its file and copies nothing", async () => {
    const path = join(await temporaryFolder(), "weights.bin");
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
    await writeFile(path, Buffer.concat([Buffer.from("abc"), Buffer.from(weight.buffer)]));
    const g = new GraphBuilder("external");
    const x = g.input("x", "float32", [batch, 3]);
    const source = {
      name: "layer.weight",
      type: "float32",
      dims: [2, 3],
      path,
      offset: 3,
      byteLength: 24,
    } as const;
    g.output("y", g.linear(x, g.parameter(source)));
    const graph = g.finish();
    const [stored] = modelOf(graph).initializer;
    assert.equal(stored?.dataLocation, TensorProto_DataLocation.EXTERNAL);
    assert.equal(stored.rawData.length, 0);
    const { y } = await runOnce(graph, {
      x: { data: Float32Array.of(1, 0, 1, 0, 1, 0), dims: [2, 3] },
    });
    assert.deepEqual([...(y?.data ?? [])], [4, 10, 2, 5]);
  });

  test("widens bfloat16 weights behind a cast", async () => {
    const path = join(await temporaryFolder(), "weights.bin");
    await writeFile(path, Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x4049).buffer)); // 1, -2, 3.140625
    const g = new GraphBuilder("bfloat16");
    const x = g.input("x", "float32", [3]);
    const source = {
      name: "w",
      type: "bfloat16",
      dims: [3],
      path,
      offset: 0,
      byteLength: 6,
    } as const;
    g.output("y", g.mul(x, g.parameter(source)));
    const { y } = await runOnce(g.finish(), { x: { data: Float32Array.of(1, 1, 1), dims: [3] } });
    assert.deepEqual([...(y?.data ?? [])], [1, -2, 3.140625]);
  });

  test("gives float32 to the caller and takes float32, whatever it computes in", async () => {
    const g = new GraphBuilder("half", "float16");
    const x = g.input("x", "float32", [batch]);
    const half = g.cast(x, "float16");
    g.output("y", g.mul(half, g.number(0.1, half)));
    const { y } = await runOnce(g.finish(), { x: { data: Float32Array.of(1), dims: [1] } });
    assert.ok(y?.data instanceof Float32Array);
    assert.equal(y.data[0], 0.0999755859375);
  });

  test("counts two operations for each multiply-add of products and convolutions, for any sizes", () => {
    const g = new GraphBuilder("counted");
    const x = g.input("x", "float32", [batch, 8, height, width]);
    const kernel = g.constant(
      "float32",
      Array.from({ length: 16 * 8 * 9 }, () => 0),
      [16, 8, 3, 3],
    );
    const y = g.conv(x, kernel, { pads: [1, 1, 1, 1], stride: 2 });
    const flat = g.reshape(y, [batch, 16, times(y.shape[2] ?? 1, y.shape[3] ?? 1)]);
    g.output(
      "z",
      g.matMul(
        g.constant(
          "float32",
          Array.from({ length: 64 }, () => 0),
          [4, 16],
        ),
        flat,
      ),
    );
    const { flops } = g.finish();
    const pixels = 2 * 6 * 10;
    assert.equal(flops({ batch: 2, height: 12, width: 20 }), 2 * pixels * (16 * 8 * 9 + 4 * 16));
  });

  test("foresees a graph's weights and its activations at the worst moment", () => {
    const g = new GraphBuilder("remembered");
    const x = g.input("x", "float32", [batch, 64]);
    const weight = g.constant(
      "float32",
      Array.from({ length: 64 * 256 }, () => 0),
      [64, 256],
    );
    // The product and its relu are there at once; the arena gives 256 bytes at least.
    g.output("y", g.reduce("ReduceMean", g.unary("Relu", g.matMul(x, weight)), 1));
    const graph = g.finish();
    assert.equal(graph.weightBytes, 4 * 64 * 256 + 8);
    assert.equal(graph.peakActivationBytes({ batch: 10 }), 4 * 10 * (64 + 256 + 256));
  });

  test("refuses lengths that do not broadcast when the graph is built", () => {
    const g = new GraphBuilder("wrong");
    const [a, b] = [g.input("a", "float32", [3]), g.input("b", "float32", [4])];
    assert.throws(() => g.add(a, b), /Lengths 3 and 4 do not broadcast/);
  });
});

describe("Session", () => {
  const doubled = (): OnnxGraph => {
    const g = new GraphBuilder("doubled");
    const x = g.input("x", "float32", [batch, 2]);
    g.output("y", g.add(x, x));
    return g.finish();
  };

  test("names the input that is missing or has the wrong number of values", async () => {
    const session = await Session.create(doubled(), { provider: "cpu", threads: 1 });
    await assert.rejects(session.run({}), /doubled: input x is missing/);
    await assert.rejects(
      session.run({ x: { data: new Float32Array(3), dims: [2, 2] } }),
      /3 values for the shape \[2, 2\]/,
    );
    await session.release();
  });

  test("may be released twice and says so when it is used afterwards", async () => {
    const session = await Session.create(doubled(), { provider: "cpu", threads: 1 });
    await session.release();
    await session.release();
    await assert.rejects(session.run({}), /doubled: the session was released/);
  });

  test(
    "says how CUDA's files are fetched where they are missing",
    { skip: hasCudaFiles() && "CUDA is installed here" },
    async () => {
      await assert.rejects(
        Session.create(doubled(), { provider: "cuda" }),
        /provider cuda is not available here.*install.js/,
      );
    },
  );
});
