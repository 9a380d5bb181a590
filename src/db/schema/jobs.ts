import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

import { bytes, millicredits, moment, oneOf } from "./columns.ts";

/** What a worker does for a job. */
export const JOB_KINDS = ["generate", "upscale"] as const;
/** How a job came about, for the family tree and the statistics. */
export const JOB_ORIGINS = [
  "imagine",
  "variation",
  "reroll",
  "edit",
  "remix",
  "upscale",
  "mention",
] as const;
export const JOB_STATES = ["waiting", "running", "done", "failed", "cancelled"] as const;
export const DELIVERY_STATES = ["waiting", "posted", "failed"] as const;

/**
 * One request from acceptance to its end. Its id is also that of its quota reservation, of its queue entry and of its
 * delivery, so that each exists once.
 */
export const job = pgTable(
  "job",
  {
    id: uuid().primaryKey(),
    /** The interaction (or message) that asked: the same one makes one job, however often it is sent. */
    interactionId: text("interaction_id").notNull().unique(),
    kind: text({ enum: JOB_KINDS }).notNull(),
    origin: text({ enum: JOB_ORIGINS }).notNull(),
    state: text({ enum: JOB_STATES }).notNull().default("waiting"),
    /** What to make: `generation/job-request.ts` parses it. */
    request: jsonb().notNull(),
    /** Where the answer goes: `generation/place.ts` parses it. */
    place: jsonb().notNull(),
    /** Null in a direct message. */
    guildId: text("guild_id"),
    channelId: text("channel_id").notNull(),
    userId: text("user_id").notNull(),
    model: text().notNull(),
    /** Pixels of one picture, which the run times are grouped by. */
    width: integer().notNull(),
    height: integer().notNull(),
    /** Reserved; what is charged in the end is never more. */
    cost: millicredits("cost").notNull(),
    /** The picture that this one is made from. */
    parentId: uuid("parent_id"),
    isPrivate: boolean("is_private").notNull().default(false),
    /** Fenced: only the newest attempt may end the job. */
    attempt: integer().notNull().default(0),
    /** The last known `{ stage, picture, step, steps }`; written without waiting for the disk. */
    progress: jsonb(),
    /** `{ code, message }` of a job that failed. */
    error: jsonb(),
    worker: text(),
    /** Until then one process alone may edit the answer; the final edit waits for it. Null: nobody does. */
    editUntil: moment("edit_until"),
    createdAt: moment("created_at").notNull().defaultNow(),
    startedAt: moment("started_at"),
    endedAt: moment("ended_at"),
    /** Milliseconds of the attempt that ended it. */
    runMs: integer("run_ms"),
  },
  (table) => [
    check("job_kind", oneOf("kind", JOB_KINDS)),
    check("job_origin", oneOf("origin", JOB_ORIGINS)),
    check("job_state", oneOf("state", JOB_STATES)),
    check(
      "job_ended",
      sql`(${table.state} in ('waiting', 'running')) = (${table.endedAt} is null)`,
    ),
    index("job_open")
      .on(table.guildId, table.userId)
      .where(sql`state in ('waiting', 'running')`),
    index("job_user").on(table.userId, table.createdAt),
    index("job_guild").on(table.guildId, table.createdAt),
    index("job_run_times").on(table.model, table.kind, table.endedAt),
    index("job_private")
      .on(table.endedAt)
      .where(sql`is_private`),
  ],
);

/** A finished picture; what its buttons need lies here, so that they work for as long as the row is kept. */
export const picture = pgTable(
  "picture",
  {
    id: uuid().primaryKey(),
    jobId: uuid("job_id")
      .notNull()
      .references(() => job.id, { onDelete: "cascade" }),
    /** 0 to 3, its place on the card. */
    index: integer().notNull(),
    userId: text("user_id").notNull(),
    guildId: text("guild_id"),
    channelId: text("channel_id").notNull(),
    isPrivate: boolean("is_private").notNull().default(false),
    /** The picture that it was made from. */
    parentId: uuid("parent_id"),
    /** For searching; the recipe has it too. */
    prompt: text().notNull(),
    /** `image/recipe.ts` parses it. */
    recipe: jsonb().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    /** Clean latents as float16, little-endian, `[C, H/32, W/32]`; null once their retention has passed, or for an upscaled picture. */
    latents: bytes("latents"),
    /** Pixels that the latents decode to; the picture itself may have been fitted to another size. */
    latentsWidth: integer("latents_width"),
    latentsHeight: integer("latents_height"),
    /** The name of the lossless original under DATA_DIR/originals. */
    original: text(),
    /** A small WebP, at most 256 pixels a side, for /history and the moderators' log. */
    thumbnail: bytes("thumbnail"),
    createdAt: moment("created_at").notNull().defaultNow(),
    deletedAt: moment("deleted_at"),
  },
  (table) => [
    unique("picture_place").on(table.jobId, table.index),
    index("picture_user").on(table.userId, table.createdAt),
    index("picture_guild").on(table.guildId, table.createdAt),
    index("picture_parent").on(table.parentId),
  ],
);

/** What must still be said in Discord, and where it was said: written in the transaction that ends the job. */
export const delivery = pgTable(
  "delivery",
  {
    jobId: uuid("job_id")
      .primaryKey()
      .references(() => job.id, { onDelete: "cascade" }),
    state: text({ enum: DELIVERY_STATES }).notNull().default("waiting"),
    /** At most 25 characters, enforced by Discord: a crash between post and commit cannot post twice. */
    nonce: text().notNull().unique(),
    attempts: integer().notNull().default(0),
    channelId: text("channel_id"),
    messageId: text("message_id"),
    /** Why it could not be posted. */
    error: text(),
    createdAt: moment("created_at").notNull().defaultNow(),
    endedAt: moment("ended_at"),
  },
  (table) => [
    check("delivery_state", oneOf("state", DELIVERY_STATES)),
    index("delivery_message").on(table.messageId),
    index("delivery_waiting")
      .on(table.createdAt)
      .where(sql`state = 'waiting'`),
  ],
);

/** The encoded files of a delivery, so that any process can post them; deleted when they are posted. */
export const deliveryFile = pgTable(
  "delivery_file",
  {
    jobId: uuid("job_id")
      .notNull()
      .references(() => delivery.jobId, { onDelete: "cascade" }),
    index: integer().notNull(),
    name: text().notNull(),
    data: bytes("data").notNull(),
    /** Where it has fewer pixels than the picture, how many: `3120 × 3120`. */
    remark: text(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.index] })],
);

/** A dear request whose member was told what it costs and has not gone on yet: nothing is reserved for it. */
export const proposal = pgTable(
  "proposal",
  {
    id: uuid().primaryKey(),
    /** Who asked, and alone may go on. */
    userId: text("user_id").notNull(),
    /** What was asked for: `generation/wish-schema.ts` parses it. */
    wish: jsonb().notNull(),
    /** Where the question stands: `generation/place.ts` parses it. */
    place: jsonb().notNull(),
    /** What it was said to cost: what is made costs no more. */
    cost: millicredits("cost").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [index("proposal_created").on(table.createdAt)],
);

export const favourite = pgTable(
  "favourite",
  {
    userId: text("user_id").notNull(),
    pictureId: uuid("picture_id")
      .notNull()
      .references(() => picture.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.pictureId] })],
);
