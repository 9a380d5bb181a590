CREATE TABLE "proposal" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"wish" jsonb NOT NULL,
	"place" jsonb NOT NULL,
	"cost" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "proposal_created" ON "proposal" USING btree ("created_at");