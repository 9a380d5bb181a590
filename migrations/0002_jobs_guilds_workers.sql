CREATE TABLE "allowed_role" (
	"guild_id" text NOT NULL,
	"role_id" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "allowed_role_guild_id_role_id_pk" PRIMARY KEY("guild_id","role_id")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"guild_id" text,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"reason" text,
	"interaction_id" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "audit_log_interaction_id_unique" UNIQUE("interaction_id")
);
--> statement-breakpoint
CREATE TABLE "block" (
	"guild_id" text NOT NULL,
	"user_id" text NOT NULL,
	"until" timestamp with time zone,
	"reason" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "block_guild_id_user_id_pk" PRIMARY KEY("guild_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "channel_rule" (
	"guild_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"rule" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channel_rule_guild_id_channel_id_pk" PRIMARY KEY("guild_id","channel_id"),
	CONSTRAINT "channel_rule_rule" CHECK (rule in ('allow', 'deny'))
);
--> statement-breakpoint
CREATE TABLE "guild" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"left_at" timestamp with time zone,
	CONSTRAINT "guild_state" CHECK (state in ('pending', 'approved', 'refused'))
);
--> statement-breakpoint
CREATE TABLE "report" (
	"id" uuid PRIMARY KEY NOT NULL,
	"guild_id" text,
	"job_id" uuid NOT NULL,
	"channel_id" text NOT NULL,
	"message_id" text NOT NULL,
	"reporter_id" text NOT NULL,
	"user_id" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"evidence" jsonb NOT NULL,
	"held_until" timestamp with time zone NOT NULL,
	"decided_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "report_once" UNIQUE("job_id","reporter_id"),
	CONSTRAINT "report_state" CHECK (state in ('open', 'kept', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "style" (
	"guild_id" text NOT NULL,
	"name" text NOT NULL,
	"template" text NOT NULL,
	"negative" text DEFAULT '' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "style_guild_id_name_pk" PRIMARY KEY("guild_id","name")
);
--> statement-breakpoint
CREATE TABLE "word_rule" (
	"guild_id" text NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "word_rule_guild_id_kind_text_pk" PRIMARY KEY("guild_id","kind","text"),
	CONSTRAINT "word_rule_kind" CHECK (kind in ('word', 'pattern'))
);
--> statement-breakpoint
CREATE TABLE "delivery" (
	"job_id" uuid PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"nonce" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"channel_id" text,
	"message_id" text,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "delivery_nonce_unique" UNIQUE("nonce"),
	CONSTRAINT "delivery_state" CHECK (state in ('waiting', 'posted', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "delivery_file" (
	"job_id" uuid NOT NULL,
	"index" integer NOT NULL,
	"name" text NOT NULL,
	"data" "bytea" NOT NULL,
	"remark" text,
	CONSTRAINT "delivery_file_job_id_index_pk" PRIMARY KEY("job_id","index")
);
--> statement-breakpoint
CREATE TABLE "favourite" (
	"user_id" text NOT NULL,
	"picture_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "favourite_user_id_picture_id_pk" PRIMARY KEY("user_id","picture_id")
);
--> statement-breakpoint
CREATE TABLE "job" (
	"id" uuid PRIMARY KEY NOT NULL,
	"interaction_id" text NOT NULL,
	"kind" text NOT NULL,
	"origin" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"request" jsonb NOT NULL,
	"place" jsonb NOT NULL,
	"guild_id" text,
	"channel_id" text NOT NULL,
	"user_id" text NOT NULL,
	"model" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"cost" bigint NOT NULL,
	"parent_id" uuid,
	"is_private" boolean DEFAULT false NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"progress" jsonb,
	"error" jsonb,
	"worker" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"run_ms" integer,
	CONSTRAINT "job_interaction_id_unique" UNIQUE("interaction_id"),
	CONSTRAINT "job_kind" CHECK (kind in ('generate', 'upscale')),
	CONSTRAINT "job_origin" CHECK (origin in ('imagine', 'variation', 'reroll', 'edit', 'remix', 'upscale', 'mention')),
	CONSTRAINT "job_state" CHECK (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
	CONSTRAINT "job_ended" CHECK (("job"."state" in ('waiting', 'running')) = ("job"."ended_at" is null))
);
--> statement-breakpoint
CREATE TABLE "picture" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"index" integer NOT NULL,
	"user_id" text NOT NULL,
	"guild_id" text,
	"channel_id" text NOT NULL,
	"is_private" boolean DEFAULT false NOT NULL,
	"parent_id" uuid,
	"prompt" text NOT NULL,
	"recipe" jsonb NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"latents" "bytea",
	"original" text,
	"thumbnail" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "picture_place" UNIQUE("job_id","index")
);
--> statement-breakpoint
CREATE TABLE "bot_state" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fair_weight" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"weight" integer NOT NULL,
	CONSTRAINT "fair_weight_scope_subject_pk" PRIMARY KEY("scope","subject"),
	CONSTRAINT "fair_weight_scope" CHECK (scope in ('guild', 'role'))
);
--> statement-breakpoint
CREATE TABLE "secret" (
	"name" text PRIMARY KEY NOT NULL,
	"value" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "worker" (
	"id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"report" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_settings" (
	"user_id" text PRIMARY KEY NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery_file" ADD CONSTRAINT "delivery_file_job_id_delivery_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."delivery"("job_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "favourite" ADD CONSTRAINT "favourite_picture_id_picture_id_fk" FOREIGN KEY ("picture_id") REFERENCES "public"."picture"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "picture" ADD CONSTRAINT "picture_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_guild" ON "audit_log" USING btree ("guild_id","at");--> statement-breakpoint
CREATE INDEX "report_guild" ON "report" USING btree ("guild_id","created_at");--> statement-breakpoint
CREATE INDEX "delivery_message" ON "delivery" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "delivery_waiting" ON "delivery" USING btree ("created_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "job_open" ON "job" USING btree ("guild_id","user_id") WHERE state in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "job_user" ON "job" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "job_guild" ON "job" USING btree ("guild_id","created_at");--> statement-breakpoint
CREATE INDEX "job_run_times" ON "job" USING btree ("model","kind","ended_at");--> statement-breakpoint
CREATE INDEX "picture_user" ON "picture" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "picture_guild" ON "picture" USING btree ("guild_id","created_at");--> statement-breakpoint
CREATE INDEX "picture_parent" ON "picture" USING btree ("parent_id");