import { useLayoutEffect, useReducer, useRef } from "preact/hooks";

import type { ClientMessage, ClientState } from "../../client-api.ts";
import type { Anchor } from "../ui/anchor.ts";
import type { APIModalInteractionResponseCallbackData } from "discord-api-types/v10";

/** What is known of a channel's messages, oldest first. */
export interface ChannelLog {
  messages: readonly ClientMessage[];
  hasMore: boolean;
}

/** A command or a press that the bot has not answered yet, or that failed. */
export interface PendingInteraction {
  /** The page's own name for it; the server's id comes with the answer to the request. */
  key: string;
  interactionId: string | null;
  channelId: string;
  /** Of the pressed control, or null for commands. */
  messageId: string | null;
  customId: string | null;
  /** As shown beside the member's name; null for a press. */
  commandName: string | null;
  startedAt: number;
  /** What Discord's client says about it. */
  failure: string | null;
}

/** A dialog that the bot opened. */
export interface OpenModal {
  interactionId: string;
  channelId: string;
  modal: APIModalInteractionResponseCallbackData;
}

/** What the message box is to do next: begin a command, or answer a message. */
interface ComposerRequest {
  serial: number;
  commandId?: string;
  /** The command's whole name, with subcommands. */
  commandName?: string;
  replyTo?: ClientMessage | null;
}

/** A picture that can be looked at in full. */
export interface LightboxItem {
  url: string;
  alt: string;
}

/** A context menu, on a message or on somebody. */
export interface OpenMenu {
  target:
    | { type: "message"; message: ClientMessage; pictureUrl: string | null }
    | { type: "user"; userId: string };
  anchor: Anchor;
  /** Where the keyboard goes back to. */
  from: HTMLElement | null;
}

/** Which settings are open. */
type OpenSettings =
  | { type: "person" }
  | { type: "channel"; channelId: string }
  | { type: "guild"; guildId: string };

type Connection = "connecting" | "open" | "lost";
export type Drawer = "channels" | "members" | null;

export interface AppState {
  world: ClientState | null;
  connection: Connection;
  /** Why the world could not be loaded, for people. */
  loadFailure: string | null;
  /** Null in direct messages. */
  guildId: string | null;
  channelId: string | null;
  logs: Readonly<Record<string, ChannelLog>>;
  pending: readonly PendingInteraction[];
  /** How many commands and messages were sent from this page. */
  ownActions: number;
  modal: OpenModal | null;
  menu: OpenMenu | null;
  settings: OpenSettings | null;
  lightbox: { items: readonly LightboxItem[]; index: number } | null;
  unread: ReadonlySet<string>;
  /** Ids of those who type in the open channel. */
  typing: readonly string[];
  drawer: Drawer;
  isMemberListShown: boolean;
  composer: ComposerRequest;
  /** A short line for screen readers. */
  announcement: string;
  /** A short line at the bottom that goes away by itself. */
  toast: string | null;
}

type Listener = () => void;

/** The page's one state; views read it by {@link useApp}. */
class Store {
  #state: AppState = {
    world: null,
    connection: "connecting",
    loadFailure: null,
    guildId: null,
    channelId: null,
    logs: {},
    pending: [],
    ownActions: 0,
    modal: null,
    menu: null,
    settings: null,
    lightbox: null,
    unread: new Set(),
    typing: [],
    drawer: null,
    isMemberListShown: true,
    composer: { serial: 0 },
    announcement: "",
    toast: null,
  };
  readonly #listeners = new Set<Listener>();

  get state(): AppState {
    return this.#state;
  }

  set(change: Partial<AppState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const store = new Store();

/** A part of the state; the view is drawn again when that part is another one. */
export function useApp<T>(select: (state: AppState) => T): T {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const selected = select(store.state);
  const latest = useRef({ select, selected });
  latest.current = { select, selected };
  useLayoutEffect(() => {
    const check = (): void => {
      const { select: current, selected: shown } = latest.current;
      if (!Object.is(current(store.state), shown)) redraw();
    };
    check();
    return store.subscribe(check);
  }, []);
  return selected;
}
