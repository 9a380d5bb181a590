import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";

import { millicredits, moment } from "./columns.ts";

/** A job in the GPU's queue, from its acceptance to its end: what its turn is worked out from. */
export const queueEntry = pgTable(
  "queue_entry",
  {
    /** The job's. */
    id: uuid().primaryKey(),
    /** The guild's id, or `dm:USER`. */
    guild: text().notNull(),
    userId: text("user_id").notNull(),
    /** The member's at that time: a change of a role's weight finds them here. */
    roleIds: text("role_ids").array().notNull(),
    model: text().notNull(),
    cost: millicredits("cost").notNull(),
    /** The member's inside the guild; 100 is usual. */
    weight: integer().notNull(),
    /** Order of arrival. */
    arrival: bigserial({ mode: "number" }).notNull(),
    /** Null until it was first started; from then on it keeps its turn. */
    startedAt: moment("started_at"),
    /** When somebody cancelled it while it ran: its worker is to end it. */
    cancelledAt: moment("cancelled_at"),
  },
  (table) => [
    index("queue_entry_waiting")
      .on(table.guild, table.arrival)
      .where(sql`started_at is null`),
    index("queue_entry_model").on(table.model),
  ],
);

/** One row: how far the fair order has come, in virtual time (millicredits at weight 100). */
export const fairClock = pgTable(
  "fair_clock",
  {
    id: integer().primaryKey(),
    /** The greatest start tag that was served in this busy period. */
    virtualTime: doublePrecision("virtual_time").notNull().default(0),
    /** What priorities count from, so that they stay exact in a period that never ends. */
    base: doublePrecision().notNull().default(0),
    /** A busy period ends when nothing waits or runs; each begins at virtual time 0. */
    period: bigint({ mode: "number" }).notNull().default(1),
  },
  () => [check("fair_clock_one_row", sql`id = 1`)],
);

/** Where a guild stands in a busy period. Its row is also the lock under which its order changes. */
export const fairGuild = pgTable("fair_guild", {
  guild: text().primaryKey(),
  period: bigint({ mode: "number" }).notNull().default(0),
  /** Virtual time at which all that was served for it is paid: the start tag of its next job. */
  finish: doublePrecision().notNull().default(0),
  /** The greatest start tag among its users that was served. */
  userTime: doublePrecision("user_time").notNull().default(0),
});

/** As `fair_guild`, for a user among those of the same guild. */
export const fairUser = pgTable(
  "fair_user",
  {
    guild: text().notNull(),
    userId: text("user_id").notNull(),
    finish: doublePrecision().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.guild, table.userId] })],
);
