import assert from "node:assert/strict";

import {
  type APIApplicationCommand,
  type APIApplicationCommandInteractionDataOption,
  ApplicationCommandType,
  type APIMessage,
} from "discord-api-types/v10";

import type {
  ClientAttachment,
  ClientEvent,
  ClientInteraction,
  ClientMessage,
  ClientModalField,
  ClientState,
} from "../../src/playground/client-api.ts";
import { BegunInteraction, type ModalEvent } from "./begun-interaction.ts";
import { controls, customIdOf, initialValue } from "./message-controls.ts";

import {
  openPlayground,
  PlaygroundServer,
  type TestPlaygroundOptions,
} from "./playground-server.ts";

export { controls, textOf } from "./message-controls.ts";

/** Who does it and where: names as in `default-world.ts`; by default Ada in #general of the first guild. */
export interface Scene {
  as?: string;
  in?: string;
}

/** A playground in this process, played by a test: what people do there. */
export class TestPlayground extends PlaygroundServer {
  static async start(options: TestPlaygroundOptions = {}): Promise<TestPlayground> {
    return new TestPlayground(await openPlayground(options));
  }

  /** The id of a channel by name, `dm` for the person's direct messages; `studio/lobby` in another guild. */
  channel(name: string, as = "ada"): string {
    const { world } = this.context;
    if (name === "dm") return world.directMessagesOf(this.member(as)).id;
    const all = world.guilds.flatMap((guild) => world.channelsOf(guild.id));
    const found = all.find((channel) => channel.name === name);
    assert.ok(found, `There is no channel named ${name}.`);
    return found.id;
  }

  role(name: string): string {
    const roles = this.context.world.guilds.flatMap((guild) => guild.roles);
    const found = roles.find((role) => role.name === name);
    assert.ok(found, `There is no role named ${name}.`);
    return found.id;
  }

  get guildId(): string {
    return this.context.world.channel(this.channel("general")).guildId ?? "";
  }

  command(name: string, type = ApplicationCommandType.ChatInput): APIApplicationCommand {
    const found = this.context.world.commands.find(
      (command) => command.name === name && command.type === type,
    );
    assert.ok(found, `The bot has registered no command ${name}.`);
    return found;
  }

