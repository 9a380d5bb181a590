import { BOT_ID } from "./world/default-world.ts";

/** The only token of a playground's bot, in Discord's form: its id comes first. No secret, for the door is shut to others. */
export const PLAYGROUND_TOKEN = `${Buffer.from(BOT_ID).toString("base64url")}.sanabt.playground-has-no-secret-token`;
