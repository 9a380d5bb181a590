import { jsonb, pgTable, text } from "drizzle-orm/pg-core";

import { moment } from "./columns.ts";

/** What the bot remembers of a user besides pictures and quota: choices, and which hints were shown. */
export const userSettings = pgTable("user_settings", {
  userId: text("user_id").primaryKey(),
  /** `generation/user-settings.ts` parses it and has the defaults. */
  settings: jsonb().notNull().default({}),
  updatedAt: moment("updated_at").notNull().defaultNow(),
});
