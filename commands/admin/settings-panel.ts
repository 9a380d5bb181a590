import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  ChannelType,
  ComponentType,
  type RepliableInteraction,
  SelectMenuDefaultValueType,
} from "discord.js";

import {
  ACCENT,
  type Card,
  card,
  cut,
  pressButton,
  row,
  small,
  text,
} from "../../src/discord/cards/components.ts";
import type { Context } from "../../src/discord/command.ts";
import type { CustomIds } from "../../src/discord/custom-id.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { readSettings } from "../../src/generation/policy/guild-rules.ts";
import { type GuildSettings, SIZE_CAPS } from "../../src/generation/policy/guild-settings.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { asAdmin } from "../administration/rights.ts";
import { FORM_BUTTONS } from "./settings-forms.ts";

/** Discord's limit of a select. */
const MAX_OPTIONS = 25;
/** The option that is none of the others. */
export const NONE = "-";

/** What the panel shows, and what its selects offer. */
interface Panel {
  readonly settings: GuildSettings;
  readonly models: readonly string[];
  readonly styles: readonly string[];
  readonly say: Say;
  readonly ids: CustomIds;
}

/** Fills the answer with the panel as the settings are now. */
export async function showSettings(
  interaction: RepliableInteraction,
  context: Context,
): Promise<void> {
  const { actor } = asAdmin(interaction, context);
  const [current, models, styles] = await Promise.all([
    readSettings(context.administration.db, actor.guildId),
    context.generation.models(actor.guildId),
    context.generation.styles(actor.guildId),
  ]);
  const shown = panelCard({
    settings: current,
    models: models.map(({ name }) => name),
    styles: styles.map(({ name }) => name),
    say: sayTo(interaction),
    ids: context.customIds,
  });
  await interaction.editReply(messageOf(shown));
}

function panelCard(panel: Panel): Card {
  const { settings: now, say, ids } = panel;
  return card(ACCENT.quiet, [
    text(`**${say("settings.title")}**`),
    choice(panel, "model", [
      [NONE, say("settings.model-default")],
      ...panel.models.map((name) => [name, say("settings.model", { name })] as const),
    ]),
    choice(panel, "style", [
      [NONE, say("settings.style-none")],
      ...panel.styles.map((name) => [name, say("settings.style", { name })] as const),
    ]),
    choice(panel, "buttonsFor", [
      ["everyone", say("settings.buttons-everyone")],
      ["requester", say("settings.buttons-requester")],
    ]),
    choice(
      panel,
      "maxSize",
      SIZE_CAPS.map((side) => [String(side), say("settings.size", { side: String(side) })]),
    ),
    choice(
      panel,
      "allowsPrivate",
      onOffOptions(say, "settings.private-on", "settings.private-off"),
    ),
    choice(
      panel,
      "answersMentions",
      onOffOptions(say, "settings.mentions-on", "settings.mentions-off"),
    ),
    choice(panel, "foreignPictures", [
      ["nobody", say("settings.foreign-nobody")],
      ["roles", say("settings.foreign-roles")],
      ["everyone", say("settings.foreign-everyone")],
    ]),
    now.foreignPictures === "roles" ? roleChoice(panel) : null,
    channelChoice(panel),
    text(numbersOf(panel)),
    row(
      ...FORM_BUTTONS.map(({ form, label }) =>
        pressButton(ids.write({ action: "settings-form", id: form, index: 0 }), {
          label: say(label),
        }),
      ),
    ),
    small([say("settings.remark")]),
  ]);
}

/** What the dialogs change, as it is now. */
function numbersOf({ settings: now, say }: Panel): string {
  const { subtleStrength, strongStrength, retention } = now;
  return [
    say("settings.strengths", {
      subtle: Math.round(subtleStrength * 100),
      strong: Math.round(strongStrength * 100),
    }),
    say("settings.zone", { zone: now.timeZone }),
    say("settings.waiting", { user: now.maxWaitingPerUser, guild: now.maxWaitingPerGuild }),
    say("settings.ages", { account: now.minAccountAgeDays, membership: now.minMembershipAgeDays }),
    say("settings.retention", {
      latents: retention.latentsDays,
      originals: retention.originalsDays,
      history: retention.historyDays,
    }),
  ].join("\n");
}

type Choosable =
  | "model"
  | "style"
  | "buttonsFor"
  | "maxSize"
  | "allowsPrivate"
  | "answersMentions"
  | "foreignPictures";

type Row = APIActionRowComponent<APIComponentInMessageActionRow> | null;

/** A select of a setting's values with their labels. */
function choice(
  { settings: now, ids }: Panel,
  name: Choosable,
  options: readonly (readonly [value: string, label: string])[],
): Row {
  const current = now[name] === null ? NONE : String(now[name]);
  return row({
    type: ComponentType.StringSelect,
    custom_id: ids.write({ action: "settings-set", id: name, index: 0 }),
    options: options.slice(0, MAX_OPTIONS).map(([value, label]) => ({
      value: cut(value, 100),
      label: cut(label, 100),
      default: value === current,
    })),
  });
}

function onOffOptions(
  say: Say,
  on: "settings.private-on" | "settings.mentions-on",
  off: "settings.private-off" | "settings.mentions-off",
): (readonly [string, string])[] {
  return [
    ["true", say(on)],
    ["false", say(off)],
  ];
}

function roleChoice({ settings: now, say, ids }: Panel): Row {
  return row({
    type: ComponentType.RoleSelect,
    custom_id: ids.write({ action: "settings-set", id: "foreignPictureRoleIds", index: 0 }),
    placeholder: say("settings.foreign-role-placeholder"),
    min_values: 0,
    max_values: MAX_OPTIONS,
    default_values: now.foreignPictureRoleIds.map((id) => ({
      id,
      type: SelectMenuDefaultValueType.Role as const,
    })),
  });
}

function channelChoice({ settings: now, say, ids }: Panel): Row {
  return row({
    type: ComponentType.ChannelSelect,
    custom_id: ids.write({ action: "settings-set", id: "logChannelId", index: 0 }),
    placeholder: say("settings.log-placeholder"),
    min_values: 0,
    max_values: 1,
    channel_types: [ChannelType.GuildText],
    ...(now.logChannelId === null
      ? {}
      : {
          default_values: [
            { id: now.logChannelId, type: SelectMenuDefaultValueType.Channel as const },
          ],
        }),
  });
}
