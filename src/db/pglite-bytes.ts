import { types } from "@electric-sql/pglite";

/**
 * How PGlite writes and reads `bytea`, in Postgres' own hex form by Node's encoder. PGlite's takes 190 ms a megabyte to write and
 * 75 to read, with the thread that it shares with Discord blocked; this 28 and 7 (bench/LOG.md).
 */
export const BYTES = {
  serializers: {
    [types.BYTEA]: (value: unknown): string => {
      if (!(value instanceof Uint8Array)) throw new TypeError("A bytea column takes a Uint8Array");
      const { buffer, byteOffset, byteLength } = value;
      return `\\x${Buffer.from(buffer, byteOffset, byteLength).toString("hex")}`;
    },
  },
  parsers: {
    // A copy, since Node's small buffers share their memory.
    [types.BYTEA]: (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.slice(2), "hex")),
  },
};
