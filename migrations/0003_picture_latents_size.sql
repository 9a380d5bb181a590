ALTER TABLE "picture" ADD COLUMN "latents_width" integer;--> statement-breakpoint
ALTER TABLE "picture" ADD COLUMN "latents_height" integer;