import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
} from "discord.js";

import { ask } from "../src/discord/ask.ts";
import type { Choice, Context, SlashCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named, titled } from "../src/discord/localize.ts";
import { requesterOf } from "../src/discord/requester.ts";
import { uploadedPicture } from "../src/discord/uploaded-picture.ts";
import type { ImagineOptions } from "../src/generation/types.ts";
import { translate } from "../src/i18n/translate.ts";

/** Discord's longest string option. */
const MAX_PROMPT = 6000;
const MAX_NEGATIVE = 2000;
/** As long as a server's own style may be named. */
const MAX_STYLE_NAME = 64;
const MAX_STEPS = 100;
const MAX_GUIDANCE = 20;
const MAX_COUNT = 4;

/** `/imagine`: what the bot is for. */
export const imagine: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("imagine"),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named("imagine.prompt"),
        required: true,
        min_length: 1,
        max_length: MAX_PROMPT,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named("imagine.negative"),
        max_length: MAX_NEGATIVE,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named("imagine.aspect"),
        choices: [
          { ...titled("choice.aspect.square"), value: "1:1" },
          { ...titled("choice.aspect.portrait"), value: "3:4" },
          { ...titled("choice.aspect.tall"), value: "9:16" },
          { ...titled("choice.aspect.landscape"), value: "4:3" },
          { ...titled("choice.aspect.wide"), value: "16:9" },
          { ...titled("choice.aspect.cinema"), value: "21:9" },
          { ...titled("choice.aspect.photo-portrait"), value: "2:3" },
          { ...titled("choice.aspect.photo-landscape"), value: "3:2" },
        ],
      },
      {
        type: ApplicationCommandOptionType.Integer,
        ...named("imagine.size"),
        autocomplete: true,
        min_value: 256,
        max_value: 4096,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        ...named("imagine.count"),
        min_value: 1,
        max_value: MAX_COUNT,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named("imagine.style"),
        autocomplete: true,
        max_length: MAX_STYLE_NAME,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        ...named("imagine.seed"),
        min_value: 0,
        max_value: Number.MAX_SAFE_INTEGER,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        ...named("imagine.steps"),
        min_value: 1,
        max_value: MAX_STEPS,
      },
      {
        type: ApplicationCommandOptionType.Number,
        ...named("imagine.guidance"),
        min_value: 0,
        max_value: MAX_GUIDANCE,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named("imagine.model"),
        autocomplete: true,
      },
      { type: ApplicationCommandOptionType.Attachment, ...named("imagine.image") },
      {
        type: ApplicationCommandOptionType.Integer,
        ...named("imagine.strength"),
        min_value: 1,
        max_value: 100,
      },
      { type: ApplicationCommandOptionType.Boolean, ...named("imagine.private") },
    ],
  },
  acknowledge: ({ options }) => (options.getBoolean("private") === true ? "private" : "public"),
  execute: async (interaction, context) => {
    const options = optionsOf(interaction);
    await ask(interaction, { kind: "imagine", origin: "imagine", options }, context);
  },
  autocomplete: async (interaction, context) => {
    const { name, value } = interaction.options.getFocused(true);
    const typed = value.trim().toLowerCase();
    const choices = await choicesFor(name, interaction, context);
    return choices.filter((choice) => choice.name.toLowerCase().includes(typed));
  },
};

function optionsOf({ options }: ChatInputCommandInteraction): ImagineOptions {
  const image = options.getAttachment("image");
  const percent = options.getInteger("strength");
  return {
    prompt: options.getString("prompt", true),
    negativePrompt: options.getString("negative") ?? undefined,
    aspect: options.getString("aspect") ?? undefined,
    size: options.getInteger("size") ?? undefined,
    count: options.getInteger("count") ?? undefined,
    style: options.getString("style") ?? undefined,
    seed: options.getInteger("seed") ?? undefined,
    steps: options.getInteger("steps") ?? undefined,
    guidanceScale: options.getNumber("guidance") ?? undefined,
    model: options.getString("model") ?? undefined,
    picture: image === null ? undefined : uploadedPicture(image),
    strength: percent === null ? undefined : percent / 100,
  };
}

async function choicesFor(
  option: string,
  interaction: AutocompleteInteraction,
  { generation, isOwner }: Context,
): Promise<readonly Choice[]> {
  const { guildId, locale } = interaction;
  switch (option) {
    case "style": {
      const styles = await generation.styles(guildId);
      return styles.map(({ name }) => ({ name, value: name }));
    }
    case "model": {
      const models = await generation.models(guildId);
      return models.map(({ name, title }) => ({ name: title, value: name }));
    }
    case "size": {
      const { prices } = await generation.quotaOf(requesterOf(interaction, isOwner));
      return prices
        .filter(({ kind }) => kind === "generate")
        .map(({ size, inUsualPictures }) => ({
          name: translate(locale, "choice.size", {
            size,
            pictures: Math.max(1, Math.round(inUsualPictures)),
          }),
          value: size,
        }));
    }
    default:
      return [];
  }
}
