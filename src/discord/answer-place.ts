import {
  ApplicationIntegrationType,
  type BaseInteraction,
  InteractionContextType,
  type Message,
  type PermissionsBitField,
  type RepliableInteraction,
} from "discord.js";

import { DEFAULT_ATTACHMENT_LIMIT } from "../generation/file-limit.ts";
import type { Place } from "../generation/place.ts";
import { Refusal } from "../generation/refusal.ts";
import { type MessageKey, translate } from "../i18n/translate.ts";
import { NEEDED_PERMISSIONS } from "./invite.ts";

type NeededPermission = keyof typeof NEEDED_PERMISSIONS;

/** Where an interaction's answer goes. `isPrivate` must be how it was acknowledged. */
export function placeOf(interaction: RepliableInteraction, isPrivate: boolean): Place {
  const { applicationId, id, token, createdAt, guildId, channelId, user, locale } = interaction;
  return {
    applicationId,
    interaction: { id, token, createdAt },
    guildId,
    channelId: channelId ?? user.id,
    userId: user.id,
    isPrivate,
    canBotPost: isBotHere(interaction) && missingPermissions(interaction, POSTING).length === 0,
    attachmentSizeLimit: interaction.attachmentSizeLimit,
    locale,
    replyToId: null,
  };
}

/** Where a mention's or a direct message's answer goes: the bot answers it itself. */
export function placeOfMessage(message: Message<true> | Message): Place {
  return {
    applicationId: message.client.application.id,
    interaction: null,
    guildId: message.guildId,
    channelId: message.channelId,
    userId: message.author.id,
    isPrivate: false,
    canBotPost: true,
    attachmentSizeLimit: DEFAULT_ATTACHMENT_LIMIT,
    locale: message.guild?.preferredLocale ?? "en-US",
    replyToId: message.id,
  };
}

const POSTING: readonly NeededPermission[] = ["viewChannel", "sendMessages", "attachFiles"];

/**
 * Looks before any work is done whether the picture can be posted at all.
 *
 * @throws {Refusal} `refusal.permissions` with what is missing
 */
export function checkPlace(interaction: RepliableInteraction, isPrivate: boolean): void {
  const needed = isPrivate || !isBotHere(interaction) ? (["attachFiles"] as const) : POSTING;
  const missing = missingPermissions(interaction, needed);
  if (missing.length === 0) return;
  const { locale } = interaction;
  throw new Refusal("refusal.permissions", {
    permissions: missing.map((name) => translate(locale, permissionKey(name))).join(", "),
  });
}

function missingPermissions(
  interaction: BaseInteraction & { readonly appPermissions: Readonly<PermissionsBitField> },
  needed: readonly NeededPermission[],
): NeededPermission[] {
  if (interaction.guildId === null) return [];
  const isThread = interaction.channel?.isThread() === true;
  return needed
    .map((name) => (isThread && name === "sendMessages" ? "sendMessagesInThreads" : name))
    .filter((name) => !interaction.appPermissions.has(NEEDED_PERMISSIONS[name]));
}

function permissionKey(name: NeededPermission): MessageKey {
  return `permission.${name}`;
}

/** Whether the bot itself is there, and not only its commands, brought along by a member who has installed them. */
function isBotHere({ guildId, context, authorizingIntegrationOwners }: BaseInteraction): boolean {
  if (guildId === null) return context !== InteractionContextType.PrivateChannel;
  return authorizingIntegrationOwners[ApplicationIntegrationType.GuildInstall] !== undefined;
}
