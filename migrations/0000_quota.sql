CREATE TABLE "credit_ledger" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"reservation_id" uuid,
	"kind" text NOT NULL,
	"amount" bigint NOT NULL,
	"scope" text,
	"subject" text,
	"actor" text,
	"idempotency_key" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credit_ledger_idempotency_key_unique" UNIQUE("idempotency_key"),
	CONSTRAINT "credit_ledger_once" UNIQUE("reservation_id","kind"),
	CONSTRAINT "credit_ledger_kind" CHECK (kind in ('hold', 'settle', 'release', 'reset'))
);
--> statement-breakpoint
CREATE TABLE "quota_exemption" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "quota_exemption_scope_subject_pk" PRIMARY KEY("scope","subject"),
	CONSTRAINT "quota_exemption_scope" CHECK (scope in ('role', 'user', 'guild_user'))
);
--> statement-breakpoint
CREATE TABLE "quota_rule" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"period" text NOT NULL,
	"max_millicredits" bigint NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "quota_rule_scope_subject_period_pk" PRIMARY KEY("scope","subject","period"),
	CONSTRAINT "quota_rule_scope" CHECK (scope in ('global', 'guild', 'role', 'user', 'guild_user')),
	CONSTRAINT "quota_rule_period" CHECK (period in ('minute', 'hour', 'day', 'month', 'total')),
	CONSTRAINT "quota_rule_limit" CHECK ("quota_rule"."max_millicredits" >= 0)
);
--> statement-breakpoint
CREATE TABLE "quota_window" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"period" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"forgiven" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "quota_window_scope_subject_period_starts_at_pk" PRIMARY KEY("scope","subject","period","starts_at"),
	CONSTRAINT "quota_window_bounds" CHECK ("quota_window"."held" >= 0 and "quota_window"."forgiven" between 0 and "quota_window"."used")
);
--> statement-breakpoint
CREATE TABLE "rate_bucket" (
	"key" text PRIMARY KEY NOT NULL,
	"empty_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reservation" (
	"id" uuid PRIMARY KEY NOT NULL,
	"idempotency_key" text NOT NULL,
	"guild_id" text,
	"user_id" text NOT NULL,
	"reserved" bigint NOT NULL,
	"state" text DEFAULT 'held' NOT NULL,
	"charged" bigint,
	"windows" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "reservation_idempotency_key_unique" UNIQUE("idempotency_key"),
	CONSTRAINT "reservation_state" CHECK (state in ('held', 'settled', 'released')),
	CONSTRAINT "reservation_amount" CHECK ("reservation"."reserved" >= 0 and "reservation"."charged" <= "reservation"."reserved")
);
--> statement-breakpoint
ALTER TABLE "credit_ledger" ADD CONSTRAINT "credit_ledger_reservation_id_reservation_id_fk" FOREIGN KEY ("reservation_id") REFERENCES "public"."reservation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "reservation_held" ON "reservation" USING btree ("created_at") WHERE state = 'held';--> statement-breakpoint
CREATE INDEX "reservation_user" ON "reservation" USING btree ("user_id","created_at");