import type {
  AnySelectMenuInteraction,
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from "discord.js";
import type { Logger } from "pino";

import type { AttachmentFinder } from "../generation/attachment.ts";
import type { GenerationPort } from "../generation/generation-port.ts";
import type { Messenger } from "../generation/messenger.ts";
import type { Administration } from "../generation/policy/administration.ts";
import { Refusal } from "../generation/refusal.ts";
import type { CustomId, CustomIds } from "./custom-id.ts";
import type { PictureMemory } from "./picture-memory.ts";

/** What every command and component may use. */
export interface Context {
  readonly generation: GenerationPort;
  readonly administration: Administration;
  readonly customIds: CustomIds;
  /** Finds pictures again by their messages. */
  readonly attachments: AttachmentFinder;
  /** Of messages for which a dialog is open. */
  readonly pictureMemory: PictureMemory;
  /** Shows a job's place in the queue; what comes after is the job loop's. */
  readonly messenger: Pick<Messenger, "update">;
  /** Whether a user owns the bot: the application's owner, or a member of its team. */
  readonly isOwner: (userId: string) => boolean;
  /** Discord's ids of the registered slash commands by their names; empty where they could not be read. */
  readonly commandIds: () => ReadonlyMap<string, string>;
  readonly log: Logger;
}

/**
 * How the dispatcher answers within Discord's 3 seconds, before anything else is done:
 * - `private`, `public`: a deferred reply, which the handler edits (`interaction.editReply`);
 * - `update`: the message of the pressed component stays and is edited later (`interaction.editReply`);
 * - `own`: the handler answers itself, by a modal or an immediate update, with its first statement and without waiting.
 *
 * An error's reply is always private.
 */
export type Acknowledgement = "private" | "public" | "update" | "own";

interface Handler<Interaction> {
  readonly acknowledge:
    | Acknowledgement
    | ((interaction: Interaction, context: Context) => Acknowledgement);
  /** @throws {UserError} what the member is told; anything else is a bug, shown as an apology with an id */
  readonly execute: (interaction: Interaction, context: Context) => Promise<void>;
}

export interface SlashCommand extends Handler<ChatInputCommandInteraction> {
  readonly kind: "slash";
  readonly data: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Choices for the option being typed; an error or a late answer shows none. */
  readonly autocomplete?: (
    interaction: AutocompleteInteraction,
    context: Context,
  ) => Promise<readonly Choice[]>;
}

/** At most 25 are shown; names and values are cut to 100 characters by the dispatcher. */
export interface Choice {
  readonly name: string;
  /** As the option's type is. */
  readonly value: string | number;
}

/** An entry of a message's context menu. */
export interface MessageCommand extends Handler<MessageContextMenuCommandInteraction> {
  readonly kind: "message";
  readonly data: RESTPostAPIContextMenuApplicationCommandsJSONBody;
}

export type Command = SlashCommand | MessageCommand;

export type ComponentInteraction =
  | ButtonInteraction
  | AnySelectMenuInteraction
  | ModalSubmitInteraction;

/** What happens when a button or select is used or a modal is sent whose custom id names `action`. */
export interface Component<Interaction extends ComponentInteraction = ComponentInteraction> {
  readonly action: string;
  readonly acknowledge:
    | Acknowledgement
    | ((interaction: Interaction, target: CustomId) => Acknowledgement);
  readonly execute: (interaction: Interaction, target: CustomId, context: Context) => Promise<void>;
}

/** A component for buttons only; others with its action are answered as foreign ones. */
export function button(component: Component<ButtonInteraction>): Component {
  return narrowed(component, (interaction) => interaction.isButton());
}

/** As {@link button}, for selects of every kind. */
export function select(component: Component<AnySelectMenuInteraction>): Component {
  return narrowed(component, (interaction) => interaction.isAnySelectMenu());
}

/** As {@link button}, for modals. */
export function modal(component: Component<ModalSubmitInteraction>): Component {
  return narrowed(component, (interaction) => interaction.isModalSubmit());
}

function narrowed<Interaction extends ComponentInteraction>(
  { action, acknowledge, execute }: Component<Interaction>,
  fits: (interaction: ComponentInteraction) => interaction is Interaction,
): Component {
  return {
    action,
    acknowledge: (interaction, target) => {
      if (typeof acknowledge !== "function") return acknowledge;
      return fits(interaction) ? acknowledge(interaction, target) : "private";
    },
    execute: async (interaction, target, context) => {
      if (!fits(interaction)) throw new Refusal("refusal.forged");
      await execute(interaction, target, context);
    },
  };
}
