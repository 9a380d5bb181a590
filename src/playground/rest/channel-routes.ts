import { MessageType, PermissionFlagsBits as P } from "discord-api-types/v10";
import type { Hono } from "hono";
import { z } from "zod";

import type { Context } from "../context.ts";
import { redact } from "../gateway/publish.ts";
import { apiErrors } from "../rules/api-error.ts";
import { formError } from "../rules/form.ts";
import { has } from "../world/permissions.ts";
import type { WorldChannel, WorldMessage } from "../world/types.ts";
import { queryIds, queryInteger, type RestContext, type RestEnv } from "./request.ts";

const referenceSchema = z.object({
  message_reference: z
    .object({ message_id: z.string(), fail_if_not_exists: z.boolean().nullish() })
    .nullish(),
});

/** Channels and the bot's own messages in them, by its token and its permissions. */
export function channelRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { messages, render, origin } = context;
  rest.get("/channels/:channel", (c) => c.json(render.channel(visible(context, c))));
  messageRoutes(rest, context);
  reactionRoutes(rest, context);

  rest.post("/channels/:channel/typing", (c) => {
    const channel = writable(context, c);
    context.events.emit("typing", channel.id, context.world.botId);
    return c.body(null, 204);
  });
  rest.post("/attachments/refresh-urls", (c) => {
    const schema = z.object({ attachment_urls: z.array(z.string()).max(50) });
    const parsed = schema.safeParse(c.get("body").value);
    if (!parsed.success)
      throw formError(["attachment_urls"], "BASE_TYPE_REQUIRED", "This field is required");
    const refreshed = parsed.data.attachment_urls.map((original) => {
      const attachment = context.attachments.byPath(original);
      return {
        original,
        refreshed: attachment === null ? null : context.attachments.url(attachment, origin()),
      };
    });
    return c.json({ refreshed_urls: refreshed });
  });
  rest.post("/channels/:channel/messages/bulk-delete", (c) => {
    const channel = visible(context, c);
    needs(context, channel, P.ManageMessages);
    const parsed = z
      .object({ messages: z.array(z.string()).min(2).max(100) })
      .safeParse(c.get("body").value);
    if (!parsed.success)
      throw formError(["messages"], "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.");
    for (const id of parsed.data.messages) {
      const message = messages.find(id);
      if (message?.channelId === channel.id) messages.delete(message);
    }
    return c.body(null, 204);
  });
}

function messageRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { messages, world, render, origin, gateway } = context;
  /** As this bot may read it; ephemeral ones are nobody's to fetch. */
  const show = (message: WorldMessage) =>
    redact(render.message(message, origin()), {
      botId: world.botId,
      intents: gateway.allowedIntents,
      isDirect: message.guildId === null,
    });
  const readable = (c: RestContext): { channel: WorldChannel; message: WorldMessage } => {
    const channel = visible(context, c);
    const message = messages.get(c.req.param("message") ?? "", channel.id);
    if (message.ephemeralFor !== null) throw apiErrors.unknownMessage();
    return { channel, message };
  };

  rest.get("/channels/:channel/messages", (c) => {
    const channel = visible(context, c);
    const limit = queryInteger(c, "limit", { initial: 50, max: 100 });
    if (!has(world.permissionsIn(channel, world.botId), P.ReadMessageHistory)) return c.json([]);
    return c.json(page(context, channel.id, { ...queryIds(c), limit }).map(show));
  });
  rest.get("/channels/:channel/messages/:message", (c) => {
    const { channel, message } = readable(c);
    needs(context, channel, P.ReadMessageHistory);
    return c.json(show(message));
  });
  rest.post("/channels/:channel/messages", async (c) => {
    const channel = writable(context, c);
    const body = c.get("body");
    if (body.files.length > 0) needs(context, channel, P.AttachFiles);
    const message = await messages.create(
      {
        channel,
        authorId: world.botId,
        type:
          replyOf(context, channel, body.value) === null ? MessageType.Default : MessageType.Reply,
        ephemeralFor: null,
        interaction: null,
        replyToId: replyOf(context, channel, body.value),
      },
      { ...body, at: [], limit: world.attachmentLimit(channel.guildId) },
    );
    return c.json(show(message));
  });
  rest.patch("/channels/:channel/messages/:message", async (c) => {
    const { channel, message } = readable(c);
    if (message.authorId !== world.botId) throw apiErrors.foreignMessage();
    const limit = world.attachmentLimit(channel.guildId);
    const edited = await messages.edit(message, { ...c.get("body"), at: [], limit });
    return c.json(show(edited));
  });
  rest.delete("/channels/:channel/messages/:message", (c) => {
    const { channel, message } = readable(c);
    if (message.authorId !== world.botId) needs(context, channel, P.ManageMessages);
    messages.delete(message);
    return c.body(null, 204);
  });
}

function reactionRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { messages, world } = context;
  const path = "/channels/:channel/messages/:message/reactions/:emoji/@me";
  for (const on of [true, false])
    rest.on(on ? "PUT" : "DELETE", path, (c) => {
      const channel = visible(context, c);
      if (on) needs(context, channel, P.AddReactions);
      const message = messages.get(c.req.param("message") ?? "", channel.id);
      messages.react(message, { emoji: c.req.param("emoji") ?? "", userId: world.botId, on });
      return c.body(null, 204);
    });
}

interface PageQuery {
  before: string | undefined;
  after: string | undefined;
  around: string | undefined;
  limit: number;
}

/** Newest first, whichever way they were asked for. */
function page(
  { store }: Context,
  channelId: string,
  { before, after, around, limit }: PageQuery,
): WorldMessage[] {
  if (around !== undefined) {
    const half = Math.ceil(limit / 2);
    const next = (BigInt(around) + 1n).toString();
    const older = store.messages({ channelId, before: next, limit: half });
    const newer = store.messages({ channelId, after: around, limit: limit - half });
    return [...newer.toReversed(), ...older];
  }
  const found = store.messages({ channelId, before, after, limit });
  return after === undefined ? found : found.toReversed();
}

/** @throws {ApiError} 10003 of a channel that is not there, 50001 of one that the bot does not see. */
function visible({ world }: Context, c: RestContext): WorldChannel {
  const channel = world.channel(c.req.param("channel") ?? "");
  const isMember = channel.guildId === null || world.guild(channel.guildId).hasBot;
  if (!isMember || !world.canSee(channel, world.botId)) throw apiErrors.missingAccess();
  return channel;
}

/** @throws {ApiError} also 50013 where the bot may not write, 50007 to a user who allows no direct messages. */
function writable(context: Context, c: RestContext): WorldChannel {
  const channel = visible(context, c);
  needs(context, channel, P.SendMessages);
  const { recipientId } = channel;
  if (recipientId !== null && !context.world.user(recipientId).allowsDirectMessages)
    throw apiErrors.cannotMessageUser();
  return channel;
}

/** @throws {ApiError} 50013 */
function needs({ world }: Context, channel: WorldChannel, bit: bigint): void {
  if (!has(world.permissionsIn(channel, world.botId), bit)) throw apiErrors.missingPermissions();
}

/** The message that a new one answers, or null. @throws {ApiError} 50035 when it is not there and must be. */
function replyOf({ messages }: Context, channel: WorldChannel, value: unknown): string | null {
  const reference = referenceSchema.safeParse(value ?? {}).data?.message_reference;
  if (!reference) return null;
  const found = messages.find(reference.message_id);
  if (found?.channelId === channel.id) return found.id;
  if (reference.fail_if_not_exists === false) return null;
  throw formError(["message_reference"], "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
}
