import assert from "node:assert/strict";
import { test } from "node:test";
import { CudaGenerator } from "../../src/pipeline/random/cuda-generator.ts";
import { Mt19937 } from "../../src/pipeline/random/mt19937.ts";
import { createGenerator } from "../../src/pipeline/random/noise-generator.ts";
import { philox4x32 } from "../../src/pipeline/random/philox.ts";
import { TorchCpuGenerator } from "../../src/pipeline/random/torch-cpu-generator.ts";

function close(actual: Float32Array, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    const wanted = expected[i] ?? Number.NaN;
    assert.ok(Math.abs(value - wanted) <= tolerance, `value ${i} is ${value}, expected ${wanted}`);
  }
}

/** Values as papers, documents and issues print them. */
function printed(text: string): number[] {
  return text.split(" ").map(Number);
}

test("the Mersenne Twister gives the first and the 10,000th value that C++ demands of mt19937", () => {
  const bits = new Mt19937(5489);
  const values = Array.from({ length: 10_000 }, () => bits.nextUint32());
  assert.deepEqual(values.slice(0, 3), [3_499_211_612, 581_869_302, 3_890_346_734]);
  assert.equal(values.at(-1), 4_123_659_995);
});

test("a CPU seed gives torch's values for a large tensor and the stream goes on in the next", () => {
  const generator = new TorchCpuGenerator(0);
  const first =
    "-1.125840 -1.152360 -.250579 -.433879 .848710 .692009 -.316013 -2.115219 " +
    ".322275 -1.263335 .349983 .308134 .119842 1.237658 1.116777 -.247278";
  close(generator.randn(32_768).subarray(0, 16), printed(first), 1e-6);
  close(
    generator.randn(32_768).subarray(0, 4),
    printed("-.978012 .603844 -1.717822 -.027367"),
    1e-6,
  );
  const other = "1.926915 1.487284 .900717 -2.105521 .678418 -1.234545 -.043067 -1.604667";
  close(new TorchCpuGenerator(42).randn(32_768).subarray(0, 8), printed(other), 1e-6);
});

test("the last 16 of a CPU tensor that is no multiple of 16 are drawn afresh", () => {
  const generator = new TorchCpuGenerator(7);
  const twenty =
    "-0.82013452 0.39563116 0.89890850 -1.38840389 0.19844505 0.78207266 1.03910768 -0.72451073 -0.84890860 " +
    "-1.21692944 -0.08102158 1.36148512 -2.06147790 0.67410070 -1.32334578 -1.35976899 -0.86670160 -0.56400669 " +
    "-2.05646253 -0.35672253";
  close(generator.randn(20), printed(twenty), 1e-6);
  close(generator.randn(17).subarray(0, 3), printed("0.95710218 -1.06055498 -0.30899629"), 1e-6);
});

test("CPU tensors under 16 elements are drawn pair by pair in float64", () => {
  const generator = new TorchCpuGenerator(3);
  const fifteen =
    "0.80327606 0.17483339 0.08897810 -0.61371803 0.04618245 -1.36825919 0.33749509 1.01111591 -1.43517935 " +
    "0.97743177 0.52204996 1.23791671 -0.86463559 0.29896083 0.41921866";
  close(generator.randn(15), printed(fifteen), 1e-7);
  close(generator.randn(2), printed("-0.07985432 0.92641085"), 1e-7);
});

test("the spare of a CPU pair survives a large draw", () => {
  const generator = new TorchCpuGenerator(0);
  close(generator.randn(1), [1.54099607], 1e-7);
  close(generator.randn(16).subarray(0, 2), [0.84871036, 0.69200915], 1e-6);
  close(generator.randn(1), [-0.2934289], 1e-7);
  close(generator.randn(1), [-0.59663534], 1e-7);
});

test("only the lower 32 bits of a CPU seed count, and all 64 of a CUDA seed", () => {
  const big = 2 ** 32 + 7;
  assert.deepEqual(new TorchCpuGenerator(big).randn(3), new TorchCpuGenerator(7).randn(3));
  assert.deepEqual(
    new TorchCpuGenerator(BigInt(big)).randn(3),
    new TorchCpuGenerator(big).randn(3),
  );
  assert.notDeepEqual(new CudaGenerator(big).randn(3), new CudaGenerator(7).randn(3));
});

test("seeds that torch would not take are refused", () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN, -1n, 1n << 64n]) {
    assert.throws(() => createGenerator("cpu", seed), RangeError);
    assert.throws(() => createGenerator("cuda", seed), RangeError);
  }
});

test("Philox4x32-10 gives the known answers of Random123", () => {
  const answers: [number[], number[], number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, expected] of answers) {
    const output = new Uint32Array(4);
    philox4x32(Uint32Array.from(counter), Uint32Array.from(key), output);
    assert.deepEqual([...output], expected);
  }
});

