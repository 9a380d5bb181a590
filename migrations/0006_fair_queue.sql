CREATE TABLE "fair_clock" (
	"id" integer PRIMARY KEY NOT NULL,
	"virtual_time" double precision DEFAULT 0 NOT NULL,
	"base" double precision DEFAULT 0 NOT NULL,
	"period" bigint DEFAULT 1 NOT NULL,
	CONSTRAINT "fair_clock_one_row" CHECK (id = 1)
);
--> statement-breakpoint
CREATE TABLE "fair_guild" (
	"guild" text PRIMARY KEY NOT NULL,
	"period" bigint DEFAULT 0 NOT NULL,
	"finish" double precision DEFAULT 0 NOT NULL,
	"user_time" double precision DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fair_user" (
	"guild" text NOT NULL,
	"user_id" text NOT NULL,
	"finish" double precision DEFAULT 0 NOT NULL,
	CONSTRAINT "fair_user_guild_user_id_pk" PRIMARY KEY("guild","user_id")
);
--> statement-breakpoint
CREATE TABLE "queue_entry" (
	"id" uuid PRIMARY KEY NOT NULL,
	"guild" text NOT NULL,
	"user_id" text NOT NULL,
	"role_ids" text[] NOT NULL,
	"model" text NOT NULL,
	"cost" bigint NOT NULL,
	"weight" integer NOT NULL,
	"arrival" bigserial NOT NULL,
	"started_at" timestamp with time zone,
	"cancelled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "queue_entry_waiting" ON "queue_entry" USING btree ("guild","arrival") WHERE started_at is null;--> statement-breakpoint
CREATE INDEX "queue_entry_model" ON "queue_entry" USING btree ("model");