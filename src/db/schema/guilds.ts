import { sql } from "drizzle-orm";
import {
  bigserial,
  check,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

import { made, moment, oneOf } from "./columns.ts";

export const GUILD_STATES = ["pending", "approved", "refused"] as const;
export const CHANNEL_RULES = ["allow", "deny"] as const;
export const WORD_KINDS = ["word", "pattern"] as const;
export const REPORT_STATES = ["open", "kept", "deleted"] as const;
const NOTICE_KINDS = ["report", "private-picture"] as const;

/** A server that the bot is or was in. It is served only while approved. */
export const guild = pgTable(
  "guild",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    state: text({ enum: GUILD_STATES }).notNull().default("pending"),
    /** What its admins set; `generation/policy/guild-settings.ts` parses it and has the defaults. */
    settings: jsonb().notNull().default({}),
    createdAt: moment("created_at").notNull().defaultNow(),
    leftAt: moment("left_at"),
  },
  () => [check("guild_state", oneOf("state", GUILD_STATES))],
);

/** Where the bot may be used: where a guild has an `allow`, only there; a `deny` always wins. */
export const channelRule = pgTable(
  "channel_rule",
  {
    guildId: text("guild_id").notNull(),
    channelId: text("channel_id").notNull(),
    rule: text({ enum: CHANNEL_RULES }).notNull(),
    ...made(),
  },
  (table) => [
    primaryKey({ columns: [table.guildId, table.channelId] }),
    check("channel_rule_rule", oneOf("rule", CHANNEL_RULES)),
  ],
);

/** Who may use the bot: everyone where a guild has no row. */
export const allowedRole = pgTable(
  "allowed_role",
  {
    guildId: text("guild_id").notNull(),
    roleId: text("role_id").notNull(),
    ...made(),
  },
  (table) => [primaryKey({ columns: [table.guildId, table.roleId] })],
);

/** What a prompt may not hold. `*` as the guild is everywhere. */
export const wordRule = pgTable(
  "word_rule",
  {
    guildId: text("guild_id").notNull(),
    kind: text({ enum: WORD_KINDS }).notNull(),
    /** A word or phrase, or a pattern of the linear-time engine. */
    text: text().notNull(),
    ...made(),
  },
  (table) => [
    primaryKey({ columns: [table.guildId, table.kind, table.text] }),
    check("word_rule_kind", oneOf("kind", WORD_KINDS)),
  ],
);

/** Who may not use the bot. `*` as the guild is everywhere. */
export const block = pgTable(
  "block",
  {
    guildId: text("guild_id").notNull(),
    userId: text("user_id").notNull(),
    /** Null: until unblocked. */
    until: moment("until"),
    reason: text(),
    ...made(),
  },
  (table) => [primaryKey({ columns: [table.guildId, table.userId] })],
);

/** A preset: the prompt goes where the template says `{prompt}`. `*` as the guild is one of the bot's own. */
export const style = pgTable(
  "style",
  {
    guildId: text("guild_id").notNull(),
    name: text().notNull(),
    template: text().notNull(),
    negative: text().notNull().default(""),
    ...made(),
  },
  (table) => [primaryKey({ columns: [table.guildId, table.name] })],
);

/**
 * What the moderators of a guild are still to be shown in their log channel: reports, and private pictures.
 */
export const moderationNotice = pgTable(
  "moderation_notice",
  {
    /** Of the report, or of the private picture's job. */
    id: uuid().primaryKey(),
    kind: text({ enum: NOTICE_KINDS }).notNull(),
    guildId: text("guild_id").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Null until it was posted. */
    postedAt: moment("posted_at"),
    /** Where it was posted; for a report, its buttons are there. */
    channelId: text("channel_id"),
    messageId: text("message_id"),
  },
  (table) => [
    check("moderation_notice_kind", oneOf("kind", NOTICE_KINDS)),
    index("moderation_notice_waiting")
      .on(table.createdAt)
      .where(sql`posted_at is null`),
  ],
);

/** A member's complaint about a picture. The evidence is held for a stated time, also where the picture is deleted. */
export const report = pgTable(
  "report",
  {
    id: uuid().primaryKey(),
    guildId: text("guild_id"),
    /** Null where the database does not know the picture's job any more. */
    jobId: uuid("job_id"),
    channelId: text("channel_id").notNull(),
    messageId: text("message_id").notNull(),
    reporterId: text("reporter_id").notNull(),
    /** Who asked for the picture. */
    userId: text("user_id").notNull(),
    reason: text().notNull().default(""),
    state: text({ enum: REPORT_STATES }).notNull().default("open"),
    /** Prompt, recipe and thumbnails at the time of the report. */
    evidence: jsonb().notNull(),
    heldUntil: moment("held_until").notNull(),
    decidedBy: text("decided_by"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    check("report_state", oneOf("state", REPORT_STATES)),
    unique("report_once").on(table.messageId, table.reporterId),
    index("report_guild").on(table.guildId, table.createdAt),
  ],
);

/** Every change that an admin, a moderator or the owner made, with before and after. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    /** Null: a change of the owner that concerns no single guild. */
    guildId: text("guild_id"),
    actor: text().notNull(),
    action: text().notNull(),
    target: text().notNull(),
    before: jsonb(),
    after: jsonb(),
    reason: text(),
    /** The same interaction changes once. */
    interactionId: text("interaction_id").notNull().unique(),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [index("audit_log_guild").on(table.guildId, table.at)],
);
