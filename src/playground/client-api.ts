/**
 * What the playground's page and its server say to each other, under `/client`. Types only: the page imports them with
 * `import type`. The page's own files (`GET /` and `/page/*`) come from `pageFiles()` of `page-files.ts`, a Hono app to mount.
 *
 * - Whoever opens the page acts as any user of the world: `user` names the one. There is no login.
 * - Every body is JSON, except an upload. A refused request answers 4xx with {@link ClientError}.
 * - Payloads are Discord's own (`discord-api-types`, v10), so that the page sees exactly what a real client would;
 *   only `url`s of attachments begin with `/`, relative to the page's own address.
 * - Times: `timestamp` fields are ISO 8601 as in Discord, by the server's clock; `now` is that clock in ms since 1970.
 */
import type {
  APIApplicationCommand,
  APIApplicationCommandInteractionDataOption,
  APIApplicationCommandOptionChoice,
  APIMessage,
  APIModalInteractionResponseCallbackData,
  APIOverwrite,
  APIRole,
  APIUser,
  ChannelType,
} from "discord-api-types/v10";

/** `GET /client/state?user=ID`; without `user`, as the first user. Reload it at each `state` event. */
export interface ClientState {
  now: number;
  /** The acting user. */
  userId: string;
  /** Everybody to act as. */
  users: ClientUser[];
  bot: ClientBot;
  guilds: ClientGuild[];
  /** The acting user's direct messages with the bot. */
  directMessages: ClientChannel;
  /** All commands that are registered, in full: global ones and those of single guilds (`guild_id` set). */
  commands: APIApplicationCommand[];
}

export interface ClientUser extends APIUser {
  /** As in Discord's list of locales, like `en-US`, `de`, `ja`. */
  locale: string;
  /** Whether the bot may write to this user; Discord's switch "direct messages from server members". */
  allowsDirectMessages: boolean;
  /** Whether the user has installed the application on the own account. */
  hasInstalledApp: boolean;
}

interface ClientBot {
  user: APIUser;
  /** Whether it is connected to the gateway. */
  isOnline: boolean;
}

export interface ClientGuild {
  id: string;
  name: string;
  ownerId: string;
  /** Boosts raise the limit of uploads: 0 to 3. */
  premiumTier: number;
  preferredLocale: string;
  /** False after it was removed from the guild. */
  hasBot: boolean;
  roles: APIRole[];
  members: ClientMember[];
  /** In the order of the list on the left; also those that the acting user cannot see (`permissions.view` false). */
  channels: ClientChannel[];
}

export interface ClientMember {
  userId: string;
  nick: string | null;
  /** Without @everyone. */
  roles: string[];
  joinedAt: string;
}

export interface ClientChannel {
  id: string;
  /** Null for direct messages. */
  guildId: string | null;
  type: ChannelType;
  name: string;
  topic: string | null;
  /** The category or, for a thread, the channel that it belongs to. */
  parentId: string | null;
  nsfw: boolean;
  overwrites: APIOverwrite[];
  /** What the acting user may do here. */
  permissions: {
    view: boolean;
    send: boolean;
    attach: boolean;
    useCommands: boolean;
    manageMessages: boolean;
    /** All of them, as Discord's decimal bit set. */
    bits: string;
  };
  /** The commands of all kinds that the acting user may use here (contexts, installation and permissions are weighed). */
  commandIds: string[];
  /** Bytes for one file that the acting user uploads here. */
  attachmentSizeLimit: number;
}

/**
 * A message as Discord sends it to this user. The page needs of `flags`: 64 ephemeral ("Only you can see this", can be
 * dismissed), 128 loading ("is thinking..."), 32768 components V2. `interaction_metadata` says who used which command.
 */
export interface ClientMessage extends APIMessage {
  /** The name of the command that made it, as shown beside the user's: "imagine", "admin quota show". */
  commandName?: string;
}

/** `GET /client/channels/ID/messages?user=ID&before=MESSAGE&limit=50`: the newest, oldest first, the user's ephemeral ones included. */
export interface ClientMessages {
  messages: ClientMessage[];
  hasMore: boolean;
}

/**
 * `GET /client/events?user=ID`: server-sent events, each `data:` one of these as JSON. `hello` comes first, also after the
 * browser connects again: then reload state and messages, for what happened in between is not told again.
 */
