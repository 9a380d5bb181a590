import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../../db/database.ts";
import { CHANNEL_RULES, GUILD_STATES, WORD_KINDS } from "../../db/schema.ts";
import {
  DEFAULT_GUILD_SETTINGS,
  type GuildSettings,
  parseGuildSettings,
} from "./guild-settings.ts";
import {
  DEFAULT_OWNER_SETTINGS,
  OWNER_SETTINGS_KEY,
  type OwnerSettings,
  parseOwnerSettings,
} from "./owner-settings.ts";
import type { WordRule } from "./word-rules.ts";

/** In the place of a guild's id: everywhere. */
export const EVERYWHERE = "*";

/** Everything that decides whether somebody may do something somewhere, as the database has it at one moment. */
export interface Policy {
  /** By the database's clock. */
  readonly now: Date;
  readonly owner: OwnerSettings;
  /** The guild's, or the defaults in a direct message. */
  readonly settings: GuildSettings;
  /** Null in a direct message, and for a server that the bot has never been in. */
  readonly guildState: (typeof GUILD_STATES)[number] | null;
  /** Blocks that hold now. */
  readonly blocks: readonly Block[];
  readonly channels: readonly ChannelRule[];
  /** Empty: everyone may use the bot. */
  readonly allowedRoleIds: readonly string[];
  /** Of the guild, and those that hold everywhere. */
  readonly words: readonly WordRule[];
}

interface Block {
  /** Null: until somebody lifts it. */
  readonly until: Date | null;
  readonly reason: string | null;
}

export interface ChannelRule {
  readonly channelId: string;
  readonly rule: (typeof CHANNEL_RULES)[number];
}

const rowSchema = z.object({
  now: z.coerce.date(),
  owner: z.unknown(),
  guild: z.object({ state: z.enum(GUILD_STATES), settings: z.unknown() }).nullable(),
  blocks: z.array(z.object({ until: z.coerce.date().nullable(), reason: z.string().nullable() })),
  channels: z.array(z.object({ channelId: z.string(), rule: z.enum(CHANNEL_RULES) })),
  allowedRoleIds: z.array(z.string()),
  words: z.array(z.object({ kind: z.enum(WORD_KINDS), text: z.string() })),
});

/** Reads a policy in one statement: it runs at every command and click. */
export async function loadPolicy(
  db: Database,
  { guildId, userId }: { guildId: string | null; userId: string },
): Promise<Policy> {
  const guild = sql`${guildId}::text`;
  const here = sql`(${EVERYWHERE}, ${guild})`;
  const row = await queryValue(
    db,
    sql`select json_build_object(
      'now', now(),
      'owner', (select value from bot_state where key = ${OWNER_SETTINGS_KEY}),
      'guild', (select json_build_object('state', state, 'settings', settings) from guild where id = ${guild}),
      'blocks', (select coalesce(json_agg(json_build_object('until', until, 'reason', reason) order by guild_id), '[]')
        from block where user_id = ${userId}::text and guild_id in ${here} and (until is null or until > now())),
      'channels', (select coalesce(json_agg(json_build_object('channelId', channel_id, 'rule', rule) order by created_at), '[]')
        from channel_rule where guild_id = ${guild}),
      'allowedRoleIds', (select coalesce(json_agg(role_id order by created_at), '[]')
        from allowed_role where guild_id = ${guild}),
      'words', (select coalesce(json_agg(json_build_object('kind', kind, 'text', text) order by kind desc, text), '[]')
        from word_rule where guild_id in ${here}))`,
    rowSchema,
  );
  const { owner, guild: found, ...rest } = row;
  return {
    ...rest,
    owner: owner === null ? DEFAULT_OWNER_SETTINGS : parseOwnerSettings(owner),
    settings: found === null ? DEFAULT_GUILD_SETTINGS : parseGuildSettings(found.settings),
    guildState: found?.state ?? null,
  };
}
