CREATE TABLE "moderation_notice" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"guild_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"posted_at" timestamp with time zone,
	"channel_id" text,
	"message_id" text,
	CONSTRAINT "moderation_notice_kind" CHECK (kind in ('report', 'private-picture'))
);
--> statement-breakpoint
CREATE TABLE "credit_grant" (
	"id" uuid PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"amount" bigint NOT NULL,
	"remaining" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"reason" text,
	"idempotency_key" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credit_grant_idempotency_key_unique" UNIQUE("idempotency_key"),
	CONSTRAINT "credit_grant_scope" CHECK (scope in ('guild_ceiling', 'guild', 'role', 'user', 'guild_user')),
	CONSTRAINT "credit_grant_remaining" CHECK ("credit_grant"."remaining" between 0 and "credit_grant"."amount")
);
--> statement-breakpoint
ALTER TABLE "report" DROP CONSTRAINT "report_once";--> statement-breakpoint
ALTER TABLE "credit_ledger" DROP CONSTRAINT "credit_ledger_kind";--> statement-breakpoint
ALTER TABLE "quota_rule" DROP CONSTRAINT "quota_rule_scope";--> statement-breakpoint
ALTER TABLE "report" ALTER COLUMN "job_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "reservation" ADD COLUMN "grants" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "moderation_notice_waiting" ON "moderation_notice" USING btree ("created_at") WHERE posted_at is null;--> statement-breakpoint
CREATE INDEX "credit_grant_subject" ON "credit_grant" USING btree ("scope","subject","expires_at");--> statement-breakpoint
CREATE INDEX "reservation_ended" ON "reservation" USING btree ("ended_at");--> statement-breakpoint
ALTER TABLE "report" ADD CONSTRAINT "report_once" UNIQUE("message_id","reporter_id");--> statement-breakpoint
ALTER TABLE "credit_ledger" ADD CONSTRAINT "credit_ledger_kind" CHECK (kind in ('hold', 'settle', 'release', 'reset', 'grant', 'expire'));--> statement-breakpoint
ALTER TABLE "quota_rule" ADD CONSTRAINT "quota_rule_scope" CHECK (scope in ('global', 'guild_ceiling', 'guild', 'role', 'user', 'guild_user'));