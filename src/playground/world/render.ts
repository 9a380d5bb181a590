import {
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIMessage,
  type APIMessageInteractionMetadata,
  type APIReaction,
  type APIUser,
  ChannelType,
  ComponentType,
  type GuildMemberFlags,
  InteractionType,
  MessageFlags,
  MessageReferenceType,
} from "discord-api-types/v10";

import { mediaOf, walk } from "../rules/check-components.ts";
import type { Attachments } from "./attachments.ts";
import { ATTACHMENT_SCHEME, type Messages } from "./messages.ts";
import type {
  MessageInteraction,
  WorldChannel,
  WorldGuild,
  WorldMember,
  WorldMessage,
} from "./types.ts";
import type { World } from "./world.ts";

const NO_FLAGS = 0 as GuildMemberFlags;

/** The world's things as Discord's API shows them. */
export class Renderer {
  readonly #world: World;
  readonly #messages: Messages;
  readonly #attachments: Attachments;

  constructor(parts: { world: World; messages: Messages; attachments: Attachments }) {
    this.#world = parts.world;
    this.#messages = parts.messages;
    this.#attachments = parts.attachments;
  }

  user(id: string): APIUser {
    return this.#world.user(id).user;
  }

  /** @param base - What links to files begin with. */
  message(message: WorldMessage, base: string): APIMessage {
    const referenced = this.#messages.find(message.replyToId);
    return {
      ...this.#plainMessage(message, base),
      ...(message.replyToId !== null && {
        message_reference: {
          type: MessageReferenceType.Default,
          channel_id: message.channelId,
          message_id: message.replyToId,
          ...(message.guildId !== null && { guild_id: message.guildId }),
        },
        referenced_message: referenced === null ? null : this.#plainMessage(referenced, base),
      }),
    };
  }

