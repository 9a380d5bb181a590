import type {
  APIApplicationCommand,
  APIEmbed,
  APIMessageTopLevelComponent,
  APIModalInteractionResponseCallbackData,
  APIOverwrite,
  APIRole,
  APIUser,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ChannelType,
  InteractionContextType,
  InteractionResponseType,
  InteractionType,
  MessageType,
} from "discord-api-types/v10";

export interface WorldUser {
  user: APIUser;
  locale: string;
  allowsDirectMessages: boolean;
  hasInstalledApp: boolean;
}

export interface WorldGuild {
  id: string;
  name: string;
  ownerId: string;
  premiumTier: number;
  preferredLocale: string;
  hasBot: boolean;
  /** The first has the guild's id: @everyone. */
  roles: APIRole[];
}

export interface WorldMember {
  guildId: string;
  userId: string;
  nick: string | null;
  /** Without @everyone. */
  roles: string[];
  /** ISO 8601. */
  joinedAt: string;
}

export interface WorldChannel {
  id: string;
  /** Null for direct messages. */
  guildId: string | null;
  /** The user whose direct messages with the bot these are. */
  recipientId: string | null;
  type: ChannelType;
  name: string;
  topic: string | null;
  parentId: string | null;
  position: number;
  nsfw: boolean;
  overwrites: APIOverwrite[];
}

/** A registered command, as it is answered. */
export type WorldCommand = APIApplicationCommand;

export interface WorldAttachment {
  id: string;
  filename: string;
  description: string | null;
  contentType: string | null;
  sizeBytes: number;
  /** In px, of pictures that could be read. */
  size: { width: number; height: number } | null;
  isSpoiler: boolean;
  /** In the address: the channel's id or, of an ephemeral one, the application's. */
  placeId: string;
  isEphemeral: boolean;
}

export interface WorldMessage {
  id: string;
  channelId: string;
  guildId: string | null;
  authorId: string;
  type: MessageType;
  content: string;
  /** ISO 8601. */
  createdAt: string;
  editedAt: string | null;
  flags: number;
  /** Ids of all its attachments, those that only components show included. */
  attachmentIds: string[];
  embeds: APIEmbed[];
  /** With `attachment://` replaced by `playground-attachment:ID` in every media item. */
  components: APIMessageTopLevelComponent[];
  mentionIds: string[];
  mentionRoleIds: string[];
  mentionsEveryone: boolean;
  nonce: string | null;
  /** The message that it answers. */
  replyToId: string | null;
  /** The only one who sees it, or null. */
  ephemeralFor: string | null;
  /** Emoji to the ids of those who reacted. */
  reactions: Record<string, string[]>;
  interaction: MessageInteraction | null;
  isDeleted: boolean;
  /** Of an ephemeral one: its user wants to see it no more; the bot does not learn of it. */
  isDismissed: boolean;
  /** How often it was changed after it was made. */
  edits: number;
}

/** Which interaction a message answers. */
export interface MessageInteraction {
  id: string;
  type: InteractionType;
  userId: string;
  /** Of the command: "admin quota show". */
  commandName: string | null;
  owners: IntegrationOwners;
  /** The message whose button was pressed. */
  interactedMessageId: string | null;
  /** The message or the user that a context-menu command was used on. */
  targetMessageId: string | null;
  targetUserId: string | null;
  /** What opened the dialog whose answer this is. */
  trigger: MessageInteraction | null;
  /** Of a follow-up: the first answer's message. */
  originalMessageId: string | null;
}

export type IntegrationOwners = { [type in ApplicationIntegrationType]?: string };

export interface WorldInteraction {
  id: string;
  token: string;
  type: InteractionType;
  userId: string;
  channelId: string;
  guildId: string | null;
  context: InteractionContextType;
  /** In ms since 1970. */
  createdAtMs: number;
  owners: IntegrationOwners;
  command: { name: string; type: ApplicationCommandType } | null;
  /** Of a component, and of a dialog that a component opened. */
  messageId: string | null;
  targetMessageId: string | null;
  targetUserId: string | null;
  /** Of a dialog's answer: the interaction that opened it. */
  openedBy: string | null;
  attachmentSizeLimit: number;
  state: InteractionState;
  /** `@original`, once there is one. */
  originalMessageId: string | null;
  followUpIds: string[];
  /** The dialog that the bot opened. */
  modal: APIModalInteractionResponseCallbackData | null;
}

type InteractionState =
  | { name: "waiting" }
  | { name: "answered"; with: InteractionResponseType }
  /** Nobody answered within 3 s: the token is void. */
  | { name: "failed" };
