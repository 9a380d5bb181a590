/** Commands, presses and dialogs: sent to the server, and what becomes of them. */
import type {
  APIApplicationCommandInteractionDataOption,
  APIApplicationCommandOptionChoice,
} from "discord-api-types/v10";

import type {
  ClientEvent,
  ClientInteraction,
  ClientModalField,
  ClientMessage,
} from "../../client-api.ts";
import { api, RequestError } from "./api.ts";
import { serverNow } from "./clock.ts";
import { type PendingInteraction, store } from "./store.ts";

/** Events that concern one interaction. */
export type InteractionEvent = Extract<ClientEvent, { interactionId: string }>;
type Answer = (event: InteractionEvent) => void;

const AUTOCOMPLETE_TIMEOUT_MS = 3000;
const NO_ANSWER = "The application did not respond";

/** Who waits for an interaction's events, by its id. */
const waiting = new Map<string, Answer>();
/** An event can be faster than the answer to the request that caused it: kept while a request is under way. */
let early: InteractionEvent[] = [];
let inFlight = 0;
let serial = 0;

/** An event of the server's; those of other tabs' interactions are not ours. */
export function handleInteractionEvent(event: InteractionEvent): void {
  const answer = waiting.get(event.interactionId);
  if (answer !== undefined) answer(event);
  else if (inFlight > 0) early.push(event);
}

async function send(interaction: ClientInteraction, answer: Answer): Promise<string> {
  inFlight += 1;
  try {
    const { interactionId } = await api.interact(interaction);
    waiting.set(interactionId, answer);
    for (const event of early) if (event.interactionId === interactionId) answer(event);
    return interactionId;
  } finally {
    inFlight -= 1;
    if (inFlight === 0) early = [];
  }
}

interface Cause {
  messageId?: string;
  customId?: string;
  commandName?: string;
}

/** Sends it and shows it as pending until the bot answers. @throws RequestError when it is refused at once */
async function sendPending(
  interaction: Exclude<ClientInteraction, { type: "autocomplete" }>,
  cause: Cause,
): Promise<void> {
  serial += 1;
  const key = `pending-${serial}`;
  const entry: PendingInteraction = {
    key,
    interactionId: null,
    channelId: interaction.channelId,
    messageId: cause.messageId ?? null,
    customId: cause.customId ?? null,
    commandName: cause.commandName ?? null,
    startedAt: serverNow(),
    failure: null,
  };
  store.set({
    pending: [...store.state.pending.filter((one) => !isReplacedBy(one, entry)), entry],
    ...(entry.messageId === null && { ownActions: store.state.ownActions + 1 }),
  });
  try {
    const interactionId = await send(interaction, (event) => settle(key, event));
    changePending(key, { interactionId });
  } catch (error) {
    removePending(key);
    throw error;
  }
}

/** An old failure under the same message goes when something there is pressed again. */
function isReplacedBy(old: PendingInteraction, fresh: PendingInteraction): boolean {
  return old.failure !== null && old.messageId !== null && old.messageId === fresh.messageId;
}

function settle(key: string, event: InteractionEvent): void {
  if (event.type === "interaction_failure") {
    changePending(key, { failure: event.message });
    store.set({ announcement: event.message });
    return;
  }
  removePending(key);
  if (event.type === "modal") {
    const { interactionId, channelId, modal } = event;
    store.set({ modal: { interactionId, channelId, modal } });
  }
}

function changePending(key: string, change: Partial<PendingInteraction>): void {
  const pending = store.state.pending.map((one) => (one.key === key ? { ...one, ...change } : one));
  store.set({ pending });
}

export function removePending(key: string): void {
  store.set({ pending: store.state.pending.filter((one) => one.key !== key) });
}

/** What was not answered before the connection broke will not be told any more. */
export function forgetPending(): void {
  waiting.clear();
  store.set({ pending: store.state.pending.filter(({ failure }) => failure !== null) });
}

/** The answer to a command has come as a message. */
export function settleByMessage(message: ClientMessage): void {
  const id = message.interaction_metadata?.id;
  if (id === undefined) return;
  const found = store.state.pending.find(({ interactionId }) => interactionId === id);
  if (found !== undefined) removePending(found.key);
}

interface Actor {
  userId: string;
  channelId: string;
}

function actor(): Actor {
  const { world, channelId } = store.state;
  if (world === null || channelId === null)
    throw new RequestError(0, { message: "The playground is still loading." });
  return { userId: world.userId, channelId };
}

/** @throws RequestError when the command is refused; `field` names the option */
export async function runCommand(
  commandName: string,
  command: { commandId: string; options: APIApplicationCommandInteractionDataOption[] },
): Promise<void> {
  await sendPending({ type: "command", ...actor(), ...command }, { commandName });
}

/** @throws RequestError when the command is refused */
export async function runContextMenu(
  commandName: string,
  target: { commandId: string; targetId: string },
): Promise<void> {
  await sendPending({ type: "context_menu", ...actor(), ...target }, { commandName });
}

/** A press of a button or a choice in a select. */
export async function pressComponent(
  message: { id: string; channel_id: string },
  press: { customId: string; values?: string[] },
): Promise<void> {
  const place = { userId: actor().userId, channelId: message.channel_id };
  try {
    await sendPending(
      { type: "component", ...place, messageId: message.id, ...press },
      { messageId: message.id, customId: press.customId },
    );
  } catch (error) {
    const text = error instanceof RequestError ? error.message : "This interaction failed";
    store.set({ toast: text, announcement: text });
  }
}

/** Resolves when the bot has answered the dialog. @throws RequestError when it is refused or not answered */
export async function submitModal(
  interactionId: string,
  fields: ClientModalField[],
): Promise<void> {
  const { modal } = store.state;
  const place = { ...actor(), ...(modal !== null && { channelId: modal.channelId }) };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await send({ type: "modal_submit", ...place, interactionId, fields }, (event) => {
    if (event.type === "interaction_failure")
      reject(new RequestError(0, { message: event.message }));
    else resolve();
  });
  await promise;
}

/** The choices for what is typed so far. @throws RequestError when the bot does not answer in time */
export async function fetchChoices(
  command: { commandId: string; options: APIApplicationCommandInteractionDataOption[] },
  signal: AbortSignal,
): Promise<APIApplicationCommandOptionChoice[]> {
  const { promise, resolve, reject } = Promise.withResolvers<APIApplicationCommandOptionChoice[]>();
  const giveUp = (): void => reject(new RequestError(0, { message: NO_ANSWER }));
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(AUTOCOMPLETE_TIMEOUT_MS)]);
  deadline.addEventListener("abort", giveUp);
  const sent = send({ type: "autocomplete", ...actor(), ...command }, (event) => {
    if (event.type === "autocomplete") resolve(event.choices);
    else giveUp();
  });
  sent.catch(reject);
  try {
    return await promise;
  } finally {
    deadline.removeEventListener("abort", giveUp);
    void sent.then((id) => waiting.delete(id)).catch(() => undefined);
  }
}
