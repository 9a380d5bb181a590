import exif from "exif-reader";
import sharp from "sharp";

import { readComfyGraph } from "./comfy-graph.ts";

/** What other programs have written into a picture about how it was made. */
export interface ForeignRecipe {
  readonly origin: "a1111" | "comfyui";
  readonly prompt: string;
  readonly negativePrompt: string;
  /** The rest as it stands there: steps, sampler, seed and so on, in its order. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** As `read-recipe.ts`: no picture that Discord takes is larger. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
/** Far above what any program writes; a file from elsewhere may hold anything. */
const MAX_TEXT = 400_000;
/** Of the line of settings: its pattern takes quadratic time on what only looks like one. */
const MAX_SETTINGS = 4000;

/**
 * Reads AUTOMATIC1111's `parameters` (in PNG text, or in the EXIF user comment of JPEG and WebP) or ComfyUI's node graph.
 *
 * @returns null when the bytes are no picture, or say nothing of the kind
 */
export async function readForeignRecipe(bytes: Uint8Array): Promise<ForeignRecipe | null> {
  if (bytes.length > MAX_FILE_BYTES) return null;
  const texts = await readTexts(bytes);
  const parameters = texts.get("parameters") ?? texts.get("UserComment");
  if (parameters !== undefined) return parseParameters(parameters);
  const graph = texts.get("prompt");
  return graph === undefined ? null : readComfyGraph(graph);
}

async function readTexts(bytes: Uint8Array): Promise<ReadonlyMap<string, string>> {
  try {
    const { comments = [], exif: exifBytes } = await sharp(bytes).metadata();
    const texts = new Map(comments.map(({ keyword, text }) => [keyword, text]));
    const comment = exifBytes === undefined ? null : userCommentOf(exifBytes);
    if (comment !== null) texts.set("UserComment", comment);
    return new Map([...texts].filter(([, text]) => text.length <= MAX_TEXT));
  } catch {
    // No picture, or EXIF that no reader understands: either way nothing is said.
    return new Map();
  }
}

/** The text behind EXIF's eight bytes that name its encoding (EXIF 3.0, 4.6.5). */
function userCommentOf(exifBytes: Buffer): string | null {
  const { Photo, bigEndian } = exif(exifBytes);
  const comment: unknown = Photo?.["UserComment"];
  if (!Buffer.isBuffer(comment) || comment.length < 8) return null;
  const encoding = comment.toString("latin1", 0, 8);
  const text = comment.subarray(8);
  if (encoding === "UNICODE\0") return utf16(text, bigEndian);
  return encoding === "ASCII\0\0\0" ? text.toString("utf8") : null;
}

/** AUTOMATIC1111 writes big-endian whatever the file says: the half with more zeros is the high one. */
function utf16(text: Buffer, isBigEndian: boolean): string {
  const even = text.subarray(0, text.length & ~1);
  const zerosAt = (odd: 0 | 1) => even.filter((byte, at) => at % 2 === odd && byte === 0).length;
  const [first, second] = [zerosAt(0), zerosAt(1)];
  const swap = first === second ? isBigEndian : first > second;
  return (swap ? Buffer.from(even).swap16() : even).toString("utf16le");
}

/**
 * AUTOMATIC1111's wording: the prompt, a line `Negative prompt: ...`, and a last line of `Name: value` pairs, where a
 * value with a comma or a colon in it is a JSON string. Null without that last line.
 * Source: stable-diffusion-webui, `modules/infotext_utils.py`, `parse_generation_parameters`.
 */
export function parseParameters(parameters: string): ForeignRecipe | null {
  const lines = parameters.replaceAll("\0", "").trim().split("\n");
  const last = (lines.at(-1) ?? "").slice(0, MAX_SETTINGS);
  const settings = [
    ...last.matchAll(/\s*(?<name>[\w ./-]+):\s*(?<value>"(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/g),
  ].map(
    ({ groups }) => [groups?.["name"]?.trim() ?? "", unquote(groups?.["value"] ?? "")] as const,
  );
  if (!settings.some(([name]) => name === "Steps")) return null;
  const text = lines.slice(0, -1).join("\n");
  const [prompt = "", ...negative] = text.split(/^Negative prompt:/m);
  return {
    origin: "a1111",
    prompt: prompt.trim(),
    negativePrompt: negative.join("Negative prompt:").trim(),
    settings,
  };
}

function unquote(value: string): string {
  const trimmed = value.trim();
  if (!trimmed.startsWith('"')) return trimmed;
  try {
    return String(JSON.parse(trimmed));
  } catch {
    return trimmed;
  }
}
