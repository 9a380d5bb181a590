import type { Config } from "drizzle-kit";

/** For `npm run db:generate`, which writes the next file of `migrations/` from the schema. */
const config: Config = { dialect: "postgresql", schema: "./src/db/schema.ts", out: "./migrations" };
// drizzle-kit reads a default export.
// oxlint-disable-next-line import/no-default-export
export default config;
