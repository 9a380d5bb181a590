import { MessageFlags, type Message } from "discord.js";

import type { Acknowledgement } from "./command.ts";

/** Answers as openly as the card whose button was pressed: what came from a private picture stays private. */
export function asVisibleAs({ message }: { readonly message: Message | null }): Acknowledgement {
  return message?.flags.has(MessageFlags.Ephemeral) === true ? "private" : "public";
}
