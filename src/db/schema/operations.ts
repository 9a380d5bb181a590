import { check, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

import { bytes, moment, oneOf } from "./columns.ts";

export const WEIGHT_SCOPES = ["guild", "role"] as const;

/** A process that runs pictures, as it last said of itself; gateways hold no checkpoint and read here what can be drawn. */
export const worker = pgTable("worker", {
  id: text().primaryKey(),
  host: text().notNull(),
  /** `{ models, device, upscalers }`: `generation/worker-report.ts` parses it. */
  report: jsonb().notNull(),
  startedAt: moment("started_at").notNull().defaultNow(),
  seenAt: moment("seen_at").notNull().defaultNow(),
});

/** Made once and shared by all processes: the key that signs buttons and links. */
export const secret = pgTable("secret", {
  name: text().primaryKey(),
  value: bytes("value").notNull(),
});

/** The owner's switches, such as `paused`, `model` and the hash of the registered commands. */
export const botState = pgTable("bot_state", {
  key: text().primaryKey(),
  value: jsonb().notNull(),
  updatedAt: moment("updated_at").notNull().defaultNow(),
});

/** A guild's or a role's (`guild:role`) share of the GPU; 100 where there is no row. */
export const fairWeight = pgTable(
  "fair_weight",
  {
    scope: text({ enum: WEIGHT_SCOPES }).notNull(),
    subject: text().notNull(),
    weight: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.subject] }),
    check("fair_weight_scope", oneOf("scope", WEIGHT_SCOPES)),
  ],
);
