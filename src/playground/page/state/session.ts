/** Where the page is (who, which channel), kept in its address, and its connection to the server. */
import type { ClientChannel, ClientEvent, ClientState } from "../../client-api.ts";
import { ChannelType } from "../discord.ts";
import { api, RequestError } from "./api.ts";
import { setServerTime } from "./clock.ts";
import { forgetPending, handleInteractionEvent, settleByMessage } from "./interactions.ts";
import { changeMessage, loadMessages, putMessage, removeMessage } from "./logs.ts";
import { type AppState, store } from "./store.ts";
import { channelOf, guildOf, nameIn } from "./world.ts";

const RECONNECT_MS = 1000;
/** Discord shows somebody as typing for ten seconds. */
const TYPING_MS = 10_000;
const TOAST_MS = 6000;

let source: EventSource | null = null;
let toastTimer: ReturnType<typeof setTimeout> | undefined;

interface Address {
  userId: string | null;
  channelId: string | null;
}

/** `#/CHANNEL?as=USER` */
function readAddress(): Address {
  const match = /^#\/(?<channel>\d+)?(?:\?as=(?<user>\d+))?$/.exec(location.hash);
  return {
    channelId: match?.groups?.["channel"] ?? null,
    userId: match?.groups?.["user"] ?? null,
  };
}

function writeAddress(): void {
  const { world, channelId } = store.state;
  const address = `#/${channelId ?? ""}${world === null ? "" : `?as=${world.userId}`}`;
  if (location.hash !== address) history.replaceState(null, "", address);
}

/** Loads everything and stays connected. */
export async function start(): Promise<void> {
  store.subscribe(fadeToast);
  const { userId, channelId } = readAddress();
  await loadWorld(userId);
  const { world } = store.state;
  if (world === null) {
    setTimeout(() => void start(), RECONNECT_MS);
    return;
  }
  openChannel(channelOf(world, channelId)?.id ?? firstChannel(world).id);
  connect(world.userId);
}

async function loadWorld(userId: string | null): Promise<void> {
  try {
    const world = await loadKnownUser(userId);
    setServerTime(world.now);
    store.set({ world, loadFailure: null });
    leaveHiddenChannel(world);
  } catch (error) {
    store.set({ loadFailure: error instanceof Error ? error.message : String(error) });
  }
}

/** An address from another world can name a user who is not in this one. */
async function loadKnownUser(userId: string | null): Promise<ClientState> {
  try {
    return await api.state(userId);
  } catch (error) {
    if (userId !== null && error instanceof RequestError && [400, 404].includes(error.status))
      return api.state(null);
    throw error;
  }
}

function leaveHiddenChannel(world: ClientState): void {
  const { channelId } = store.state;
  if (channelId === null) return;
  const channel = channelOf(world, channelId);
  if (channel === null || !channel.permissions.view) openChannel(firstChannel(world).id);
}

function firstChannel(world: ClientState): ClientChannel {
  for (const { channels } of world.guilds) {
    const first = channels.find(
      ({ type, permissions }) => type === ChannelType.GuildText && permissions.view,
    );
    if (first !== undefined) return first;
  }
  return world.directMessages;
}

export function openChannel(channelId: string): void {
  const { world, unread } = store.state;
  if (world === null) return;
  const channel = channelOf(world, channelId);
  if (channel === null) return;
  store.set({
    channelId,
    guildId: channel.guildId,
    drawer: null,
    typing: [],
    unread: new Set([...unread].filter((id) => id !== channelId)),
  });
  writeAddress();
  if (store.state.logs[channelId] === undefined) void loadMessages(channelId).catch(report);
}

export function openGuild(guildId: string | null): void {
  const { world } = store.state;
  if (world === null) return;
  const channels = guildOf(world, guildId)?.channels ?? [world.directMessages];
  const channel = channels.find(
    ({ type, permissions }) => type !== ChannelType.GuildCategory && permissions.view,
  );
  if (channel !== undefined) openChannel(channel.id);
}

