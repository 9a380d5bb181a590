import { createContext } from "preact";

import type { ClientMessage } from "../../client-api.ts";
import type { AppState } from "../state/store.ts";

/** The message that the components belong to. */
export const MessageContext = createContext<ClientMessage | null>(null);

/** Whether the control of a message waits for the bot. */
export function isBusy(state: AppState, message: ClientMessage | null, customId: string): boolean {
  return state.pending.some(
    (one) => one.failure === null && one.messageId === message?.id && one.customId === customId,
  );
}
