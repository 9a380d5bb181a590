/** How messages stand below one another. */
import type { ClientMessage } from "../../client-api.ts";
import { hasFlag, MessageFlag } from "../discord.ts";

/** Messages of one author this close share a heading, as in Discord. */
const GROUP_MS = 7 * 60_000;

/** Whether a message goes on under the heading of the one before it. */
export function continues(before: ClientMessage | undefined, message: ClientMessage): boolean {
  if (before === undefined || before.author.id !== message.author.id) return false;
  if (headerOf(message) !== null) return false;
  const isEphemeral = (one: ClientMessage): boolean => hasFlag(one, MessageFlag.ephemeral);
  if (isEphemeral(before) !== isEphemeral(message) || startsDay(before, message)) return false;
  return Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUP_MS;
}

/** Whether a message is the first of its day, by the reader's calendar. */
export function startsDay(before: ClientMessage | undefined, message: ClientMessage): boolean {
  if (before === undefined) return true;
  return new Date(before.timestamp).toDateString() !== new Date(message.timestamp).toDateString();
}

/** Somebody used a command. */
interface CommandHeader {
  type: "command";
  userId: string;
  commandName: string;
}

/** The small line above a message: a command that somebody used, or what it answers. */
export type Header =
  | CommandHeader
  | {
      type: "reply";
      messageId: string;
      message: ClientMessage | null;
      /** In place of an answered message that is gone. */
      otherwise: CommandHeader | null;
    };

export function headerOf(message: ClientMessage): Header | null {
  const { interaction_metadata: metadata, commandName } = message;
  const command: CommandHeader | null =
    commandName === undefined || metadata === undefined
      ? null
      : { type: "command", userId: metadata.user.id, commandName };
  const answers = (messageId: string): Header => ({
    type: "reply",
    messageId,
    message: message.referenced_message ?? null,
    otherwise: command,
  });
  // Whatever a command says after its first answer belongs to that one.
  const first = metadata?.original_response_message_id;
  if (first !== undefined) return answers(first);
  if (command !== null) return command;
  const reference = message.message_reference?.message_id;
  if (reference !== undefined) return answers(reference);
  const isPress = metadata !== undefined && "interacted_message_id" in metadata;
  return isPress ? answers(metadata.interacted_message_id) : null;
}
