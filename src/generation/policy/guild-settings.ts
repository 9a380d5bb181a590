import { z } from "zod";

import { MAX_SIDE_PX } from "../../pipeline/limits.ts";
import { Refusal } from "../refusal.ts";

interface Range {
  readonly min: number;
  readonly max: number;
}

/** What whole numbers an admin may choose. */
export const RANGES = {
  strengthPercent: { min: 1, max: 100 },
  /** Requests at once; what a fair order makes of them is the queue's. */
  waiting: { min: 1, max: 1000 },
  ageDays: { min: 0, max: 3650 },
  keptDays: { min: 1, max: 3650 },
} as const satisfies Readonly<Record<string, Range>>;

const within = ({ min, max }: Range) => z.int().min(min).max(max);
const snowflake = z.string().regex(/^\d{1,20}$/);
const days = within(RANGES.keptDays);
const strength = z.number().gt(0).max(1);

/** Sides of a square that an admin may choose as the largest picture. */
export const SIZE_CAPS = [512, 1024, 2048, 4096] as const;

/** Days for which things are kept; then `retention.ts` deletes them. */
const retentionSchema = z.object({
  /** What variations start from; without them a variation starts from the posted picture. */
  latentsDays: days.default(30),
  /** Lossless originals on the disk. */
  originalsDays: days.default(30),
  /** Prompts, recipes, thumbnails and who asked for them: the whole record of a picture. */
  historyDays: days.default(365),
});

const guildSettingsSchema = z.object({
  /** Null: the one that the bot's owner chose. */
  model: z.string().max(200).nullable().default(null),
  /** The style of a request that names none. */
  style: z.string().max(64).nullable().default(null),
  /** How far variations go from their parent. */
  subtleStrength: strength.default(0.45),
  strongStrength: strength.default(0.75),
  /** Who may use a card's buttons. */
  buttonsFor: z.enum(["everyone", "requester"]).default("everyone"),
  /** Of the IANA database: when the server's days and months begin. */
  timeZone: z.string().refine(isTimeZone).default("UTC"),
  retention: retentionSchema.default(retentionSchema.parse({})),
  maxWaitingPerUser: within(RANGES.waiting).default(8),
  maxWaitingPerGuild: within(RANGES.waiting).default(100),
  allowsPrivate: z.boolean().default(true),
  /** Where reports and private pictures are shown to the moderators. */
  logChannelId: snowflake.nullable().default(null),
  minAccountAgeDays: within(RANGES.ageDays).default(0),
  minMembershipAgeDays: within(RANGES.ageDays).default(0),
  /** Pixels of a square's side: no picture may have more pixels than that square. */
  maxSize: z.int().min(256).max(MAX_SIDE_PX).default(4096),
  answersMentions: z.boolean().default(false),
  /** Whether pictures that the bot did not make may be remixed and upscaled. */
  foreignPictures: z.enum(["everyone", "roles", "nobody"]).default("nobody"),
  /** Who may, where it is by role. */
  foreignPictureRoleIds: z.array(snowflake).max(25).default([]),
  /** Takes no new requests until an admin resumes. */
  isPaused: z.boolean().default(false),
});

/** What a server's admins set; without a row, and in direct messages, the defaults. */
export type GuildSettings = z.infer<typeof guildSettingsSchema>;

export const DEFAULT_GUILD_SETTINGS: GuildSettings = guildSettingsSchema.parse({});

/** A setting that this version does not understand (an older program wrote it) is taken as not set. */
export function parseGuildSettings(json: unknown): GuildSettings {
  const whole = guildSettingsSchema.safeParse(json);
  if (whole.success) return whole.data;
  const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
  const understood = entries.filter(
    ([name, value]) => guildSettingsSchema.safeParse({ [name]: value }).success,
  );
  return guildSettingsSchema.parse(Object.fromEntries(understood));
}

/**
 * Settings with some of them changed.
 *
 * @throws {Refusal} `refusal.setting` naming the one that is out of its range
 */
export function changedGuildSettings(
  settings: GuildSettings,
  change: Readonly<Partial<GuildSettings>>,
): GuildSettings {
  const parsed = guildSettingsSchema.safeParse({ ...settings, ...change });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal("refusal.setting", {
    name: issue?.path.join(".") ?? "",
    problem: issue?.message ?? "",
  });
}

/** Whether a name is in the IANA database, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
