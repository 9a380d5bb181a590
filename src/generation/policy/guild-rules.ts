import { and, asc, count, eq, sql } from "drizzle-orm";

import type { Database } from "../../db/database.ts";
import { allowedRole, channelRule, guild, wordRule } from "../../db/schema.ts";
import { Refusal } from "../refusal.ts";
import { changeBy, type GuildActor } from "./actor.ts";
import { audited, type Outcome } from "./audit.ts";
import { changedGuildSettings, type GuildSettings, parseGuildSettings } from "./guild-settings.ts";
import type { ChannelRule } from "./load-policy.ts";
import { removeStyle, saveStyle, type Style } from "./styles.ts";
import { checkedRule, MAX_PATTERNS, MAX_WORDS, type WordRule } from "./word-rules.ts";

type Rule = ChannelRule["rule"];

/** Allows or denies a channel, or, with null, takes its rule away. */
export async function setChannelRule(
  db: Database,
  actor: GuildActor,
  { channelId, rule }: { channelId: string; rule: Rule | null },
): Promise<Outcome<Rule | null>> {
  const { guildId, userId } = actor;
  const isThis = and(eq(channelRule.guildId, guildId), eq(channelRule.channelId, channelId));
  const change = changeBy(actor, { action: "channels", target: channelId });
  return audited<Rule | null>(db, change, async (tx) => {
    const [row] = await tx.select().from(channelRule).where(isThis);
    if (rule === null) await tx.delete(channelRule).where(isThis);
    else {
      await tx
        .insert(channelRule)
        .values({ guildId, channelId, rule, createdBy: userId })
        .onConflictDoUpdate({
          target: [channelRule.guildId, channelRule.channelId],
          set: { rule, createdBy: userId, createdAt: sql`now()` },
        });
    }
    return { before: row?.rule ?? null, after: rule };
  });
}

/** Lets a role use the bot, or no longer. As soon as one role may, only members with such a role can. */
export async function setAllowedRole(
  db: Database,
  actor: GuildActor,
  { roleId, isAllowed }: { roleId: string; isAllowed: boolean },
): Promise<Outcome<boolean>> {
  const { guildId, userId } = actor;
  const isThis = and(eq(allowedRole.guildId, guildId), eq(allowedRole.roleId, roleId));
  const change = changeBy(actor, { action: "roles", target: roleId });
  return audited(db, change, async (tx) => {
    const before = (await tx.select().from(allowedRole).where(isThis)).length > 0;
    if (isAllowed) {
      await tx
        .insert(allowedRole)
        .values({ guildId, roleId, createdBy: userId })
        .onConflictDoNothing();
    } else await tx.delete(allowedRole).where(isThis);
    return { before, after: isAllowed };
  });
}

/**
 * Adds a word or pattern that texts may not hold.
 *
 * @throws {Refusal} for a rule that is none, or one too many
 */
export async function addWord(
  db: Database,
  actor: GuildActor,
  given: WordRule,
): Promise<Outcome<WordRule | null>> {
  const rule = checkedRule(given);
  const { guildId, userId } = actor;
  const change = changeBy(actor, { action: "words.add", target: rule.text });
  return audited<WordRule | null>(db, change, async (tx) => {
    const before = await findWord(tx, guildId, rule);
    const [found] = await tx
      .select({ rules: count() })
      .from(wordRule)
      .where(and(eq(wordRule.guildId, guildId), eq(wordRule.kind, rule.kind)));
    const max = rule.kind === "word" ? MAX_WORDS : MAX_PATTERNS;
    if (before === null && (found?.rules ?? 0) >= max)
      throw new Refusal("refusal.rule-many", { max });
    await tx
      .insert(wordRule)
      .values({ guildId, ...rule, createdBy: userId })
      .onConflictDoNothing();
    return { before, after: rule };
  });
}

/** @throws {Refusal} `refusal.rule-unknown` where the server has no such rule */
export async function removeWord(
  db: Database,
  actor: GuildActor,
  rule: WordRule,
): Promise<Outcome<WordRule | null>> {
  const { guildId } = actor;
  const change = changeBy(actor, { action: "words.remove", target: rule.text });
  return audited<WordRule | null>(db, change, async (tx) => {
    const before = await findWord(tx, guildId, rule);
    if (before === null) throw new Refusal("refusal.rule-unknown", { text: rule.text });
    await tx.delete(wordRule).where(isRule(guildId, rule));
    return { before, after: null };
  });
}

function isRule(guildId: string, { kind, text }: WordRule) {
  return and(eq(wordRule.guildId, guildId), eq(wordRule.kind, kind), eq(wordRule.text, text));
}

async function findWord(tx: Database, guildId: string, rule: WordRule): Promise<WordRule | null> {
  const [row] = await tx.select().from(wordRule).where(isRule(guildId, rule));
  return row === undefined ? null : { kind: row.kind, text: row.text };
}

/** A server's own rules, words before patterns. */
export async function listWords(db: Database, guildId: string): Promise<WordRule[]> {
  return db
    .select({ kind: wordRule.kind, text: wordRule.text })
    .from(wordRule)
    .where(eq(wordRule.guildId, guildId))
    .orderBy(sql`${wordRule.kind} desc`, asc(wordRule.text));
}

/** Settings as far as a change names them. */
type SomeSettings = Partial<GuildSettings>;

/**
 * Changes a server's settings.
 *
 * @returns of the settings, those that the change names
 * @throws {Refusal} `refusal.setting` for a value out of its range
 */
export async function changeSettings(
  db: Database,
  actor: GuildActor,
  change: SomeSettings,
): Promise<Outcome<SomeSettings>> {
  const { guildId } = actor;
  const names = Object.keys(change) as (keyof GuildSettings)[];
  const line = changeBy(actor, { action: "settings", target: names.join(", ") });
  return audited(db, line, async (tx) => {
    // A server that the bot was invited to seconds ago may not be noted yet.
    await tx.insert(guild).values({ id: guildId, name: guildId }).onConflictDoNothing();
    const [row] = await tx.select().from(guild).where(eq(guild.id, guildId)).for("update");
    const before = parseGuildSettings(row?.settings ?? {});
    const after = changedGuildSettings(before, change);
    await tx.update(guild).set({ settings: after }).where(eq(guild.id, guildId));
    const only = (settings: GuildSettings): SomeSettings =>
      Object.fromEntries(names.map((name) => [name, settings[name]]));
    return { before: only(before), after: only(after) };
  });
}

export async function readSettings(db: Database, guildId: string): Promise<GuildSettings> {
  const [row] = await db.select().from(guild).where(eq(guild.id, guildId));
  return parseGuildSettings(row?.settings ?? {});
}

/** @throws {Refusal} see {@link saveStyle} */
export async function addStyle(
  db: Database,
  actor: GuildActor,
  style: Style,
): Promise<Outcome<Style | null>> {
  const change = changeBy(actor, { action: "styles.add", target: style.name });
  const owner = { guildId: actor.guildId, createdBy: actor.userId };
  return audited<Style | null>(db, change, (tx) => saveStyle(tx, owner, style));
}

/** @throws {Refusal} `refusal.style-unknown` */
export async function dropStyle(
  db: Database,
  actor: GuildActor,
  name: string,
): Promise<Outcome<Style | null>> {
  const change = changeBy(actor, { action: "styles.remove", target: name });
  return audited<Style | null>(db, change, async (tx) => {
    const before = await removeStyle(tx, actor.guildId, name);
    if (before === null) throw new Refusal("refusal.style-unknown", { name });
    return { before, after: null };
  });
}
