import { basename } from "node:path";

import { type APIMessage, ComponentType } from "discord-api-types/v10";

import type { AdminBot } from "./admin-bot.ts";
import type { BegunInteraction, ModalEvent } from "./begun-interaction.ts";
import { controls, customIdOf } from "./message-controls.ts";
import type { Scene } from "./playground.ts";
import { until } from "./until.ts";

/** How a snapshot keeps what is text already: as it is, and not escaped once more. */
export const AS_TEXT = { serializers: [String] };

type Options = Record<string, string | number | boolean>;

/** What differs from run to run, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/v1:(?<action>[a-z-]+):[\w-]*:(?<index>\d+):[\w-]{10}/g, "v1:$<action>:*:$<index>:*"],
  [/<t:\d+:(?<style>\w)>/g, "<t:*:$<style>>"],
  [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "UUID"],
  [/"(?<before>(?:\d:)?)[\w-]{22}"/g, '"$<before>ID"'],
  [/\b[\da-f]{8}-(?<n>\d\.png)/g, "JOB-$<n>"],
  [/(?<before>this number: )[\da-f]{8}/g, "$<before>NUMBER"],
  [/\b\d{17,20}\b/g, "SNOWFLAKE"],
  [/\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?/g, "DATE"],
  [/https?:\/\/127\.0\.0\.1:\d+/g, "HOST"],
];

/** What the bot says to commands and components, with a note of which of them were used. */
export class Said {
  /** Commands with their subcommands, names of menu entries, and actions of components. */
  readonly used = new Set<string>();
  readonly #bot: AdminBot;

  constructor(bot: AdminBot) {
    this.#bot = bot;
  }

  async slash(
    command: string,
    options: Options = {},
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    this.used.add(command);
    return this.#bot.playground.slash(command, options, scene);
  }

  async menu(name: string, message: APIMessage, scene: Scene = {}): Promise<BegunInteraction> {
    this.used.add(name);
    return this.#bot.playground.contextMenu(name, message, scene);
  }

  async press(message: APIMessage, control: string, scene: Scene = {}): Promise<BegunInteraction> {
    this.#use(customIdOf(message, control));
    return this.#bot.playground.click(message, control, scene);
  }

  async select(
    message: APIMessage,
    choice: { control: string; values: string[] },
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    this.#use(customIdOf(message, choice.control));
    return this.#bot.playground.select(message, choice, scene);
  }

  async submit(
    opened: ModalEvent,
    values: Record<string, string | string[]> = {},
    scene: Scene = {},
  ): Promise<BegunInteraction> {
    this.#use(opened.modal.custom_id);
    return this.#bot.playground.submitModal(opened, values, scene);
  }

  /** A finished card of `/imagine`. */
  async draw(count = 1): Promise<APIMessage> {
    return this.finished(await this.slash("imagine", { prompt: "a red apple", seed: 5 }), count);
  }

  /** Draws what was asked for, and posts it. */
  async finished(begun: BegunInteraction, count = 1): Promise<APIMessage> {
    const { generation } = this.#bot.test;
    await until(() => generation.wishes.find((one) => one.interactionId === begun.id));
    await this.#bot.test.finish(count);
    return begun.answer(hasLabel("Delete"));
  }

  /** A message once it was edited so that its JSON holds these words. */
  async edited({ id }: Pick<APIMessage, "id">, words: string): Promise<APIMessage> {
    return this.#bot.playground.waitForMessage(
      (message) => message.id === id && JSON.stringify(message.components).includes(words),
    );
  }

  #use(customId: string): void {
    this.used.add(customId.split(":")[1] ?? "");
  }

  /** A message or a dialog as JSON, a line for each of its parts, with what varies taken out. */
  jsonOf(shown: Pick<APIMessage, "components"> & Partial<APIMessage> & { title?: string }): string {
    const { title, content = "", flags } = shown;
    const parts = (shown.components ?? []).flatMap((part) =>
      part.type === ComponentType.Container
        ? [json({ type: part.type, accent_color: part.accent_color })].concat(
            part.components.map(json),
          )
        : [json(part)],
    );
    const head =
      title === undefined ? { flags, ...(content === "" ? {} : { content }) } : { title };
    return this.steady([json(head), ...parts].join("\n"));
  }

  /** Without what varies. */
  steady(line: string): string {
    const { people, guilds } = this.#bot.playground.context.world;
    const named = people.reduce(
      (text, { user }) => text.replaceAll(user.id, user.username),
      guilds.reduce((text, { id }) => text.replaceAll(id, "GUILD"), line),
    );
    return VARYING.reduce((text, [varies, stead]) => text.replaceAll(varies, stead), named);
  }
}

/** Without the numbers that Discord gives to parts, and of files their names alone. */
function json(part: unknown): string {
  return JSON.stringify(part, (key, value: unknown) => {
    if (key === "id" && typeof value === "number") return undefined;
    const isFile = typeof value === "object" && value !== null && "url" in value;
    return isFile && (key === "media" || key === "file")
      ? basename(new URL(String(value.url), "http://x").pathname)
      : value;
  });
}

export const hasLabel =
  (label: string) =>
  (message: Pick<APIMessage, "components">): boolean =>
    [...controls(message.components)].some((one) => one["label"] === label);

/** Of the select with this placeholder. */
export function optionsOf(message: APIMessage, placeholder: string): { value: string }[] {
  const select = [...controls(message.components)].find(
    (one) => one["placeholder"] === placeholder,
  );
  return (select?.["options"] ?? []) as { value: string }[];
}
