/** Every table of the program; drizzle-kit and both drivers read it from here. pg-boss keeps its own in the schema `pgboss`. */
export * from "./schema/guilds.ts";
export * from "./schema/jobs.ts";
export * from "./schema/operations.ts";
export * from "./schema/people.ts";
export * from "./schema/queue.ts";
export * from "./schema/quota.ts";
