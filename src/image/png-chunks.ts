import { crc32 } from "node:zlib";

/** Signature (8 bytes) and IHDR (length, type, 13 bytes, checksum): text may follow directly. */
const AFTER_HEADER = 8 + 12 + 13;

/**
 * Puts text chunks behind a PNG's header, before the pixels, where programs look that read no further.
 * sharp writes no text chunks; it reads them (`metadata().comments`).
 * Latin-1 text becomes tEXt, any other iTXt, as Pillow does.
 *
 * @param png - A whole PNG file.
 * @param texts - By keyword: 1 to 79 characters of printable ASCII.
 */
export function insertPngText(png: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  return Buffer.concat([png.subarray(0, AFTER_HEADER), ...chunks, png.subarray(AFTER_HEADER)]);
}

/** Whether a PNG has an animation (APNG, PNG specification 11.3.6): its control chunk comes before the first pixels. */
export function isAnimatedPng(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < AFTER_HEADER || file.toString("latin1", 1, 4) !== "PNG") return false;
  for (let at = AFTER_HEADER; at + 8 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString("latin1", at + 4, at + 8);
    if (type === "acTL") return true;
    if (type === "IDAT") return false;
  }
  return false;
}

function textChunk(keyword: string, text: string): Buffer {
  // eslint-disable-next-line no-control-regex -- tEXt allows Latin-1 without control characters but the line feed.
  if (/^[\n\x20-\x7E\xA0-\xFF]*$/.test(text))
    return chunk("tEXt", Buffer.from(`${keyword}\0${text}`, "latin1"));
  // Keyword, then: not compressed, method 0, no language, no translated keyword (PNG specification 11.3.3.4).
  return chunk("iTXt", Buffer.from(`${keyword}\0\0\0\0\0${text.replaceAll("\0", "")}`, "utf8"));
}

function chunk(type: "tEXt" | "iTXt", content: Buffer): Buffer {
  const framed = Buffer.alloc(content.length + 12);
  framed.writeUInt32BE(content.length, 0);
  framed.write(type, 4, "latin1");
  content.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + content.length)), 8 + content.length);
  return framed;
}
