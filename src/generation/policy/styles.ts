import { and, asc, eq, inArray, sql } from "drizzle-orm";

import type { Database } from "../../db/database.ts";
import { style as styleTable } from "../../db/schema.ts";
import type { GenerateJob } from "../job-request.ts";
import { Refusal } from "../refusal.ts";
import { EVERYWHERE } from "./load-policy.ts";

/** A preset: the prompt goes where the template says `{prompt}`. */
export interface Style {
  readonly name: string;
  readonly template: string;
  readonly negative: string;
}

/** Discord lists this many. */
const MAX_STYLES = 25;
const MAX_NAME = 64;
const MAX_TEMPLATE = 1000;
const SLOT = "{prompt}";
/** Between a member's negative prompt and the style's. */
const SEPARATOR = ", ";

/** Every server begins with these; one of its own of the same name takes the place. */
const BUILT_IN_STYLES: readonly Style[] = [
  {
    name: "photo",
    template: "a photograph of {prompt}, natural light, sharp focus, 50 mm lens",
    negative: "drawing, painting, cartoon, blurry",
  },
  {
    name: "cinematic",
    template: "a film still of {prompt}, cinematic lighting, shallow depth of field, film grain",
    negative: "cartoon, flat light, text",
  },
  {
    name: "anime",
    template: "anime illustration of {prompt}, clean lines, cel shading, vivid colours",
    negative: "photograph, realistic, blurry",
  },
  {
    name: "watercolour",
    template: "a watercolour painting of {prompt}, soft washes, paper texture",
    negative: "photograph, hard edges",
  },
  {
    name: "oil painting",
    template: "an oil painting of {prompt}, visible brush strokes, rich colours",
    negative: "photograph, flat colours",
  },
  {
    name: "pencil sketch",
    template: "a pencil sketch of {prompt}, fine hatching, white paper",
    negative: "colour, photograph",
  },
  {
    name: "pixel art",
    template: "pixel art of {prompt}, 16-bit video game sprite, limited palette",
    negative: "photograph, smooth gradients",
  },
  {
    name: "3d render",
    template: "a 3D render of {prompt}, studio lighting, soft shadows, smooth materials",
    negative: "sketch, flat, noisy",
  },
  {
    name: "sticker",
    template: "a sticker of {prompt}, thick white outline, flat colours, plain background",
    negative: "photograph, detailed background",
  },
];

/** A server's own styles and the built-in ones, by name. */
export async function listStyles(db: Database, guildId: string | null): Promise<Style[]> {
  const rows = await db
    .select()
    .from(styleTable)
    .where(inArray(styleTable.guildId, [EVERYWHERE, ...(guildId === null ? [] : [guildId])]))
    .orderBy(sql`${styleTable.guildId} = ${EVERYWHERE} desc`, asc(styleTable.name));
  const known = [...BUILT_IN_STYLES, ...rows].map(({ name, template, negative }) => [
    name.toLowerCase(),
    { name, template, negative },
  ]);
  const styles: Style[] = [...new Map(known as [string, Style][]).values()];
  return styles.sort((a, b) => a.name.localeCompare(b.name));
}

/** A style by its name, whatever the case; null where there is none. */
export async function findStyle(
  db: Database,
  guildId: string | null,
  name: string,
): Promise<Style | null> {
  const wanted = name.trim().toLowerCase();
  const styles = await listStyles(db, guildId);
  return styles.find((style) => style.name.toLowerCase() === wanted) ?? null;
}

/** What a member wrote of a request's negative prompt; of an older one it is what its style did not add. */
export function ownNegative(
  { userNegative, negativePrompt }: Pick<GenerateJob, "userNegative" | "negativePrompt">,
  style: Pick<Style, "negative"> | null,
): string {
  if (userNegative !== undefined) return userNegative;
  const added = style?.negative ?? "";
  if (negativePrompt === added) return "";
  const suffix = `${SEPARATOR}${added}`;
  return negativePrompt.endsWith(suffix) ? negativePrompt.slice(0, -suffix.length) : negativePrompt;
}

/** Puts a prompt into a style; both negative prompts hold. */
export function applyStyle(
  style: Style,
  { prompt, negative }: { prompt: string; negative: string },
): { prompt: string; negativePrompt: string } {
  const negatives = [negative, style.negative].filter((text) => text !== "");
  return {
    // A function, since `$&` in a prompt would be a pattern of replace().
    prompt: style.template.replaceAll(SLOT, () => prompt),
    negativePrompt: negatives.join(SEPARATOR),
  };
}

/**
 * Adds a style of a server, or changes it; meant for the transaction that writes it into the audit log.
 *
 * @returns the style that had the name before, or null
 * @throws {Refusal} for a template without `{prompt}`, a text that is too long, or one style too many
 */
export async function saveStyle(
  tx: Database,
  { guildId, createdBy }: { guildId: string; createdBy: string },
  given: Style,
): Promise<{ before: Style | null; after: Style }> {
  const after = checkedStyle(given);
  const { name, template, negative } = after;
  const own = await tx.select().from(styleTable).where(eq(styleTable.guildId, guildId));
  const before = own.find((row) => row.name === name) ?? null;
  if (before === null && own.length >= MAX_STYLES)
    throw new Refusal("refusal.style-many", { max: MAX_STYLES });
  await tx
    .insert(styleTable)
    .values({ guildId, name, template, negative, createdBy })
    .onConflictDoUpdate({
      target: [styleTable.guildId, styleTable.name],
      set: { template, negative, createdBy, createdAt: sql`now()` },
    });
  return { before: before === null ? null : styleOf(before), after };
}

function styleOf({ name, template, negative }: Style): Style {
  return { name, template, negative };
}

function checkedStyle({ name, template, negative }: Style): Style {
  const checked = {
    name: name.trim().toLowerCase(),
    template: template.trim(),
    negative: negative.trim(),
  };
  if (checked.name === "" || checked.name.length > MAX_NAME)
    throw new Refusal("refusal.style-name", { max: MAX_NAME });
  if (!checked.template.includes(SLOT)) throw new Refusal("refusal.style-template");
  if (checked.template.length > MAX_TEMPLATE || checked.negative.length > MAX_TEMPLATE)
    throw new Refusal("refusal.style-long", { max: MAX_TEMPLATE });
  return checked;
}

/** @returns the style that was removed; null where the server had none of that name */
export async function removeStyle(
  tx: Database,
  guildId: string,
  name: string,
): Promise<Style | null> {
  const [row] = await tx
    .delete(styleTable)
    .where(and(eq(styleTable.guildId, guildId), eq(styleTable.name, name.trim().toLowerCase())))
    .returning();
  return row === undefined ? null : styleOf(row);
}
