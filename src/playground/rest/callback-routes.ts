import {
  type APIApplicationCommandOptionChoice,
  InteractionResponseType as R,
  InteractionType,
  MessageFlags,
  MessageType,
  PermissionFlagsBits,
} from "discord-api-types/v10";
import type { Hono } from "hono";
import { z } from "zod";

import type { Context } from "../context.ts";
import { checkModal } from "../rules/check-components.ts";
import { modalSchema } from "../rules/components.ts";
import { formError, FormErrors, list, parseForm, text } from "../rules/form.ts";
import { isUserInstallOnly } from "../world/interactions.ts";
import type { NewMessage } from "../world/messages.ts";
import { has } from "../world/permissions.ts";
import type { WorldInteraction, WorldMessage } from "../world/types.ts";
import { isTrue, type RequestBody, type RestEnv } from "./request.ts";

const AUTOCOMPLETE_SCHEMA = z.object({
  choices: list(
    z.object({
      name: text(1, 100),
      name_localizations: z.record(z.string(), z.string().nullable()).nullish(),
      value: z.union([text(0, 100), z.number()]),
    }),
    0,
    25,
  ),
});
type AnswerType =
  | R.ChannelMessageWithSource
  | R.DeferredChannelMessageWithSource
  | R.DeferredMessageUpdate
  | R.UpdateMessage
  | R.ApplicationCommandAutocompleteResult
  | R.Modal;
/** Which answers each kind of interaction may get. */
const ALLOWED: Record<InteractionType, readonly AnswerType[]> = {
  [InteractionType.Ping]: [],
  [InteractionType.ApplicationCommand]: [4, 5, 9],
  [InteractionType.MessageComponent]: [4, 5, 6, 7, 9],
  [InteractionType.ApplicationCommandAutocomplete]: [8],
  [InteractionType.ModalSubmit]: [4, 5, 6, 7],
};

/** `POST /interactions/ID/TOKEN/callback`: the first answer. */
export function callbackRoutes(rest: Hono<RestEnv>, context: Context): void {
  rest.post("/interactions/:id/:token/callback", async (c) => {
    const { id, token } = c.req.param();
    const body = c.get("body");
    const message = await context.interactions.answer({ id, token }, async (interaction) => {
      const type = answerType(interaction, body.value);
      return [type, await answer(context, { interaction, type, body })] as const;
    });
    const interaction = context.interactions.find(id);
    if (!isTrue(c.req.query("with_response")) || interaction === null) return c.body(null, 204);
    return c.json(callbackResponse(context, interaction, message));
  });
}

function answerType(interaction: WorldInteraction, value: unknown): AnswerType {
  const { type } = parseForm(z.object({ type: z.int() }), value);
  // A dialog that no component opened has no message that could be updated.
  const allowed = ALLOWED[interaction.type].filter(
    (one) =>
      interaction.messageId !== null ||
      (one !== R.DeferredMessageUpdate && one !== R.UpdateMessage),
  );
  const found = allowed.find((one) => one === (type as R));
  if (found !== undefined) return found;
  throw formError(["type"], "BASE_TYPE_CHOICES", `Value must be one of {${allowed.join(", ")}}.`);
}

interface Answer {
  interaction: WorldInteraction;
  type: AnswerType;
  body: RequestBody;
}

/** Carries the answer out. @returns the message that it made or changed. */
async function answer(context: Context, given: Answer): Promise<WorldMessage | null> {
  const { interaction, type, body } = given;
  const { events, interactions } = context;
  const data = (body.value as { data?: unknown }).data;
  const succeed = () =>
    events.emit("client", interaction.userId, {
      type: "interaction_success",
      interactionId: interaction.id,
    });
  switch (type) {
    case R.ChannelMessageWithSource:
    case R.DeferredChannelMessageWithSource: {
      const message = await reply(context, given);
      interactions.save({ ...interaction, originalMessageId: message.id });
      succeed();
      return message;
    }
    case R.DeferredMessageUpdate:
    case R.UpdateMessage: {
      const target = context.messages.get(interaction.messageId ?? "0");
      const isDeferred = type === R.DeferredMessageUpdate;
      const message = isDeferred
        ? target
        : await context.messages.edit(target, {
            value: data,
            at: ["data"],
            files: body.files,
            limit: interaction.attachmentSizeLimit,
          });
      interactions.save({ ...interaction, originalMessageId: message.id });
      succeed();
      return message;
    }
    case R.ApplicationCommandAutocompleteResult: {
      const { choices } = parseForm(AUTOCOMPLETE_SCHEMA, data, ["data"]);
      events.emit("client", interaction.userId, {
        type: "autocomplete",
        interactionId: interaction.id,
        choices: choices as APIApplicationCommandOptionChoice[],
      });
      return null;
    }
    case R.Modal: {
      openModal(context, interaction, data);
      succeed();
      return null;
    }
  }
}

