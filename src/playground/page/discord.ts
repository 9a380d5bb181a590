/**
 * The numbers of Discord's API that the page needs, typed as discord-api-types has them (whose values the browser
 * cannot load, and whose types check these).
 */
import type {
  ApplicationCommandOptionType as OptionTypes,
  ApplicationCommandType as CommandTypes,
  ButtonStyle as ButtonStyles,
  ChannelType as ChannelTypes,
  ComponentType as ComponentTypes,
  SeparatorSpacingSize as Spacings,
  TextInputStyle as TextInputStyles,
} from "discord-api-types/v10";

export const ComponentType = {
  ActionRow: 1,
  Button: 2,
  StringSelect: 3,
  TextInput: 4,
  UserSelect: 5,
  RoleSelect: 6,
  MentionableSelect: 7,
  ChannelSelect: 8,
  Section: 9,
  TextDisplay: 10,
  Thumbnail: 11,
  MediaGallery: 12,
  File: 13,
  Separator: 14,
  Container: 17,
  Label: 18,
  FileUpload: 19,
  RadioGroup: 21,
  CheckboxGroup: 22,
  Checkbox: 23,
} as Omit<typeof ComponentTypes, "ContentInventoryEntry" | "SelectMenu">;

export const ButtonStyle = {
  Primary: 1,
  Secondary: 2,
  Success: 3,
  Danger: 4,
  Link: 5,
  Premium: 6,
} as typeof ButtonStyles;

export const OptionType = {
  Subcommand: 1,
  SubcommandGroup: 2,
  String: 3,
  Integer: 4,
  Boolean: 5,
  User: 6,
  Channel: 7,
  Role: 8,
  Mentionable: 9,
  Number: 10,
  Attachment: 11,
} as typeof OptionTypes;

export const CommandType = { ChatInput: 1, User: 2, Message: 3 } as Pick<
  typeof CommandTypes,
  "ChatInput" | "User" | "Message"
>;

export const ChannelType = {
  GuildText: 0,
  DM: 1,
  GuildVoice: 2,
  GuildCategory: 4,
  PublicThread: 11,
  PrivateThread: 12,
} as Pick<
  typeof ChannelTypes,
  "GuildText" | "DM" | "GuildVoice" | "GuildCategory" | "PublicThread" | "PrivateThread"
>;

export const TextInputStyle = { Short: 1, Paragraph: 2 } as typeof TextInputStyles;
export const SeparatorSpacing = { Small: 1, Large: 2 } as typeof Spacings;

/** Bits of a message's `flags`. */
export const MessageFlag = { ephemeral: 64, loading: 128, componentsV2: 32_768 } as const;

/** Bits of a permission set. */
export const Permission = {
  administrator: 1n << 3n,
  manageGuild: 1n << 5n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  useApplicationCommands: 1n << 31n,
} as const;

/** Orders ids by their age; they are numbers of up to 20 digits. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

export function hasFlag(message: { flags?: number }, flag: number): boolean {
  return ((message.flags ?? 0) & flag) !== 0;
}
