import { z } from "zod";

/** Minutes that an interaction's token can be used for, by Discord's rule. */
export const TOKEN_LIFE_MS = 15 * 60_000;

const snowflake = z.string().regex(/^\d{1,20}$/);

const placeSchema = z.object({
  applicationId: snowflake,
  /** Null for a mention or a direct message, which are answered by the bot itself. */
  interaction: z
    .object({ id: snowflake, token: z.string().max(2000), createdAt: z.coerce.date() })
    .nullable(),
  guildId: snowflake.nullable(),
  channelId: snowflake,
  userId: snowflake,
  /** Shown to the requester alone; decided before the first answer and never changed. */
  isPrivate: z.boolean(),
  /** Whether the bot itself may post in the channel with files: then a dead token is no loss. */
  canBotPost: z.boolean(),
  /** Bytes that one file may have here. */
  attachmentSizeLimit: z.int().positive(),
  /** The requester's, such as `de`. */
  locale: z.string().max(16),
  /** The message that was answered to (a mention), or null. */
  replyToId: snowflake.nullable(),
});

/** Where a job's answer goes. */
export type Place = z.infer<typeof placeSchema>;

/** @throws {z.ZodError} for what no version of this program wrote */
export function parsePlace(json: unknown): Place {
  return placeSchema.parse(json);
}