export type ClientEvent =
  | { type: "hello"; now: number }
  /** Commands, users, roles, channels, the bot's presence, the clock: reload {@link ClientState}. */
  | { type: "state" }
  | { type: "message_create"; channelId: string; message: ClientMessage }
  | { type: "message_update"; channelId: string; message: ClientMessage }
  | { type: "message_delete"; channelId: string; messageId: string }
  | { type: "typing"; channelId: string; userId: string }
  /** The bot has answered: a spinner on the pressed control ends, and a modal that was submitted closes. */
  | { type: "interaction_success"; interactionId: string }
  /** It has not within 3 s: `message` is what Discord's client shows under the pressed control or in the channel. */
  | {
      type: "interaction_failure";
      interactionId: string;
      channelId: string;
      /** The message whose control was pressed. */
      messageId: string | null;
      /** Of a command, or null. */
      commandName: string | null;
      message: string;
    }
  /** Open this dialog; its fields go back by {@link ClientModalSubmit} with the same `interactionId`. */
  | {
      type: "modal";
      interactionId: string;
      channelId: string;
      modal: APIModalInteractionResponseCallbackData;
    }
  | { type: "autocomplete"; interactionId: string; choices: APIApplicationCommandOptionChoice[] };

/** `POST /client/interactions`, answered with {@link ClientInteractionCreated} or {@link ClientError}. */
export type ClientInteraction =
  | ClientCommand
  | ClientAutocomplete
  | ClientContextMenu
  | ClientComponent
  | ClientModalSubmit;

interface ClientActor {
  userId: string;
  channelId: string;
}

/**
 * A slash command. `options` as Discord's own client sends them: subcommands nest; users, roles, channels and
 * attachments (ids from {@link ClientAttachment}) by id; numbers as numbers.
 */
interface ClientCommand extends ClientActor {
  type: "command";
  commandId: string;
  options: APIApplicationCommandInteractionDataOption[];
}

/** As {@link ClientCommand}, with what is typed so far: the option being typed has `focused: true` and its text as `value`. */
interface ClientAutocomplete extends ClientActor {
  type: "autocomplete";
  commandId: string;
  options: APIApplicationCommandInteractionDataOption[];
}

/** A command on a message or a user. */
interface ClientContextMenu extends ClientActor {
  type: "context_menu";
  commandId: string;
  /** The message's or the user's id. */
  targetId: string;
}

/** A button or a select. */
interface ClientComponent extends ClientActor {
  type: "component";
  messageId: string;
  customId: string;
  /** Of a select: its options' values, or ids of users, roles, channels. */
  values?: string[];
}

/** A dialog's answer. */
interface ClientModalSubmit extends ClientActor {
  type: "modal_submit";
  /** Of the {@link ClientEvent} `modal`. */
  interactionId: string;
  fields: ClientModalField[];
}

/**
 * One field by its `custom_id`; those left out count as left empty. Text input: a string. Radio group: a string or null.
 * Checkbox: a boolean. Selects, checkbox groups and file uploads (ids from {@link ClientAttachment}): strings.
 */
export interface ClientModalField {
  customId: string;
  value: string | string[] | boolean | null;
}

export interface ClientInteractionCreated {
  interactionId: string;
}

/** `POST /client/attachments?user=ID&channel=ID`, multipart with one field `file`: for an option, a dialog's upload, a message. */
export interface ClientAttachment {
  id: string;
  filename: string;
  /** In bytes. */
  size: number;
  content_type: string | null;
  /** Begins with `/`. */
  url: string;
}

/** `POST /client/messages`: a plain message, answered with the {@link ClientMessage}. `<@ID>` in it mentions. */
export interface ClientMessageCreate extends ClientActor {
  content: string;
  /** Of {@link ClientAttachment}. */
  attachmentIds?: string[];
  replyToId?: string;
}

// `DELETE /client/channels/ID/messages/ID?user=ID`: one's own, as a moderator any, or dismiss an ephemeral one. 204.

/** `PATCH /client/users/ID`, 204. */
export interface ClientUserChange {
  locale?: string;
  allowsDirectMessages?: boolean;
  hasInstalledApp?: boolean;
}

/** `PATCH /client/guilds/ID`, 204. */
export interface ClientGuildChange {
  premiumTier?: number;
  preferredLocale?: string;
  /** False removes the bot, true invites it again. */
  hasBot?: boolean;
}

/** `PATCH /client/guilds/ID/members/ID`, 204. */
export interface ClientMemberChange {
  roles?: string[];
  nick?: string | null;
}

/** `PATCH /client/guilds/ID/roles/ID`, 204. */
export interface ClientRoleChange {
  /** Discord's decimal bit set. */
  permissions?: string;
}

/** `PATCH /client/channels/ID`, 204. */
export interface ClientChannelChange {
  nsfw?: boolean;
  overwrites?: APIOverwrite[];
}

/** What a refused request answers, with its status: 400 (invalid), 403 (may not), 404 (unknown), 413 (too large). */
export interface ClientError {
  /** A sentence for people. */
  message: string;
  /** The option's name or the field's custom id that it is about. */
  field?: string;
}