function openModal(context: Context, interaction: WorldInteraction, data: unknown): void {
  const modal = parseForm(modalSchema, data, ["data"]);
  const errors = new FormErrors();
  checkModal(errors, modal.components);
  errors.throwIfAny();
  // The page and the answer's payload number components as Discord does: each parent before its child.
  const numbered = numberComponents(modal) as NonNullable<WorldInteraction["modal"]>;
  context.interactions.save({ ...interaction, modal: numbered });
  context.events.emit("client", interaction.userId, {
    type: "modal",
    interactionId: interaction.id,
    channelId: interaction.channelId,
    modal: numbered,
  });
}

function numberComponents(modal: z.infer<typeof modalSchema>): unknown {
  let next = 1;
  const number = (component: object): object => {
    const own = { id: next, ...component };
    next += 1;
    if ("component" in component)
      return { ...own, component: number(component.component as object) };
    if ("components" in component)
      return { ...own, components: (component.components as object[]).map(number) };
    return own;
  };
  return { ...modal, components: modal.components.map(number) };
}

async function reply(context: Context, { interaction, type, body }: Answer): Promise<WorldMessage> {
  const data = (body.value as { data?: unknown }).data;
  const flags = z.object({ flags: z.int().nullish() }).safeParse(data ?? {}).data?.flags ?? 0;
  const isEphemeral =
    (flags & MessageFlags.Ephemeral) !== 0 || mustBeEphemeral(context, interaction);
  const draft = responseDraft(context, interaction, { isEphemeral, isFollowUp: false });
  if (type === R.DeferredChannelMessageWithSource) return context.messages.createLoading(draft);
  return context.messages.create(draft, {
    value: data,
    at: ["data"],
    files: body.files,
    limit: interaction.attachmentSizeLimit,
  });
}

/** A message that answers an interaction, as its first answer or a later one. */
export function responseDraft(
  { world, interactions }: Context,
  interaction: WorldInteraction,
  { isEphemeral, isFollowUp }: { isEphemeral: boolean; isFollowUp: boolean },
): NewMessage {
  const isOfCommand = interaction.command !== null && !isFollowUp;
  const isContextMenu = interaction.targetMessageId !== null || interaction.targetUserId !== null;
  const commandMessage = isContextMenu
    ? MessageType.ContextMenuCommand
    : MessageType.ChatInputCommand;
  const replyToId = isFollowUp ? interaction.originalMessageId : interaction.messageId;
  const answerMessage = replyToId === null ? MessageType.Default : MessageType.Reply;
  return {
    channel: world.channel(interaction.channelId),
    authorId: world.botId,
    type: isOfCommand ? commandMessage : answerMessage,
    flags: isEphemeral ? MessageFlags.Ephemeral : 0,
    ephemeralFor: isEphemeral ? interaction.userId : null,
    interaction: interactions.describe(interaction, isFollowUp),
    replyToId,
  };
}

/** Where only the user has installed the application and may not use such applications in the channel. */
export function mustBeEphemeral({ world }: Context, interaction: WorldInteraction): boolean {
  if (!isUserInstallOnly(interaction) || interaction.guildId === null) return false;
  const bits = world.permissionsIn(world.channel(interaction.channelId), interaction.userId);
  return !has(bits, PermissionFlagsBits.UseExternalApps);
}

function callbackResponse(
  { render, origin }: Context,
  interaction: WorldInteraction,
  message: WorldMessage | null,
): object {
  const type = interaction.state.name === "answered" ? interaction.state.with : null;
  const hasResource = type === R.ChannelMessageWithSource || type === R.UpdateMessage;
  return {
    interaction: {
      id: interaction.id,
      type: interaction.type,
      ...(message !== null && {
        response_message_id: message.id,
        response_message_loading: (message.flags & MessageFlags.Loading) !== 0,
        response_message_ephemeral: message.ephemeralFor !== null,
      }),
    },
    ...(hasResource &&
      message !== null && { resource: { type, message: render.message(message, origin()) } }),
  };
}
