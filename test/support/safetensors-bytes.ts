/** A safetensors file with any header, right or wrong, and `dataBytes` zero bytes of data. */
export function encodeFile(header: unknown, dataBytes: number): Uint8Array {
  const json = header instanceof Uint8Array ? header : new TextEncoder().encode(asText(header));
  const bytes = new Uint8Array(8 + json.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.byteLength), true);
  bytes.set(json, 8);
  return bytes;
}

function asText(header: unknown): string {
  return typeof header === "string" ? header : JSON.stringify(header);
}