  #plainMessage(message: WorldMessage, base: string): APIMessage {
    const { interaction, authorId } = message;
    const isV2 = (message.flags & MessageFlags.IsComponentsV2) !== 0;
    const files = isV2
      ? []
      : message.attachmentIds.flatMap((id) => this.#attachments.get(id) ?? []);
    return {
      id: message.id,
      channel_id: message.channelId,
      type: message.type,
      author: this.user(authorId),
      content: message.content,
      timestamp: message.createdAt,
      edited_timestamp: message.editedAt,
      tts: false,
      pinned: false,
      flags: message.flags,
      mentions: message.mentionIds.flatMap((id) => this.#knownUser(id)),
      mention_roles: message.mentionRoleIds,
      mention_everyone: message.mentionsEveryone,
      // Files of a V2 message are shown by its components alone (discord/discord-api-docs#8277).
      attachments: files.map((file) => this.#attachments.render(file, base)),
      embeds: message.embeds.map((embed) => this.#embed(embed, base)),
      components: this.#components(message.components, base),
      ...(Object.keys(message.reactions).length > 0 && { reactions: this.#reactions(message) }),
      ...(message.nonce !== null && { nonce: message.nonce }),
      ...(interaction !== null && {
        application_id: this.#world.botId,
        webhook_id: this.#world.botId,
        interaction_metadata: this.#metadata(interaction),
      }),
      ...(interaction?.commandName !== undefined &&
        interaction.commandName !== null && {
          interaction: {
            id: interaction.id,
            type: interaction.type,
            name: interaction.commandName,
            user: this.user(interaction.userId),
          },
        }),
    } as APIMessage;
  }

  #knownUser(id: string): APIUser[] {
    try {
      return [this.user(id)];
    } catch {
      // Anyone can write the id of somebody who is not there.
      return [];
    }
  }

  #components(components: APIMessage["components"], base: string): APIMessage["components"] {
    const copy = structuredClone(components ?? []);
    for (const { component } of walk(copy, []))
      for (const { media } of mediaOf(component)) {
        const shown = this.#media(media.url, base);
        Object.assign(media, shown.media);
        if (component.type === ComponentType.File) Object.assign(component, shown.file);
      }
    return copy;
  }

  /** A media item, and what a File component says of it besides. */
  #media(
    url: string,
    base: string,
  ): {
    media: Record<string, unknown>;
    file: object;
  } {
    const own = url.startsWith(ATTACHMENT_SCHEME)
      ? this.#attachments.get(url.slice(ATTACHMENT_SCHEME.length))
      : null;
    // A link to a file of ours is signed anew, as Discord does with its own.
    const file = own ?? this.#attachments.byPath(url);
    const shown = file === null ? url : this.#attachments.url(file, base);
    return {
      media: {
        id: file?.id ?? "0",
        url: shown,
        proxy_url: shown,
        width: file?.size?.width ?? null,
        height: file?.size?.height ?? null,
        content_type: file?.contentType ?? null,
        ...(own !== null && { attachment_id: own.id }),
      },
      file: { name: file?.filename ?? null, size: file?.sizeBytes ?? null },
    };
  }

  #embed(embed: APIMessage["embeds"][number], base: string): APIMessage["embeds"][number] {
    const copy = structuredClone(embed);
    for (const picture of [copy.image, copy.thumbnail])
      if (picture) {
        const { attachment_id: _, id: _id, ...media } = this.#media(picture.url, base).media;
        Object.assign(picture, media);
      }
    return copy;
  }

  #reactions(message: WorldMessage): APIReaction[] {
    return Object.entries(message.reactions).map(([emoji, users]) => {
      const [name = emoji, id = null] = emoji.split(":");
      return {
        emoji: { id, name },
        count: users.length,
        count_details: { burst: 0, normal: users.length },
        me: users.includes(this.#world.botId),
        me_burst: false,
        burst_colors: [],
      };
    });
  }

  #metadata(interaction: MessageInteraction): APIMessageInteractionMetadata {
    const { type, trigger, originalMessageId } = interaction;
    return {
      id: interaction.id,
      type,
      user: this.user(interaction.userId),
      authorizing_integration_owners: interaction.owners,
      ...(originalMessageId !== null && { original_response_message_id: originalMessageId }),
      ...(type === InteractionType.MessageComponent && {
        interacted_message_id: interaction.interactedMessageId,
      }),
      ...(interaction.targetMessageId !== null && {
        target_message_id: interaction.targetMessageId,
      }),
      ...(interaction.targetUserId !== null && {
        target_user: this.user(interaction.targetUserId),
      }),
      ...(trigger !== null && { triggering_interaction_metadata: this.#metadata(trigger) }),
    } as APIMessageInteractionMetadata;
  }

  member(member: WorldMember): APIGuildMember {
    return {
      user: this.user(member.userId),
      nick: member.nick,
      avatar: null,
      banner: null,
      roles: member.roles,
      joined_at: member.joinedAt,
      premium_since: null,
      deaf: false,
      mute: false,
      flags: NO_FLAGS,
      pending: false,
      communication_disabled_until: null,
    };
  }

  channel(channel: WorldChannel): APIChannel {
    if (channel.guildId === null)
      return {
        id: channel.id,
        type: ChannelType.DM,
        last_message_id: null,
        flags: 0,
        recipients: [this.user(channel.recipientId ?? "")],
      } as unknown as APIChannel;
    const isThread = channel.type === ChannelType.PublicThread;
    return {
      id: channel.id,
      type: channel.type,
      guild_id: channel.guildId,
      name: channel.name,
      parent_id: channel.parentId,
      last_message_id: null,
      rate_limit_per_user: 0,
      flags: 0,
      ...(isThread
        ? {
            owner_id: this.#world.guild(channel.guildId).ownerId,
            message_count: 0,
            total_message_sent: 0,
            member_count: 1,
            thread_metadata: {
              archived: false,
              auto_archive_duration: 10_080,
              archive_timestamp: "2024-02-01T12:00:00.000Z",
              locked: false,
            },
          }
        : {
            topic: channel.topic,
            position: channel.position,
            nsfw: channel.nsfw,
            permission_overwrites: channel.overwrites,
          }),
    } as unknown as APIChannel;
  }

  guild(guild: WorldGuild): APIGuild {
    return {
      id: guild.id,
      name: guild.name,
      icon: null,
      splash: null,
      discovery_splash: null,
      owner_id: guild.ownerId,
      region: "",
      afk_channel_id: null,
      afk_timeout: 300,
      verification_level: 1,
      default_message_notifications: 1,
      explicit_content_filter: 2,
      roles: guild.roles,
      emojis: [],
      stickers: [],
      features: [],
      mfa_level: 0,
      application_id: null,
      system_channel_id: null,
      system_channel_flags: 0,
      rules_channel_id: null,
      vanity_url_code: null,
      description: null,
      banner: null,
      premium_tier: guild.premiumTier,
      premium_subscription_count: 0,
      preferred_locale: guild.preferredLocale,
      public_updates_channel_id: null,
      nsfw_level: 0,
      premium_progress_bar_enabled: false,
      safety_alerts_channel_id: null,
      incidents_data: null,
      widget_enabled: false,
      widget_channel_id: null,
      home_header: null,
      max_presences: null,
      max_members: 500_000,
      max_video_channel_users: 25,
      max_stage_video_channel_users: 50,
      nsfw: false,
    } as unknown as APIGuild;
  }
}
