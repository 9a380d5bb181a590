import { sql } from "drizzle-orm";
import { bigint, customType, text, timestamp } from "drizzle-orm/pg-core";

/** Thousandths of a credit; a whole number below 2^53. */
export const millicredits = (name: string) => bigint(name, { mode: "number" });
export const moment = (name: string) => timestamp(name, { withTimezone: true });
/** Who made a row, and when. */
export const made = () => ({
  createdBy: text("created_by").notNull(),
  createdAt: moment("created_at").notNull().defaultNow(),
});
export const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(", ")})`);

/** Raw bytes; both drivers take and give a Uint8Array. */
export const bytes = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });
