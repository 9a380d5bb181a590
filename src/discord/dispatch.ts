import { randomUUID } from "node:crypto";

import {
  type AutocompleteInteraction,
  type Interaction,
  MessageFlags,
  type RepliableInteraction,
} from "discord.js";

import { Refusal } from "../generation/refusal.ts";
import { translate } from "../i18n/translate.ts";
import { cut } from "./cards/components.ts";
import type {
  Acknowledgement,
  Command,
  Component,
  ComponentInteraction,
  Context,
} from "./command.ts";
import { isAcknowledgedBefore, isAnswered, isDeadToken, loggable } from "./discord-error.ts";
import { errorText, noteCard, replyPrivately } from "./reply.ts";

/** Discord's limits of an autocomplete answer. */
const MAX_CHOICES = 25;
const MAX_CHOICE_LENGTH = 100;

interface DispatcherParts {
  readonly commands: readonly Command[];
  readonly components: readonly Component[];
  readonly context: Context;
  /** Told how many milliseconds after its arrival an interaction was acknowledged, and what it was. */
  readonly onAcknowledged?: (milliseconds: number, name: string) => void;
}

/** Brings each interaction to its handler: acknowledged first, and with an answer also where the handler fails. */
export class Dispatcher {
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #components: ReadonlyMap<string, Component>;
  readonly #context: Context;
  readonly #onAcknowledged: DispatcherParts["onAcknowledged"];
  readonly #running = new Set<Promise<void>>();

  /** @throws {Error} when two commands or two components have the same name */
  constructor({ commands, components, context, onAcknowledged }: DispatcherParts) {
    this.#commands = byName(commands, (command) => commandKey(command.kind, command.data.name));
    this.#components = byName(components, ({ action }) => action);
    this.#context = context;
    this.#onAcknowledged = onAcknowledged;
  }

  /** Never rejects. */
  handle(interaction: Interaction): void {
    const handled = this.#handle(interaction)
      .catch((error: unknown) => {
        this.#context.log.error({ err: loggable(error) }, "an interaction could not be answered");
      })
      .finally(() => this.#running.delete(handled));
    this.#running.add(handled);
  }

  /** Resolves when every handler that has begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #handle(interaction: Interaction): Promise<void> {
    if (interaction.isAutocomplete()) return this.#autocomplete(interaction);
    if (interaction.isChatInputCommand()) {
      const command = this.#commands.get(commandKey("slash", interaction.commandName));
      if (command?.kind === "slash") return this.#run(interaction, command);
      return this.#refuse(interaction, "reply.unknown-command");
    }
    if (interaction.isMessageContextMenuCommand()) {
      const command = this.#commands.get(commandKey("message", interaction.commandName));
      if (command?.kind === "message") return this.#run(interaction, command);
      return this.#refuse(interaction, "reply.unknown-command");
    }
    if (interaction.isMessageComponent() || interaction.isModalSubmit())
      return this.#component(interaction);
  }

  async #run<Kind extends RepliableInteraction & { readonly commandName: string }>(
    interaction: Kind,
    command: {
      readonly acknowledge:
        | Acknowledgement
        | ((interaction: Kind, context: Context) => Acknowledgement);
      readonly execute: (interaction: Kind, context: Context) => Promise<void>;
    },
  ): Promise<void> {
    const { acknowledge } = command;
    const how =
      typeof acknowledge === "function" ? acknowledge(interaction, this.#context) : acknowledge;
    await this.#answer(interaction, { how, name: interaction.commandName }, () =>
      command.execute(interaction, this.#context),
    );
  }

  async #component(interaction: ComponentInteraction): Promise<void> {
    const target = this.#context.customIds.read(interaction.customId);
    const component = target === null ? undefined : this.#components.get(target.action);
    if (target === null || component === undefined)
      return this.#refuse(interaction, "refusal.forged");
    const { acknowledge } = component;
    const how = typeof acknowledge === "function" ? acknowledge(interaction, target) : acknowledge;
    await this.#answer(interaction, { how, name: target.action }, () =>
      component.execute(interaction, target, this.#context),
    );
  }

  /** Acknowledges, then runs the handler, whose error becomes a private answer. */
  async #answer(
    interaction: RepliableInteraction,
    { how, name }: { how: Acknowledgement; name: string },
    execute: () => Promise<void>,
  ): Promise<void> {
    const began = performance.now();
    try {
      if (how !== "own") {
        await deferAnswer(interaction, how);
        this.#onAcknowledged?.(performance.now() - began, name);
      }
      await execute();
    } catch (error) {
      await this.#answerError(interaction, error, name);
    }
    const { log } = this.#context;
    const ms = Math.round(performance.now() - began);
    log.debug({ interactionId: interaction.id, name, ms }, "interaction handled");
  }

