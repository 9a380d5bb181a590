import { and, asc, eq, sql } from "drizzle-orm";

import type { Database } from "../../db/database.ts";
import { fairWeight, guild } from "../../db/schema.ts";
import { Refusal } from "../refusal.ts";
import { type Actor, changeBy } from "./actor.ts";
import { audited, type Outcome } from "./audit.ts";
import { changeOwnerSettings, type OwnerSettings } from "./owner-settings.ts";

export type GuildRow = typeof guild.$inferSelect;
export type GuildState = GuildRow["state"];

/** The servers that the bot is in: those that wait first, then by name. */
export async function listGuilds(db: Database): Promise<GuildRow[]> {
  return db
    .select()
    .from(guild)
    .where(sql`${guild.leftAt} is null`)
    .orderBy(sql`${guild.state} = 'pending' desc`, asc(guild.name), asc(guild.id));
}

/**
 * Approves or refuses a server.
 *
 * @throws {Refusal} `refusal.guild-unknown` for one that the bot was never in
 */
export async function setGuildState(
  db: Database,
  actor: Actor,
  { guildId, state }: { guildId: string; state: GuildState },
): Promise<Outcome<GuildState>> {
  const change = changeBy(actor, { action: "guilds", target: guildId });
  return audited(db, change, async (tx) => {
    const [row] = await tx.select().from(guild).where(eq(guild.id, guildId)).for("update");
    if (row === undefined) throw new Refusal("refusal.guild-unknown", { id: guildId });
    await tx.update(guild).set({ state }).where(eq(guild.id, guildId));
    return { before: row.state, after: state };
  });
}

/** Changes some of the owner's switches. @returns those that the change names */
export async function setOwnerSettings(
  db: Database,
  actor: Actor,
  change: Partial<OwnerSettings>,
): Promise<Outcome<Partial<OwnerSettings>>> {
  const names = Object.keys(change) as (keyof OwnerSettings)[];
  const line = changeBy(actor, { action: "owner", target: names.join(", ") });
  return audited(db, line, async (tx) => {
    const { before, after } = await changeOwnerSettings(tx, (settings) => ({
      ...settings,
      ...change,
    }));
    const only = (settings: OwnerSettings): Partial<OwnerSettings> =>
      Object.fromEntries(names.map((name) => [name, settings[name]]));
    return { before: only(before), after: only(after) };
  });
}

const USUAL_WEIGHT = 100;

/**
 * Sets a server's share of the GPU, or that of a role inside its server; 100 is usual, 200 twice as much.
 *
 * @param retag - Puts what waits in its new order, in the same transaction.
 */
export async function setWeight(
  db: Database,
  actor: Actor,
  {
    guildId,
    roleId,
    weight,
    retag,
  }: {
    guildId: string;
    roleId: string | null;
    weight: number;
    retag: (tx: Database) => Promise<void>;
  },
): Promise<Outcome<number>> {
  const scope = roleId === null ? "guild" : "role";
  const subject = roleId === null ? guildId : `${guildId}:${roleId}`;
  const change = changeBy(actor, { action: "weight", target: `${scope} ${subject}` });
  return audited(db, change, async (tx) => {
    const isThis = and(eq(fairWeight.scope, scope), eq(fairWeight.subject, subject));
    const [row] = await tx.select().from(fairWeight).where(isThis);
    if (weight === USUAL_WEIGHT) await tx.delete(fairWeight).where(isThis);
    else {
      await tx
        .insert(fairWeight)
        .values({ scope, subject, weight })
        .onConflictDoUpdate({ target: [fairWeight.scope, fairWeight.subject], set: { weight } });
    }
    await retag(tx);
    return { before: row?.weight ?? USUAL_WEIGHT, after: weight };
  });
}

export async function listWeights(db: Database): Promise<(typeof fairWeight.$inferSelect)[]> {
  return db.select().from(fairWeight).orderBy(asc(fairWeight.scope), asc(fairWeight.subject));
}
