import type { Config } from "drizzle-kit";

/** For `npm run db:generate`, which writes the next file of `migrations/` from the schema. */
export default {
  dialect: "postgresql",
  schema: "./src/db/schema.ts",
  out: "./migrations",
} satisfies Config;
