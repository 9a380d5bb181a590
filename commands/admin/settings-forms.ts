import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from "discord.js";

import { cut } from "../../src/discord/cards/components.ts";
import type { GuildSettings } from "../../src/generation/policy/guild-settings.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { MessageKey } from "../../src/i18n/translate.ts";
import type { Say } from "../administration/answers.ts";

/** A dialog of the settings: at most Discord's five fields. */
export interface Form {
  readonly form: string;
  readonly label: MessageKey;
  readonly fields: readonly Field[];
  readonly read: (
    numbers: (name: string) => number,
    texts: (name: string) => string,
  ) => Partial<GuildSettings>;
}

interface Field {
  readonly name: string;
  readonly label: MessageKey;
  readonly value: (settings: GuildSettings) => string;
}

const MAX_TITLE = 45;
const MAX_INPUT = 64;

const FORMS: readonly Form[] = [
  {
    form: "drawing",
    label: "settings.form-drawing",
    fields: [
      field("subtle", "settings.field-subtle", (now) => Math.round(now.subtleStrength * 100)),
      field("strong", "settings.field-strong", (now) => Math.round(now.strongStrength * 100)),
      field("zone", "settings.field-zone", (now) => now.timeZone),
    ],
    read: (number, typed) => ({
      subtleStrength: number("subtle") / 100,
      strongStrength: number("strong") / 100,
      timeZone: typed("zone"),
    }),
  },
  {
    form: "waiting",
    label: "settings.form-waiting",
    fields: [
      field("user", "settings.field-waiting-user", (now) => now.maxWaitingPerUser),
      field("guild", "settings.field-waiting-guild", (now) => now.maxWaitingPerGuild),
    ],
    read: (number) => ({
      maxWaitingPerUser: number("user"),
      maxWaitingPerGuild: number("guild"),
    }),
  },
  {
    form: "ages",
    label: "settings.form-ages",
    fields: [
      field("account", "settings.field-account", (now) => now.minAccountAgeDays),
      field("membership", "settings.field-membership", (now) => now.minMembershipAgeDays),
    ],
    read: (number) => ({
      minAccountAgeDays: number("account"),
      minMembershipAgeDays: number("membership"),
    }),
  },
  {
    form: "retention",
    label: "settings.form-retention",
    fields: [
      field("latents", "settings.field-latents", (now) => now.retention.latentsDays),
      field("originals", "settings.field-originals", (now) => now.retention.originalsDays),
      field("history", "settings.field-history", (now) => now.retention.historyDays),
    ],
    read: (number) => ({
      retention: {
        latentsDays: number("latents"),
        originalsDays: number("originals"),
        historyDays: number("history"),
      },
    }),
  },
];

/** The panel's buttons that open them. */
export const FORM_BUTTONS: readonly Pick<Form, "form" | "label">[] = FORMS;

function field(
  name: string,
  label: MessageKey,
  value: (settings: GuildSettings) => string | number,
): Field {
  return { name, label, value: (settings) => String(value(settings)) };
}

/** @throws {Refusal} `refusal.forged` */
export function formOf(id: string): Form {
  const found = FORMS.find(({ form }) => form === id);
  if (found === undefined) throw new Refusal("refusal.forged");
  return found;
}

export function dialog(
  { label, fields }: Form,
  { now, customId, say }: { now: GuildSettings; customId: string; say: Say },
): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customId,
    title: cut(say(label), MAX_TITLE),
    components: fields.map((one): APILabelComponent => ({
      type: ComponentType.Label,
      label: cut(say(one.label), MAX_TITLE),
      component: {
        type: ComponentType.TextInput,
        custom_id: one.name,
        style: TextInputStyle.Short,
        required: true,
        max_length: MAX_INPUT,
        value: one.value(now),
      },
    })),
  };
}

/**
 * What somebody made of a dialog.
 *
 * @throws {Refusal} `refusal.number` for what is no whole number
 */
export function readDialog(
  interaction: ModalSubmitInteraction,
  { label, fields, read }: Form,
  say: Say,
): Partial<GuildSettings> {
  const typed = (name: string): string => interaction.fields.getTextInputValue(name).trim();
  return read((name) => {
    const shown = fields.find((one) => one.name === name)?.label ?? label;
    return wholeNumber(typed(name), say(shown));
  }, typed);
}

function wholeNumber(written: string, name: string): number {
  const digits = written.replace(/\s*[%％]$/, "");
  if (!/^\d{1,6}$/.test(digits))
    throw new Refusal("refusal.number", { name, written: cut(written, 30) });
  return Number(digits);
}
