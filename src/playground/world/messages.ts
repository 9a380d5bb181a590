import type { EventEmitter } from "node:events";

import {
  AllowedMentionsTypes,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
  type MessageType,
  PermissionFlagsBits,
} from "discord-api-types/v10";

import { apiErrors } from "../rules/api-error.ts";
import { type AnyComponent, mediaOf, walk } from "../rules/check-components.ts";
import { cleanFilename } from "../rules/filename.ts";
import { type MessageBody, parseMessageBody } from "../rules/message-body.ts";
import type { Attachments } from "./attachments.ts";
import type { Clock } from "./clock.ts";
import type { WorldEvents } from "./events.ts";
import { has } from "./permissions.ts";
import { type SnowflakeSource, snowflakeAt } from "./snowflake.ts";
import type { Store } from "./store.ts";
import type { MessageInteraction, WorldAttachment, WorldChannel, WorldMessage } from "./types.ts";
import type { World } from "./world.ts";

/** How long Discord remembers a nonce: "the past few minutes". */
const NONCE_LIFE_MS = 5 * 60_000;
const REQUEST_LIMIT = 25 * 2 ** 20;
/** In stored components, in place of an address. */
export const ATTACHMENT_SCHEME = "playground-attachment:";

/** `files[n]` of a request. */
export interface UploadedFile {
  n: string;
  filename: string;
  bytes: Uint8Array;
}

export interface NewMessage {
  channel: WorldChannel;
  authorId: string;
  type: MessageType;
  /** Added to those of the body. */
  flags?: number;
  ephemeralFor: string | null;
  interaction: MessageInteraction | null;
  replyToId: string | null;
}

interface PersonsMessage extends Pick<NewMessage, "channel" | "authorId" | "type" | "replyToId"> {
  content: string;
  attachmentIds: string[];
}

/** A body as it came: `at` is where it is in the request, `limit` the bytes of one file. */
export interface RawBody {
  value: unknown;
  at: readonly PropertyKey[];
  files: readonly UploadedFile[];
  limit: number;
}

interface MessageParts {
  store: Store;
  clock: Clock;
  ids: SnowflakeSource;
  events: EventEmitter<WorldEvents>;
  attachments: Attachments;
  world: World;
}

/** Messages as they are made, changed and deleted; rights are looked at by those who call. */
export class Messages {
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** @throws {ApiError} 10008 when there is none, or it is in another channel. */
  get(id: string, channelId?: string): WorldMessage {
    const message = this.#parts.store.message(id);
    if (message === null || (channelId !== undefined && message.channelId !== channelId))
      throw apiErrors.unknownMessage();
    return message;
  }

  find(id: string | null): WorldMessage | null {
    return id === null ? null : this.#parts.store.message(id);
  }

