import { eq, sql } from "drizzle-orm";
import { z } from "zod";

import type { Database } from "../../db/database.ts";
import { botState } from "../../db/schema.ts";
import { isTimeZone } from "./guild-settings.ts";

/** The row of `bot_state` that holds them. */
export const OWNER_SETTINGS_KEY = "owner";

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const quietHoursSchema = z.object({
  /** `HH:MM`; where it is after `to`, the quiet goes over midnight. */
  from: timeOfDay,
  to: timeOfDay,
  timeZone: z.string().refine(isTimeZone),
});
/** When the GPU is left to its owner each day. */
type QuietHours = z.infer<typeof quietHoursSchema>;

const ownerSettingsSchema = z.object({
  /** Whether the bot draws in direct messages. */
  directMessages: z.boolean().default(false),
  /** Whether it draws for users who installed it for themselves, in servers that it is not in. */
  userInstalls: z.boolean().default(false),
  /** Null: not paused. Without `until`, somebody has to resume. */
  paused: z.object({ until: z.coerce.date().nullable() }).nullable().default(null),
  quietHours: quietHoursSchema.nullable().default(null),
  /** Minutes without work after which the model leaves the GPU's memory; null: it stays. */
  unloadAfterMinutes: z.int().min(1).max(1440).nullable().default(null),
  /** What draws where a request and its server name none; null: what the configuration says. */
  model: z.string().max(200).nullable().default(null),
  /** How many commands and clicks a user may send at once, and the seconds until one more. */
  burst: z
    .object({ size: z.int().min(1).max(100), secondsEach: z.number().min(0.1).max(600) })
    .default({ size: 8, secondsEach: 4 }),
});
/** The owner's switches for the whole bot. */
export type OwnerSettings = z.infer<typeof ownerSettingsSchema>;

export const DEFAULT_OWNER_SETTINGS: OwnerSettings = ownerSettingsSchema.parse({});

/** What cannot be understood counts as not set; null where nothing was ever set. */
export function parseOwnerSettings(json: unknown): OwnerSettings {
  const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
  const understood = entries.filter(
    ([name, value]) => ownerSettingsSchema.safeParse({ [name]: value }).success,
  );
  return ownerSettingsSchema.parse(Object.fromEntries(understood));
}

export async function readOwnerSettings(db: Database): Promise<OwnerSettings> {
  const [row] = await db.select().from(botState).where(eq(botState.key, OWNER_SETTINGS_KEY));
  return parseOwnerSettings(row?.value ?? {});
}

/** Changes the switches, one caller after the other; meant for the transaction that writes it into the audit log. */
export async function changeOwnerSettings(
  tx: Database,
  change: (settings: OwnerSettings) => OwnerSettings,
): Promise<{ before: OwnerSettings; after: OwnerSettings }> {
  await tx.insert(botState).values({ key: OWNER_SETTINGS_KEY, value: {} }).onConflictDoNothing();
  const [row] = await tx
    .select()
    .from(botState)
    .where(eq(botState.key, OWNER_SETTINGS_KEY))
    .for("update");
  const before = parseOwnerSettings(row?.value ?? {});
  const after = ownerSettingsSchema.parse(change(before));
  await tx
    .update(botState)
    .set({ value: after, updatedAt: sql`now()` })
    .where(eq(botState.key, OWNER_SETTINGS_KEY));
  return { before, after };
}

/** Why nothing is drawn at a moment, and until when; `until` is null where nobody knows. */
export interface Pause {
  readonly reason: "owner" | "quiet-hours";
  readonly until: Date | null;
}

/** Whether the bot rests at a moment: the owner paused it, or it is in the quiet hours. Null: it draws. */
export function pauseAt(settings: OwnerSettings, now: Date): Pause | null {
  const { paused, quietHours } = settings;
  if (paused !== null && (paused.until === null || paused.until > now))
    return { reason: "owner", until: paused.until };
  const minutes = quietHours === null ? null : minutesLeft(quietHours, now);
  if (minutes === null) return null;
  return { reason: "quiet-hours", until: new Date(now.getTime() + minutes * 60_000) };
}

/** Minutes until the quiet ends; null outside of it. A day with a clock change is taken as any other. */
function minutesLeft({ from, to, timeZone }: QuietHours, now: Date): number | null {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(now);
  const [start, end, current] = [minuteOf(from), minuteOf(to), minuteOf(parts)];
  const length = (end - start + DAY) % DAY;
  const since = (current - start + DAY) % DAY;
  return since < length ? length - since : null;
}

const DAY = 24 * 60;

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
