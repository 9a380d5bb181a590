import { z } from "zod";

import type { ForeignRecipe } from "./foreign-recipe.ts";

const nodeSchema = z.object({
  class_type: z.string(),
  inputs: z.record(z.string(), z.unknown()),
});
const graphSchema = z.record(z.string(), nodeSchema);
type Graph = z.infer<typeof graphSchema>;
type Node = z.infer<typeof nodeSchema>;

/** A link to another node's output: its id and the output's number. */
const linkSchema = z.tuple([z.string(), z.number()]);
/** Inputs of a sampler that say how a picture was made, by the names that people know. */
const SETTINGS: readonly (readonly [input: string, name: string])[] = [
  ["steps", "Steps"],
  ["sampler_name", "Sampler"],
  ["scheduler", "Scheduler"],
  ["cfg", "CFG scale"],
  ["seed", "Seed"],
  ["noise_seed", "Seed"],
  ["denoise", "Denoising strength"],
];

/**
 * Reads what ComfyUI keeps under `prompt`: its nodes by id, `{ class_type, inputs }`, linked by `[id, output]`. The
 * sampler is the node with links `positive` and `negative`; its texts lie at the ends of those.
 */
export function readComfyGraph(json: string): ForeignRecipe | null {
  const graph = parseGraph(json);
  if (graph === null) return null;
  const nodes = Object.values(graph);
  const sampler = nodes.find(
    ({ inputs }) => isLink(inputs["positive"]) && isLink(inputs["negative"]),
  );
  if (sampler === undefined) return null;
  const settings = SETTINGS.flatMap(([input, name]) => {
    const value = sampler.inputs[input];
    return isPlain(value) ? [[name, String(value)] as const] : [];
  });
  const model = nodes
    .map(({ inputs }) => inputs["ckpt_name"] ?? inputs["unet_name"])
    .find((name) => typeof name === "string");
  return {
    origin: "comfyui",
    prompt: textBehind(graph, sampler.inputs["positive"]),
    negativePrompt: textBehind(graph, sampler.inputs["negative"]),
    settings: typeof model === "string" ? [...settings, ["Model", model]] : settings,
  };
}

function parseGraph(json: string): Graph | null {
  try {
    return graphSchema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}

/** The first text that is met on the way up from a link; conditioning nodes in between pass it on. */
function textBehind(graph: Graph, link: unknown, seen: Set<string> = new Set()): string {
  const parsed = linkSchema.safeParse(link);
  const id = parsed.success ? parsed.data[0] : "";
  const node = graph[id];
  // A file from elsewhere may link in circles.
  if (node === undefined || seen.has(id)) return "";
  seen.add(id);
  const own = ownText(node);
  if (own !== null) return own;
  for (const input of Object.values(node.inputs)) {
    const text = textBehind(graph, input, seen);
    if (text !== "") return text;
  }
  return "";
}

function ownText({ inputs }: Node): string | null {
  const text = inputs["text"] ?? inputs["text_g"] ?? inputs["value"] ?? inputs["string"];
  return typeof text === "string" ? text : null;
}

function isLink(value: unknown): boolean {
  return linkSchema.safeParse(value).success;
}

function isPlain(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