  /**
   * A message from a body; one with a nonce that is enforced and was used in the last minutes is not made again.
   *
   * @throws {ApiError} 50035, 50006 or 40005, and nothing is made.
   */
  async create(draft: NewMessage, raw: RawBody): Promise<WorldMessage> {
    const body = parseMessageBody(raw.value, {
      at: raw.at,
      edited: null,
      files: new Map(raw.files.map(({ n, filename }) => [n, filename])),
    });
    checkSizes(raw);
    const known = body.enforce_nonce === true ? this.#byNonce(draft.authorId, body.nonce) : null;
    if (known !== null) return known;
    const attachments = await this.#addFiles(body, raw, draft);
    // While the files were written, the same request may have come again.
    const twin = body.enforce_nonce === true ? this.#byNonce(draft.authorId, body.nonce) : null;
    if (twin !== null) return twin;
    return this.#insert({
      ...this.#blank(draft, body),
      attachmentIds: attachments.map(({ id }) => id),
      embeds: storedEmbeds(body, attachments),
      components: storedComponents(body, attachments),
    });
  }

  /** A person's own message; their files are uploaded before. */
  post(draft: PersonsMessage): WorldMessage {
    const { attachments } = this.#parts;
    const files = draft.attachmentIds.map((id) => {
      const file = attachments.get(id);
      if (file === null) throw apiErrors.unknownMessage();
      return { ...file, placeId: draft.channel.id, isEphemeral: false };
    });
    const body = parseMessageBody(
      { content: draft.content },
      { at: [], edited: null, files: new Map(files.map(({ id, filename }) => [id, filename])) },
    );
    for (const file of files) attachments.put(file);
    const message = this.#blank({ ...draft, ephemeralFor: null, interaction: null }, body);
    return this.#insert({ ...message, attachmentIds: draft.attachmentIds });
  }

  /** "is thinking...": to be filled by the first edit. */
  createLoading(draft: NewMessage): WorldMessage {
    const blank = this.#blank(draft, { flags: 0 });
    return this.#insert({ ...blank, flags: blank.flags | MessageFlags.Loading });
  }

  /**
   * Changes what the body names. Attachments that it does not list are gone, when it lists any; what fills a loading
   * message does not count as an edit.
   *
   * @throws {ApiError} 50035, 50006 or 40005, and nothing is changed.
   */
  async edit(message: WorldMessage, raw: RawBody): Promise<WorldMessage> {
    const { store, clock, events, attachments, world } = this.#parts;
    const old = message.attachmentIds.flatMap((id) => attachments.get(id) ?? []);
    const body = parseMessageBody(raw.value, {
      at: raw.at,
      edited: {
        flags: message.flags,
        content: message.content,
        embeds: message.embeds.length,
        attachments: new Map(old.map(({ id, filename }) => [id, filename])),
      },
      files: new Map(raw.files.map(({ n, filename }) => [n, filename])),
    });
    checkSizes(raw);
    const channel = world.channel(message.channelId);
    const listed = body.attachments;
    const kept = old.filter(({ id }) => !listed || listed.some((one) => one.id === id));
    const added = await this.#addFiles(body, raw, { channel, ephemeralFor: message.ephemeralFor });
    const files = [...kept, ...added];
    // While the files were written, it may have been changed or deleted.
    const current = this.get(message.id);
    const wasLoading = (current.flags & MessageFlags.Loading) !== 0;
    const editedFlags = body.flags & (MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2);
    const changed: WorldMessage = {
      ...current,
      ...(body.content !== undefined && this.#textOf(body, { ...current, channel })),
      flags: (current.flags & ~MessageFlags.Loading) | editedFlags,
      attachmentIds: files.map(({ id }) => id),
      ...(body.embeds !== undefined && { embeds: storedEmbeds(body, files) }),
      ...(body.components !== undefined && { components: storedComponents(body, files) }),
      editedAt: wasLoading ? null : new Date(clock.now()).toISOString(),
      edits: current.edits + 1,
    };
    if (isEmpty(changed)) throw apiErrors.emptyMessage();
    store.putMessage(changed);
    attachments.discard(old.filter((file) => !kept.includes(file)).map(({ id }) => id));
    events.emit("messageUpdate", changed);
    return changed;
  }

  delete(message: WorldMessage): void {
    const deleted = { ...message, isDeleted: true };
    this.#parts.store.putMessage(deleted);
    this.#parts.attachments.discard(deleted.attachmentIds);
    this.#parts.events.emit("messageDelete", deleted);
  }

  /** Takes an ephemeral one out of its user's sight; to the bot it is still there. */
  dismiss(message: WorldMessage): void {
    this.#parts.events.emit("messageDelete", message);
    this.#parts.store.putMessage({ ...message, isDismissed: true });
  }

  react(message: WorldMessage, { emoji, userId, on }: Reaction): void {
    const others = (message.reactions[emoji] ?? []).filter((id) => id !== userId);
    const reactions = { ...message.reactions, [emoji]: on ? [...others, userId] : others };
    if (reactions[emoji]?.length === 0) delete reactions[emoji];
    const changed = { ...message, reactions };
    this.#parts.store.putMessage(changed);
    this.#parts.events.emit("messageUpdate", changed);
  }

  /** A new message with its text, and nothing in it besides. */
  #blank(draft: NewMessage, body: MessageBody): WorldMessage {
    const { ids, clock } = this.#parts;
    return {
      ...this.#textOf(body, draft),
      id: ids.next(),
      channelId: draft.channel.id,
      guildId: draft.channel.guildId,
      authorId: draft.authorId,
      type: draft.type,
      createdAt: new Date(clock.now()).toISOString(),
      editedAt: null,
      // Only the answer to an interaction can be ephemeral, and its draft says so.
      flags: (draft.flags ?? 0) | (body.flags & ~MessageFlags.Ephemeral),
      attachmentIds: [],
      embeds: [],
      components: [],
      nonce: body.nonce ?? null,
      replyToId: draft.replyToId,
      ephemeralFor: draft.ephemeralFor,
      reactions: {},
      interaction: draft.interaction,
      isDeleted: false,
      isDismissed: false,
      edits: 0,
    };
  }

  #insert(message: WorldMessage): WorldMessage {
    this.#parts.store.putMessage(message);
    this.#parts.events.emit("messageCreate", message);
    return message;
  }

  #byNonce(authorId: string, nonce: string | null | undefined): WorldMessage | null {
    if (nonce === undefined || nonce === null) return null;
    const since = snowflakeAt(this.#parts.clock.now() - NONCE_LIFE_MS);
    return this.#parts.store.messageByNonce(authorId, nonce, since);
  }

  async #addFiles(
    body: MessageBody,
    { files }: RawBody,
    place: { channel: WorldChannel; ephemeralFor: string | null },
  ): Promise<WorldAttachment[]> {
    const isEphemeral = place.ephemeralFor !== null;
    const placeId = isEphemeral ? this.#parts.world.botId : place.channel.id;
    return Promise.all(
      files.map(({ n, filename, bytes }) => {
        const listed = body.attachments?.find(({ id }) => id === n);
        return this.#parts.attachments.add({
          filename: listed?.filename ?? filename,
          bytes,
          description: listed?.description ?? null,
          isSpoiler: listed?.is_spoiler === true,
          placeId,
          isEphemeral,
        });
      }),
    );
  }

  /** The text and whom it reaches: only what `allowed_mentions` allows, and in a guild only with the right to. */
  #textOf(
    body: MessageBody,
    { channel, authorId, replyToId }: Pick<NewMessage, "channel" | "authorId" | "replyToId">,
  ): Pick<WorldMessage, "content" | "mentionIds" | "mentionRoleIds" | "mentionsEveryone"> {
    const { world } = this.#parts;
    const content = body.content ?? "";
    const texts = [content];
    for (const { component } of walk(body.components ?? [], []))
      if (component.type === ComponentType.TextDisplay) texts.push(component.content ?? "");
    const whole = texts.join("\n");
    const allowed = body.allowed_mentions;
    const allows = (kind: AllowedMentionsTypes, id: string): boolean => {
      if (!allowed) return true;
      const listed = kind === AllowedMentionsTypes.User ? allowed.users : allowed.roles;
      return allowed.parse?.includes(kind) === true || listed?.includes(id) === true;
    };
    const mentioned = [...whole.matchAll(/<@!?(\d+)>/g)].map(([, id = ""]) => id);
    const users = mentioned.filter((id) => allows(AllowedMentionsTypes.User, id));
    const replied = this.find(replyToId)?.authorId;
    if (replied !== undefined && (allowed?.replied_user ?? !allowed)) users.push(replied);
    const roles = [...whole.matchAll(/<@&(\d+)>/g)].map(([, id = ""]) => id);
    const mayMentionAll = has(
      world.permissionsIn(channel, authorId),
      PermissionFlagsBits.MentionEveryone,
    );
    return {
      content,
      mentionIds: [...new Set(users)],
      mentionRoleIds: [...new Set(roles.filter((id) => allows(AllowedMentionsTypes.Role, id)))],
      mentionsEveryone:
        /@(everyone|here)/.test(whole) &&
        mayMentionAll &&
        allows(AllowedMentionsTypes.Everyone, ""),
    };
  }
}