/** Sees and does everything as another user from now on. */
export async function actAs(userId: string): Promise<void> {
  source?.close();
  // Ephemeral messages are each user's own.
  store.set({ logs: {}, pending: [], modal: null, typing: [] });
  await loadWorld(userId);
  const { world, channelId } = store.state;
  if (world === null) return;
  // Direct messages are each user's own as well.
  const channel = channelOf(world, channelId);
  openChannel(channel?.permissions.view === true ? channel.id : firstChannel(world).id);
  connect(world.userId);
}

function connect(userId: string): void {
  source?.close();
  const events = new EventSource(`/client/events?user=${userId}`);
  source = events;
  events.addEventListener("message", (message: MessageEvent<string>) => {
    handle(JSON.parse(message.data) as ClientEvent, userId);
  });
  events.addEventListener("error", () => {
    if (source !== events) return;
    store.set({ connection: "lost" });
    // The browser connects again by itself, except after an answer that is no stream.
    if (events.readyState === EventSource.CLOSED)
      setTimeout(() => source === events && connect(userId), RECONNECT_MS);
  });
}

function handle(event: ClientEvent, userId: string): void {
  switch (event.type) {
    case "hello":
      catchUp(event.now, userId);
      return;
    case "state":
      void loadWorld(userId);
      return;
    case "message_create":
      putMessage(event.channelId, event.message);
      settleByMessage(event.message);
      noteMessage(event);
      return;
    case "message_update":
      changeMessage(event.channelId, event.message);
      return;
    case "message_delete":
      removeMessage(event.channelId, event.messageId);
      return;
    case "typing":
      noteTyping(event);
      return;
    case "interaction_success":
    case "interaction_failure":
    case "modal":
    case "autocomplete":
      handleInteractionEvent(event);
  }
}

/** After the first connection all is fresh; after a later one, what was missed is read again. */
function catchUp(now: number, userId: string): void {
  const wasLost = store.state.connection === "lost";
  setServerTime(now);
  store.set({ connection: "open" });
  if (!wasLost) return;
  forgetPending();
  const { channelId } = store.state;
  store.set({ logs: Object.fromEntries(logsOf(channelId, store.state)) });
  void loadWorld(userId);
  if (channelId !== null) void loadMessages(channelId).catch(report);
}

function logsOf(
  channelId: string | null,
  { logs }: AppState,
): [string, AppState["logs"][string]][] {
  return Object.entries(logs).filter(([id]) => id === channelId);
}

function noteMessage({
  channelId,
  message,
}: Extract<ClientEvent, { type: "message_create" }>): void {
  const { world, channelId: open, unread, typing } = store.state;
  if (world === null) return;
  const name = nameIn(guildOf(world, store.state.guildId), message.author);
  if (channelId !== open) {
    store.set({ unread: new Set([...unread, channelId]) });
    return;
  }
  store.set({
    typing: typing.filter((id) => id !== message.author.id),
    announcement: `${name}: ${message.content === "" ? "new message" : message.content}`,
  });
}

function noteTyping({ channelId, userId }: Extract<ClientEvent, { type: "typing" }>): void {
  const { channelId: open, typing } = store.state;
  if (channelId !== open) return;
  store.set({ typing: [...typing.filter((id) => id !== userId), userId] });
  setTimeout(
    () => store.set({ typing: store.state.typing.filter((id) => id !== userId) }),
    TYPING_MS,
  );
}

function fadeToast(): void {
  const { toast } = store.state;
  if (toast === null || toastTimer !== undefined) return;
  toastTimer = setTimeout(() => {
    toastTimer = undefined;
    store.set({ toast: null });
  }, TOAST_MS);
}

/** Says what went wrong in a line that goes away by itself. */
export function report(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  store.set({ toast: text, announcement: text });
}
