import { ApplicationCommandType, ComponentType, InteractionType } from "discord-api-types/v10";
import { z } from "zod";

import type { Context } from "../context.ts";
import { walk } from "../rules/check-components.ts";
import type { NewInteraction } from "../world/interactions.ts";
import type { WorldChannel, WorldCommand, WorldInteraction, WorldMessage } from "../world/types.ts";
import { chosenValues, type FieldDefinition, filledComponents } from "./modal-fields.ts";
import { fillOptions, givenOptionSchema, subcommandNames } from "./options.ts";
import { Refusal } from "./refusal.ts";
import { Resolved } from "./resolved.ts";
import { contextOf, integrationOwners, usableCommands } from "./usable-commands.ts";

const id = z.string().regex(/^\d{1,19}$/);
const actor = { userId: id, channelId: id };
const options = z.array(givenOptionSchema).max(25);
export const interactionSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("command"), ...actor, commandId: id, options }),
  z.object({ type: z.literal("autocomplete"), ...actor, commandId: id, options }),
  z.object({ type: z.literal("context_menu"), ...actor, commandId: id, targetId: id }),
  z.object({
    type: z.literal("component"),
    ...actor,
    messageId: id,
    customId: z.string(),
    values: z.array(z.string()).max(25).optional(),
  }),
  z.object({
    type: z.literal("modal_submit"),
    ...actor,
    interactionId: id,
    fields: z.array(
      z.object({
        customId: z.string(),
        value: z.union([z.string(), z.array(z.string()), z.boolean(), z.null()]),
      }),
    ),
  }),
]);
type Given = z.infer<typeof interactionSchema>;
type GivenCommand = Extract<Given, { type: "command" | "autocomplete" }>;
/** What one kind of interaction adds to all others. */
interface Part {
  type: InteractionType;
  data: object;
  record: Partial<NewInteraction>;
  message?: WorldMessage;
}

/**
 * A user's click or command on its way to the bot.
 *
 * @throws {Refusal} of what Discord's client or server would not let through.
 */
export function beginInteraction(context: Context, given: Given): WorldInteraction {
  const { world, interactions, gateway, render, origin } = context;
  const channel = world.channel(given.channelId);
  if (!world.canSee(channel, given.userId))
    throw new Refusal(403, "This user does not see this channel.");
  const resolved = new Resolved(context, channel, given.userId);
  const part = partOf(context, given, { channel, resolved });
  const owners = integrationOwners(context, channel, given.userId);
  const attachmentSizeLimit = world.attachmentLimit(channel.guildId);
  const interaction = interactions.begin({
    type: part.type,
    userId: given.userId,
    channelId: channel.id,
    guildId: channel.guildId,
    context: contextOf(channel),
    owners,
    command: null,
    messageId: null,
    targetMessageId: null,
    targetUserId: null,
    openedBy: null,
    attachmentSizeLimit,
    ...part.record,
  });
  const payload = {
    ...sender(context, channel, given.userId),
    version: 1,
    id: interaction.id,
    application_id: world.botId,
    type: part.type,
    token: interaction.token,
    data: { ...part.data, ...(resolved.value !== undefined && { resolved: resolved.value }) },
    ...(part.message !== undefined && { message: render.message(part.message, origin()) }),
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: owners,
    context: contextOf(channel),
    attachment_size_limit: attachmentSizeLimit,
  };
  gateway.dispatch("INTERACTION_CREATE", payload, { guildId: channel.guildId, intents: 0 });
  return interaction;
}

/** Who did it and where, with what they and the bot may do there. */
function sender({ world, render }: Context, channel: WorldChannel, userId: string): object {
  const { locale, user } = world.user(userId);
  const permissions = world.permissionsIn(channel, userId).toString();
  const { permission_overwrites: _, ...partialChannel } = render.channel(
    channel,
  ) as unknown as Record<string, unknown>;
  const common = {
    channel_id: channel.id,
    channel: { ...partialChannel, permissions },
    app_permissions: world.permissionsIn(channel, world.botId).toString(),
    locale,
  };
  if (channel.guildId === null) return { ...common, user };
  const guild = world.guild(channel.guildId);
  return {
    ...common,
    guild_id: guild.id,
    guild: { id: guild.id, locale: guild.preferredLocale, features: [] },
    guild_locale: guild.preferredLocale,
    member: { ...render.member(world.member(guild.id, userId)), permissions },
  };
}

interface Place {
  channel: WorldChannel;
  resolved: Resolved;
}

