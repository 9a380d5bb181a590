import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { UserError } from "../../src/errors.ts";
import { explainOrtError } from "../../src/onnx/session-errors.ts";

const where = { graph: "decoder", provider: "webgpu", doing: "run" } as const;

describe("what ONNX Runtime throws", () => {
  for (const words of [
    "Failed to allocate memory for requested buffer of size 4398046511104",
    "CUDA failure 2: out of memory ; GPU=0",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED",
    "8007000E Not enough memory resources are available to complete this operation.",
    "vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY",
    "Buffer size (4294967296) exceeds the max buffer size limit (2147483648).",
    "Binding size (3221225472) is larger than the maximum storage buffer binding size (134217728).",
    "std::bad_alloc",
  ]) {
    it(`is told as too little memory: ${words}`, () => {
      const told = explainOrtError(new Error(words), where);
      assert.ok(told instanceof UserError);
      assert.equal(told.code, "out_of_memory");
      assert.match(
        told.message,
        /^There was not enough memory to run the decoder\. Ask for a smaller/,
      );
    });
  }

  it("is a bug with its cause where nobody can mend it", () => {
    const told = explainOrtError(new Error("Reshape: shapes differ"), where);
    assert.ok(!(told instanceof UserError));
    assert.equal(told.message, "The decoder could not be run on webgpu: Reshape: shapes differ");
  });
});