interface Reaction {
  /** As in the route: a character, or `name:id`. */
  emoji: string;
  userId: string;
  on: boolean;
}

/** @throws {ApiError} 40005 when one file or all together are too large. */
function checkSizes({ files, limit }: RawBody): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const tooLarge = files.some(({ bytes }) => bytes.byteLength > limit);
  if (tooLarge || total > Math.max(REQUEST_LIMIT, limit)) throw apiErrors.entityTooLarge();
}

function isEmpty(message: WorldMessage): boolean {
  const { content, embeds, components, attachmentIds } = message;
  return content.trim() === "" && embeds.length + components.length + attachmentIds.length === 0;
}

/** As it is kept: files by id in place of their names, and a number for every component that has none. */
function storedComponents(
  { components }: MessageBody,
  files: readonly WorldAttachment[],
): APIMessageTopLevelComponent[] {
  const copy = structuredClone(components ?? []) as AnyComponent[];
  const all = [...walk(copy, [])].map(({ component }) => component);
  const taken = new Set(all.map(({ id }) => id));
  let next = 1;
  for (const component of all) {
    for (const { media } of mediaOf(component)) media.url = storedUrl(media.url, files);
    if (component.id !== undefined && component.id !== 0) continue;
    while (taken.has(next)) next += 1;
    component.id = next;
    taken.add(next);
  }
  return copy as unknown as APIMessageTopLevelComponent[];
}

function storedEmbeds({ embeds }: MessageBody, files: readonly WorldAttachment[]): APIEmbed[] {
  const copy = structuredClone(embeds ?? []);
  for (const embed of copy) {
    for (const picture of [embed.image, embed.thumbnail])
      if (picture) picture.url = storedUrl(picture.url, files);
    Object.assign(embed, { type: "rich" });
  }
  return copy as APIEmbed[];
}

function storedUrl(url: string, files: readonly WorldAttachment[]): string {
  if (url.startsWith("attachment://")) {
    const name = cleanFilename(url.slice("attachment://".length));
    const file = files.find(({ filename }) => filename === name);
    return file === undefined ? url : ATTACHMENT_SCHEME + file.id;
  }
  // A message that was read and is written back names its files by their links; those are its own again.
  const linked = /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//.exec(url)?.[1];
  return files.some(({ id }) => id === linked) ? `${ATTACHMENT_SCHEME}${linked}` : url;
}