test("a CUDA seed gives the values that GPUs print for it", () => {
  const zero =
    "-0.9247 -0.4253 -2.6438 0.1452 -0.1209 -0.5797 -0.6229 -0.3284 -1.0745 -0.3631 -1.6711 2.2655";
  close(new CudaGenerator(0).randn(12), printed(zero), 5.1e-5);
  const eightDigits =
    "-0.92466259 -0.42534415 -2.6438457 0.14518388 -0.12086647 -0.57972564 -0.62285122 -0.32838709 -1.07454231 " +
    "-0.36314407 -1.67105067 2.26550497"; // the same by another imitation, in float64
  close(new CudaGenerator(0).randn(12), printed(eightDigits), 1e-6);
  close(new CudaGenerator(10).randn(3), printed("-0.1029 1.6810 -0.2708"), 5.1e-5); // pytorch issue 79496
});

test("several CUDA draws continue the stream as on a GPU", () => {
  // Six torch.randn(4, device="cuda") after manual_seed(42), as printed by a GPU.
  const draws = [
    "0.1940 2.1614 -0.1721 0.8491",
    "0.1391 -0.1082 -0.7174 0.7566",
    "-0.5187 1.2268 0.6255 -0.9117",
    "-0.6974 -1.8688 -0.8832 -1.6627",
    "-1.2682 -0.0383 -0.1029 1.4400",
    "1.4640 -0.3238 0.7740 1.5892",
  ];
  const generator = new CudaGenerator(42);
  for (const draw of draws) close(generator.randn(4), printed(draw), 5.1e-5);
});

test("a CUDA tensor beyond the GPU's threads has the values of an RTX A4000", () => {
  // pytorch issue 97097: manual_seed(14), FloatTensor(1000, 100).normal_(5, 5**.5); 48 multiprocessors × 1536.
  const values = new CudaGenerator(14, 48 * 1536)
    .randn(100_000)
    .map((value) => 5 + value * Math.sqrt(5));
  const rows: [number, string, string][] = [
    [0, "2.8731 5.2727 2.9889", "1.6853 9.6331 6.6319"],
    [2, "6.5552 4.0857 4.2315", "2.7704 3.5479 3.3063"],
    [997, "8.6297 2.3137 6.2596", "7.9358 4.4697 2.7475"],
    [998, "7.0551 7.8583 3.9990", "4.1139 8.9315 4.2042"],
    [999, "2.7337 2.2106 7.7815", "8.2207 6.5395 4.2604"],
  ];
  for (const [row, first, last] of rows) {
    close(values.subarray(100 * row, 100 * row + 3), printed(first), 6e-5);
    close(values.subarray(100 * row + 97, 100 * row + 100), printed(last), 6e-5);
  }
});

test("a CUDA tensor of many rounds has the values of an A100 and of an H100", () => {
  // pytorch issue 143086: manual_seed(1), randn(1, 49 * 12 * 112 * 144).
  const count = 49 * 12 * 112 * 144;
  const a100 = new CudaGenerator(1).randn(count);
  close(a100.subarray(0, 3), printed("-0.2963 2.6764 -0.1408"), 5.1e-5);
  close(a100.subarray(-3), printed("0.1549 -0.6797 -0.1656"), 5.1e-5);
  const h100 = new CudaGenerator(1, 132 * 2048).randn(count);
  close(h100.subarray(0, 3), printed("-0.2963 2.6764 -0.1408"), 5.1e-5);
  close(h100.subarray(-3), printed("-0.6970 -0.7780 0.3267"), 5.1e-5);
});

test("the latents of a 1024 px picture are the same on every GPU with as many threads", () => {
  const small = new CudaGenerator(5, 32_768).randn(32_768);
  assert.deepEqual(small, new CudaGenerator(5).randn(32_768));
});

for (const kind of ["cpu", "cuda"] as const) {
  test(`the ${kind} stream has mean 0, variance 1 and finite values for every small size`, () => {
    const values = createGenerator(kind, 1).randn(400_000);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    assert.ok(Math.abs(mean) < 0.01 && Math.abs(variance - 1) < 0.01);
    for (let count = 0; count < 70; count++) {
      const drawn = createGenerator(kind, count).randn(count);
      assert.equal(drawn.length, count);
      assert.ok(drawn.every(Number.isFinite));
    }
  });

  test(`no draw leaves the ${kind} stream where it is`, () => {
    const generator = createGenerator(kind, 9);
    assert.equal(generator.randn(0).length, 0);
    assert.deepEqual(generator.randn(20), createGenerator(kind, 9).randn(20));
  });
}
