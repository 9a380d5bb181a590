import { MessageFlags } from "discord-api-types/v10";
import type { Hono } from "hono";
import { z } from "zod";

import type { Context } from "../context.ts";
import { apiErrors } from "../rules/api-error.ts";
import { isUserInstallOnly } from "../world/interactions.ts";
import type { WorldInteraction, WorldMessage } from "../world/types.ts";
import { mustBeEphemeral, responseDraft } from "./callback-routes.ts";
import type { RestContext, RestEnv } from "./request.ts";

const MAX_FOLLOW_UPS_OF_USER_INSTALL = 5;

/** What a bot does with an interaction's token after its first answer, for 15 minutes. */
export function webhookRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { messages, interactions, render, origin } = context;
  const interactionOf = (c: RestContext): WorldInteraction => {
    if (c.req.param("app") !== context.world.botId) throw apiErrors.unknownWebhook();
    return interactions.byToken(c.req.param("token") ?? "");
  };
  const messageOf = (c: RestContext): { interaction: WorldInteraction; message: WorldMessage } => {
    const interaction = interactionOf(c);
    const id = c.req.param("message") ?? "";
    const { originalMessageId, followUpIds } = interaction;
    const isOriginal = id === "@original" || id === originalMessageId;
    if (!isOriginal && !followUpIds.includes(id)) throw apiErrors.unknownMessage();
    return { interaction, message: messages.get(isOriginal ? (originalMessageId ?? "0") : id) };
  };
  const rawBody = (c: RestContext, { attachmentSizeLimit }: WorldInteraction) => ({
    ...c.get("body"),
    at: [],
    limit: attachmentSizeLimit,
  });

  rest.post("/webhooks/:app/:token", async (c) => {
    const interaction = interactionOf(c);
    const original = messages.find(interaction.originalMessageId);
    // Discord fills the waiting message, for bots that were written before one could edit it.
    if (original !== null && (original.flags & MessageFlags.Loading) !== 0) {
      const filled = await messages.edit(original, rawBody(c, interaction));
      return c.json(render.message(filled, origin()));
    }
    const isLimited = isUserInstallOnly(interaction);
    if (isLimited && interaction.followUpIds.length >= MAX_FOLLOW_UPS_OF_USER_INSTALL)
      throw apiErrors.tooManyFollowUps();
    const message = await messages.create(
      responseDraft(context, interaction, {
        isEphemeral: wantsEphemeral(c) || mustBeEphemeral(context, interaction),
        isFollowUp: true,
      }),
      rawBody(c, interaction),
    );
    const current = interactions.find(interaction.id) ?? interaction;
    interactions.save({ ...current, followUpIds: [...current.followUpIds, message.id] });
    return c.json(render.message(message, origin()));
  });
  rest.get("/webhooks/:app/:token/messages/:message", (c) =>
    c.json(render.message(messageOf(c).message, origin())),
  );
  rest.patch("/webhooks/:app/:token/messages/:message", async (c) => {
    const { interaction, message } = messageOf(c);
    const edited = await messages.edit(message, rawBody(c, interaction));
    return c.json(render.message(edited, origin()));
  });
  rest.delete("/webhooks/:app/:token/messages/:message", (c) => {
    messages.delete(messageOf(c).message);
    return c.body(null, 204);
  });
}

function wantsEphemeral(c: RestContext): boolean {
  const parsed = z.object({ flags: z.int().nullish() }).safeParse(c.get("body").value ?? {});
  return ((parsed.data?.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
}
