/** Changes to what is known of channels' messages. */
import type { ClientMessage } from "../../client-api.ts";
import { compareIds } from "../discord.ts";
import { api } from "./api.ts";
import { type ChannelLog, store } from "./store.ts";

const PAGE_SIZE = 50;
/** Requests for older messages that are under way, by channel. */
const loading = new Set<string>();

/** The newest messages of a channel, in place of what was known. */
export async function loadMessages(channelId: string): Promise<void> {
  const userId = store.state.world?.userId;
  if (userId === undefined) return;
  const { messages, hasMore } = await api.messages(channelId, { userId, limit: PAGE_SIZE });
  if (store.state.world?.userId !== userId) return;
  setLog(channelId, { messages, hasMore });
}

/** The page before the oldest message that is known. */
export async function loadOlder(channelId: string): Promise<void> {
  const log = store.state.logs[channelId];
  const userId = store.state.world?.userId;
  const oldest = log?.messages[0];
  if (log === undefined || userId === undefined || oldest === undefined) return;
  if (!log.hasMore || loading.has(channelId)) return;
  loading.add(channelId);
  try {
    const page = await api.messages(channelId, { userId, before: oldest.id, limit: PAGE_SIZE });
    const now = store.state.logs[channelId];
    if (now?.messages[0]?.id !== oldest.id) return;
    setLog(channelId, {
      messages: [...page.messages, ...now.messages],
      hasMore: page.hasMore,
    });
  } finally {
    loading.delete(channelId);
  }
}

/** A new message or a new state of one; other messages stay the same objects, so only this one is drawn again. */
export function putMessage(channelId: string, message: ClientMessage): void {
  const log = store.state.logs[channelId];
  if (log === undefined) return;
  const index = log.messages.findIndex(({ id }) => id === message.id);
  if (index >= 0) {
    setLog(channelId, { ...log, messages: log.messages.with(index, message) });
    return;
  }
  const after = log.messages.findLastIndex(({ id }) => compareIds(id, message.id) < 0);
  // Older than all that is known: it comes when that page is read.
  if (after < 0 && log.hasMore) return;
  setLog(channelId, { ...log, messages: log.messages.toSpliced(after + 1, 0, message) });
}

/** A change to a message that is known; one of an unread page is left alone. */
export function changeMessage(channelId: string, message: ClientMessage): void {
  const isKnown = store.state.logs[channelId]?.messages.some(({ id }) => id === message.id);
  if (isKnown === true) putMessage(channelId, message);
}

export function removeMessage(channelId: string, messageId: string): void {
  const log = store.state.logs[channelId];
  if (log === undefined) return;
  setLog(channelId, { ...log, messages: log.messages.filter(({ id }) => id !== messageId) });
}

function setLog(channelId: string, log: ChannelLog): void {
  store.set({ logs: { ...store.state.logs, [channelId]: log } });
}
