import type { InitLatents } from "../pipeline/types.ts";
import { float16ToFloat32, float32ToFloat16 } from "../safetensors/float16.ts";
import type { StoredLatents } from "./messages.ts";

/** Latents as they are kept: halves are half the size, and 1e-3 of them is below what the decoder shows. */
export function packLatents({ data, width, height }: InitLatents): StoredLatents {
  const halves = float32ToFloat16(data);
  return {
    float16: new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength),
    width,
    height,
  };
}

/** The same latents as float32. */
export function unpackLatents({ float16, width, height }: StoredLatents): InitLatents {
  // A view on received bytes may begin at an odd address.
  const halves = new Uint16Array(float16.slice().buffer);
  return { data: float16ToFloat32(halves), width, height };
}
