import { MessageType, PermissionFlagsBits as P } from "discord-api-types/v10";
import { type Context as HonoContext, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";

import type { ClientAttachment } from "../client-api.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../rules/api-error.ts";
import { has } from "../world/permissions.ts";
import { isSnowflake } from "../world/snowflake.ts";
import { beginInteraction, interactionSchema } from "./begin-interaction.ts";
import { changeRoutes } from "./change-routes.ts";
import { eventStream } from "./event-stream.ts";
import { jsonOf } from "./json.ts";
import { Refusal } from "./refusal.ts";
import { clientMessage, clientState } from "./state.ts";

const messageSchema = z.object({
  userId: z.string(),
  channelId: z.string(),
  content: z.string(),
  attachmentIds: z.array(z.string()).max(10).optional(),
  replyToId: z.string().optional(),
});

/** Discord's highest limit of one file, and what is around it. */
const MAX_BODY_BYTES = 110 * 2 ** 20;

/** The page's own API; `client-api.ts` says what it takes and gives. */
export function createClient(context: Context): Hono {
  const client = new Hono();
  client.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  client.onError((error, c) => {
    if (error instanceof Refusal)
      return c.json(
        { message: error.message, ...(error.field && { field: error.field }) },
        error.status,
      );
    // The world's own errors are Discord's; the page shows their sentence.
    if (error instanceof ApiError)
      return Response.json({ message: sentence(error) }, { status: error.status });
    context.log.error({ err: error, path: c.req.path }, "A request of the page failed");
    return c.json({ message: "Something went wrong in the playground." }, 500);
  });
  const userOf = (c: HonoContext): string => {
    const id = c.req.query("user") ?? context.world.people[0]?.user.id ?? "";
    return context.world.user(id).user.id;
  };

  client.get("/state", (c) => c.json(clientState(context, userOf(c))));
  client.get("/events", (c) => eventStream(context, c, userOf(c)));
  client.post("/interactions", async (c) => {
    const parsed = interactionSchema.safeParse(await jsonOf(c));
    if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
    const { id } = beginInteraction(context, parsed.data);
    return c.json({ interactionId: id });
  });
  client.post("/attachments", async (c) => c.json(await upload(context, c, userOf(c))));
  messageRoutes(client, context, userOf);
  changeRoutes(client, context);
  client.all("*", () => {
    throw new Refusal(404, "There is no such address.");
  });
  return client;
}

function messageRoutes(client: Hono, context: Context, userOf: (c: HonoContext) => string): void {
  const { world, store, messages } = context;
  client.get("/channels/:channel/messages", (c) => {
    const userId = userOf(c);
    const channel = world.channel(c.req.param("channel"));
    if (!world.canSee(channel, userId))
      throw new Refusal(403, "This user does not see this channel.");
    const limit = Math.min(Number(c.req.query("limit") ?? 50) || 50, 100);
    const before = c.req.query("before");
    if (before !== undefined && !isSnowflake(before))
      throw new Refusal(400, "before is not an id.", "before");
    const query = { channelId: channel.id, before, limit: limit + 1, viewerId: userId };
    const found = store.messages(query);
    const shown = found.slice(0, limit).reverse();
    return c.json({
      messages: shown.map((message) => clientMessage(context, message)),
      hasMore: found.length > limit,
    });
  });
  client.post("/messages", async (c) => {
    const parsed = messageSchema.safeParse(await jsonOf(c));
    if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
    const { userId, channelId, content, attachmentIds = [], replyToId } = parsed.data;
    const channel = world.channel(channelId);
    if (!has(world.permissionsIn(channel, userId), P.SendMessages))
      throw new Refusal(403, "You do not have permission to send messages in this channel.");
    const message = messages.post({
      channel,
      authorId: userId,
      content,
      attachmentIds,
      type: replyToId === undefined ? MessageType.Default : MessageType.Reply,
      replyToId: replyToId === undefined ? null : messages.get(replyToId, channel.id).id,
    });
    return c.json(clientMessage(context, message));
  });
  client.delete("/channels/:channel/messages/:message", (c) => {
    const userId = userOf(c);
    const channel = world.channel(c.req.param("channel"));
    const message = messages.get(c.req.param("message"), channel.id);
    const mayManage =
      channel.guildId !== null && has(world.permissionsIn(channel, userId), P.ManageMessages);
    const isOwn = message.authorId === userId || message.ephemeralFor === userId;
    if (!isOwn && (!mayManage || message.ephemeralFor !== null))
      throw new Refusal(403, "Only its author or a moderator can delete this message.");
    if (message.ephemeralFor === null) messages.delete(message);
    else messages.dismiss(message);
    return c.body(null, 204);
  });
}

async function upload(context: Context, c: HonoContext, userId: string): Promise<ClientAttachment> {
  const { world, attachments } = context;
  const channel = world.channel(c.req.query("channel") ?? "");
  if (!world.canSee(channel, userId))
    throw new Refusal(403, "This user does not see this channel.");
  const limit = world.attachmentLimit(channel.guildId);
  const tooLarge = new Refusal(413, `Files may have up to ${limit / 2 ** 20} MiB here.`);
  // A multipart body is a little longer than its file.
  if (Number(c.req.header("content-length") ?? 0) > limit + 64 * 1024) throw tooLarge;
  const file = (await c.req.formData()).get("file");
  if (!(file instanceof File)) throw new Refusal(400, "Send one file in the field file.");
  if (file.size > limit) throw tooLarge;
  const attachment = await attachments.add({
    filename: file.name,
    bytes: await file.bytes(),
    description: null,
    isSpoiler: false,
    placeId: world.botId,
    isEphemeral: true,
  });
  return {
    id: attachment.id,
    filename: attachment.filename,
    size: attachment.sizeBytes,
    content_type: attachment.contentType,
    url: attachments.url(attachment, ""),
  };
}

/** Discord's code in front of its words, and the fields that it names. */
function sentence({ code, message, errors }: ApiError): string {
  return `${message} (${code})${errors === undefined ? "" : `: ${JSON.stringify(errors)}`}`;
}
