import { button, modal, select } from "../../src/discord/command.ts";
import { within } from "../../src/discord/within.ts";
import { changeSettings, readSettings } from "../../src/generation/policy/guild-rules.ts";
import {
  DEFAULT_GUILD_SETTINGS,
  type GuildSettings,
} from "../../src/generation/policy/guild-settings.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { asAdmin } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";
import { dialog, formOf, readDialog } from "./settings-forms.ts";
import { NONE, showSettings } from "./settings-panel.ts";

/** `/admin settings`: a panel whose selects change at once; what needs typing opens a dialog. */
export const settings: Route = (interaction, context) => showSettings(interaction, context);

/** A select of the panel: changes its setting, and shows the panel as it is then. */
export const settingsSet = select({
  action: "settings-set",
  acknowledge: "update",
  execute: async (interaction, { id }, context) => {
    const { actor } = asAdmin(interaction, context);
    await changeSettings(context.administration.db, actor, changeOf(id, interaction.values));
    await showSettings(interaction, context);
  },
});

function changeOf(name: string, values: readonly string[]): Partial<GuildSettings> {
  const [first = NONE] = values;
  const orNull = first === NONE ? null : first;
  switch (name) {
    case "model":
      return { model: orNull };
    case "style":
      return { style: orNull };
    case "buttonsFor":
      return { buttonsFor: first === "requester" ? "requester" : "everyone" };
    case "maxSize":
      return { maxSize: Number(first) };
    case "allowsPrivate":
      return { allowsPrivate: first === "true" };
    case "answersMentions":
      return { answersMentions: first === "true" };
    case "foreignPictures":
      return { foreignPictures: first === "roles" || first === "everyone" ? first : "nobody" };
    case "foreignPictureRoleIds":
      return { foreignPictureRoleIds: [...values] };
    case "logChannelId":
      return { logChannelId: orNull };
    default:
      throw new Refusal("refusal.forged");
  }
}

export const settingsForm = button({
  action: "settings-form",
  acknowledge: "own",
  execute: async (interaction, { id }, context) => {
    const { actor } = asAdmin(interaction, context);
    const form = formOf(id);
    const reading = readSettings(context.administration.db, actor.guildId);
    const now = await within(reading, DEFAULT_GUILD_SETTINGS);
    const customId = context.customIds.write({ action: "settings-send", id, index: 0 });
    await interaction.showModal(dialog(form, { now, customId, say: sayTo(interaction) }));
  },
});

export const settingsSend = modal({
  action: "settings-send",
  acknowledge: "update",
  execute: async (interaction, { id }, context) => {
    const { actor } = asAdmin(interaction, context);
    const change = readDialog(interaction, formOf(id), sayTo(interaction));
    await changeSettings(context.administration.db, actor, change);
    await showSettings(interaction, context);
  },
});