function partOf(context: Context, given: Given, place: Place): Part {
  switch (given.type) {
    case "command":
    case "autocomplete":
      return commandPart(context, given, place);
    case "context_menu":
      return contextMenuPart(context, given, place);
    case "component":
      return componentPart(context, given, place);
    case "modal_submit":
      return modalPart(context, given, place);
  }
}

function commandPart(context: Context, given: GivenCommand, { channel, resolved }: Place): Part {
  const command = usableCommand(context, given, channel);
  const isAutocomplete = given.type === "autocomplete";
  const filled = fillOptions(command.options ?? [], given.options, { resolved, isAutocomplete });
  const name = [command.name, ...subcommandNames(given.options)].join(" ");
  return {
    type: isAutocomplete
      ? InteractionType.ApplicationCommandAutocomplete
      : InteractionType.ApplicationCommand,
    data: {
      id: command.id,
      name: command.name,
      type: command.type,
      ...(command.guild_id !== undefined && { guild_id: command.guild_id }),
      ...(filled.length > 0 && { options: filled }),
    },
    record: { command: { name, type: command.type } },
  };
}

function contextMenuPart(
  context: Context,
  given: Extract<Given, { type: "context_menu" }>,
  { channel, resolved }: Place,
): Part {
  const command = usableCommand(context, given, channel);
  const { targetId } = given;
  const isOnMessage = command.type === ApplicationCommandType.Message;
  if (isOnMessage)
    resolved.addMessage(visibleMessage(context, { channel, id: targetId, userId: given.userId }));
  else resolved.addUser(targetId);
  return {
    type: InteractionType.ApplicationCommand,
    data: { id: command.id, name: command.name, type: command.type, target_id: targetId },
    record: {
      command: { name: command.name, type: command.type },
      ...(isOnMessage ? { targetMessageId: targetId } : { targetUserId: targetId }),
    },
  };
}

function usableCommand(
  context: Context,
  given: { commandId: string; userId: string; type: Given["type"] },
  channel: WorldChannel,
): WorldCommand {
  const command = usableCommands(context, channel, given.userId).find(
    (one) => one.id === given.commandId,
  );
  if (command === undefined)
    throw new Refusal(403, "This command is not there, or this user may not use it here.");
  if ((command.type === ApplicationCommandType.ChatInput) === (given.type === "context_menu"))
    throw new Refusal(400, "This command is of another kind.");
  return command;
}

function componentPart(
  context: Context,
  given: Extract<Given, { type: "component" }>,
  { channel, resolved }: Place,
): Part {
  const message = visibleMessage(context, { channel, id: given.messageId, userId: given.userId });
  const found = [...walk(message.components, [])].find(
    ({ component }) => component.custom_id === given.customId,
  );
  if (found === undefined)
    throw new Refusal(404, "The message has no such control.", given.customId);
  const component = found.component as FieldDefinition & { disabled?: boolean };
  if (component.disabled === true)
    throw new Refusal(400, "This control is disabled.", given.customId);
  const isSelect = component.type !== ComponentType.Button;
  return {
    type: InteractionType.MessageComponent,
    data: {
      custom_id: given.customId,
      component_type: component.type,
      id: component.id,
      ...(isSelect && { values: chosenValues(component, given.values ?? [], resolved) }),
    },
    record: { messageId: message.id },
    message,
  };
}

function modalPart(
  context: Context,
  given: Extract<Given, { type: "modal_submit" }>,
  { resolved }: Place,
): Part {
  const opening = context.interactions.find(given.interactionId);
  if (opening?.modal === null || opening?.userId !== given.userId)
    throw new Refusal(404, "There is no such dialog.");
  const message = context.messages.find(opening.messageId);
  return {
    type: InteractionType.ModalSubmit,
    data: {
      custom_id: opening.modal.custom_id,
      components: filledComponents(opening.modal.components, given.fields, resolved),
    },
    record: { openedBy: opening.id, messageId: message?.id ?? null },
    ...(message !== null && { message }),
  };
}

function visibleMessage(
  { messages }: Context,
  { channel, id: messageId, userId }: { channel: WorldChannel; id: string; userId: string },
): WorldMessage {
  const message = messages.find(messageId);
  const isHidden = message?.ephemeralFor !== null && message?.ephemeralFor !== userId;
  if (message?.channelId !== channel.id || isHidden)
    throw new Refusal(404, "This message is not there.");
  return message;
}