  async #answerError(
    interaction: RepliableInteraction,
    error: unknown,
    name: string,
  ): Promise<void> {
    const { log } = this.#context;
    const about = { interactionId: interaction.id, name, userId: interaction.user.id };
    if (isDeadToken(error) || isAcknowledgedBefore(error)) {
      log.warn(
        { ...about, err: loggable(error) },
        "an interaction was answered too late, or twice",
      );
      return;
    }
    const told = errorText(error, interaction.locale);
    if (told !== null) {
      log.info({ ...about, reason: error instanceof Refusal ? error.key : told }, "refused");
      await replyPrivately(interaction, noteCard(told));
      return;
    }
    const errorId = randomUUID().slice(0, 8);
    log.error({ ...about, errorId, err: loggable(error) }, "a handler failed");
    const apology = translate(interaction.locale, "reply.apology", { id: errorId });
    await replyPrivately(interaction, noteCard(apology));
  }

  async #refuse(
    interaction: RepliableInteraction,
    key: "refusal.forged" | "reply.unknown-command",
  ): Promise<void> {
    await replyPrivately(interaction, noteCard(translate(interaction.locale, key)));
  }

  async #autocomplete(interaction: AutocompleteInteraction): Promise<void> {
    const command = this.#commands.get(commandKey("slash", interaction.commandName));
    const find = command?.kind === "slash" ? command.autocomplete : undefined;
    const choices = (await find?.(interaction, this.#context)) ?? [];
    await interaction.respond(
      choices.slice(0, MAX_CHOICES).map(({ name, value }) => ({
        name: cut(name, MAX_CHOICE_LENGTH),
        value: typeof value === "string" ? value.slice(0, MAX_CHOICE_LENGTH) : value,
      })),
    );
  }
}

/**
 * Where the line broke, or Discord had a fault of its own, nobody knows whether it has taken the acknowledgement: it is said
 * again, after a fault by discord.js, and may then have been said before.
 */
async function deferAnswer(
  interaction: RepliableInteraction,
  how: Exclude<Acknowledgement, "own">,
): Promise<void> {
  try {
    await deferOnce(interaction, how).catch((error: unknown) => {
      if (isAnswered(error)) throw error;
      return deferOnce(interaction, how);
    });
  } catch (error) {
    if (!isAcknowledgedBefore(error)) throw error;
    interaction.deferred = true;
    if (how !== "update") interaction.ephemeral = how === "private";
  }
}

async function deferOnce(
  interaction: RepliableInteraction,
  how: Exclude<Acknowledgement, "own">,
): Promise<void> {
  if (how === "update" && "deferUpdate" in interaction) {
    await interaction.deferUpdate();
    return;
  }
  await interaction.deferReply(how === "public" ? {} : { flags: MessageFlags.Ephemeral });
}

function commandKey(kind: Command["kind"], name: string): string {
  return `${kind} ${name}`;
}

function byName<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
): ReadonlyMap<string, Item> {
  const map = new Map(items.map((item) => [nameOf(item), item]));
  if (map.size !== items.length)
    throw new Error(`Two of these have one name: ${items.map(nameOf).join(", ")}`);
  return map;
}