  async state(as = "ada"): Promise<ClientState> {
    return (await this.#get(`/client/state?user=${this.member(as)}`)) as ClientState;
  }

  /**
   * `/name sub` with options by name; attachments by what {@link upload} answered.
   *
   * @throws {AssertionError} with Discord's words when the client or the server would not let it through.
   */
  async slash(
    name: string,
    options: Record<string, string | number | boolean> = {},
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    const [root = "", ...subcommands] = name.split(" ");
    const given = Object.entries(options).map(([key, value]) => ({ name: key, value }));
    return this.begin({
      type: "command",
      ...this.#actor(scene),
      commandId: this.command(root).id,
      options: nest(subcommands, given),
    });
  }

  /** What is offered while `focused` is typed. */
  async autocomplete(
    name: string,
    options: Record<string, string | number | boolean>,
    { focused, ...scene }: Scene & { focused: string },
  ): Promise<{ name: string; value: string | number }[]> {
    const [root = "", ...subcommands] = name.split(" ");
    const given = Object.entries(options).map(([key, value]) =>
      key === focused ? { name: key, value, focused: true } : { name: key, value },
    );
    const begun = await this.begin({
      type: "autocomplete",
      ...this.#actor(scene),
      commandId: this.command(root).id,
      options: nest(subcommands, given),
    });
    const { choices } = await this.waitForEvent(
      (event): event is Extract<ClientEvent, { type: "autocomplete" }> =>
        event.type === "autocomplete" && event.interactionId === begun.id,
    );
    return choices;
  }

  /** A command of the menu on a message or (by name) on a person. */
  async contextMenu(
    name: string,
    target: APIMessage | string,
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    const isOnPerson = typeof target === "string";
    const type = isOnPerson ? ApplicationCommandType.User : ApplicationCommandType.Message;
    return this.begin({
      type: "context_menu",
      ...this.#actor(scene, isOnPerson ? undefined : target.channel_id),
      commandId: this.command(name, type).id,
      targetId: isOnPerson ? this.member(target) : target.id,
    });
  }

  /** A button by its label or its custom id. */
  async click(
    message: APIMessage,
    labelOrCustomId: string,
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    return this.begin({
      type: "component",
      ...this.#actor(scene, message.channel_id),
      messageId: message.id,
      customId: customIdOf(message, labelOrCustomId),
    });
  }

  /** A select by its placeholder or its custom id. */
  async select(
    message: APIMessage,
    { control: name, values }: { control: string; values: string[] },
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    return this.begin({
      type: "component",
      ...this.#actor(scene, message.channel_id),
      messageId: message.id,
      customId: customIdOf(message, name),
      values,
    });
  }

  /** Fields by custom id; those not named keep what the dialog was opened with. */
  async submitModal(
    { interactionId, modal, channelId }: ModalEvent,
    values: Record<string, ClientModalField["value"]> = {},
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    const fields = new Map<string, ClientModalField["value"]>(
      [...controls(modal.components)].flatMap((field) => {
        const customId = field["custom_id"];
        return typeof customId === "string" ? [[customId, initialValue(field)]] : [];
      }),
    );
    for (const [customId, value] of Object.entries(values)) fields.set(customId, value);
    return this.begin({
      type: "modal_submit",
      ...this.#actor(scene, channelId),
      interactionId,
      fields: [...fields].map(([customId, value]) => ({ customId, value })),
    });
  }

  /** A file for an option, a dialog or a message. @returns its id. */
  async upload(
    { filename, bytes }: { filename: string; bytes: Uint8Array },
    scene: Scene = {},
  ): Promise<string> {
    const { userId, channelId } = this.#actor(scene);
    const form = new FormData();
    form.set("file", new File([new Uint8Array(bytes)], filename));
    const path = `/client/attachments?user=${userId}&channel=${channelId}`;
    const answer = await fetch(this.url + path, { method: "POST", body: form });
    const body = (await answer.json()) as ClientAttachment & { message?: string };
    assert.equal(answer.status, 200, body.message);
    return body.id;
  }

  /** A plain message by a person. */
  async say(
    content: string,
    { attachmentIds, ...scene }: Scene & { attachmentIds?: string[] } = {},
  ): Promise<ClientMessage> {
    const body = { ...this.#actor(scene), content, ...(attachmentIds && { attachmentIds }) };
    return (await this.#send("POST", "/client/messages", body)) as ClientMessage;
  }

  /** Deletes a message as a person. */
  async deleteMessage(message: APIMessage, as = "ada"): Promise<void> {
    const path = `/client/channels/${message.channel_id}/messages/${message.id}`;
    await this.#send("DELETE", `${path}?user=${this.member(as)}`);
  }

  /** Changes of the world: `change("/users/ID", {...})`; see client-api.ts. */
  async change(path: string, change: object): Promise<void> {
    await this.#send("PATCH", `/client${path}`, change);
  }

  /** Begins any interaction, as the page would. */
  async begin(interaction: ClientInteraction): Promise<BegunInteraction> {
    const body = (await this.#send("POST", "/client/interactions", interaction)) as {
      interactionId: string;
    };
    return new BegunInteraction(this, body.interactionId);
  }

  /** The newest 100 of a channel, oldest first, as a person sees them. */
  async messagesIn(channel: string, as = "ada"): Promise<ClientMessage[]> {
    const path = `/client/channels/${this.channel(channel, as)}/messages`;
    const body = await this.#get(`${path}?user=${this.member(as)}&limit=100`);
    return (body as { messages: ClientMessage[] }).messages;
  }

  #actor(
    { as = "ada", in: place }: Scene,
    channelId?: string,
  ): {
    userId: string;
    channelId: string;
  } {
    const where = place === undefined ? channelId : this.channel(place, as);
    return { userId: this.member(as), channelId: where ?? this.channel("general") };
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(this.url + path);
    const body: unknown = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(body));
    return body;
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      ...(body && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ClientRefusal(answer.status, text);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }
}

/** What the page would be told: Discord's client or server does not let the interaction through. */
class ClientRefusal extends Error {
  readonly status: number;
  readonly field: string | undefined;

  constructor(status: number, text: string) {
    const { message, field } = JSON.parse(text) as { message: string; field?: string };
    super(message);
    this.name = "ClientRefusal";
    this.status = status;
    this.field = field;
  }
}

function nest(
  subcommands: readonly string[],
  options: { name: string; value: string | number | boolean }[],
): APIApplicationCommandInteractionDataOption[] {
  const [first, ...rest] = subcommands;
  const nested = first === undefined ? options : [{ name: first, options: nest(rest, options) }];
  return nested as unknown as APIApplicationCommandInteractionDataOption[];
}
