import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from "discord.js";

import { cut } from "../../src/discord/cards/components.ts";
import {
  type GuildSettings,
  isTimeZone,
  RANGES,
} from "../../src/generation/policy/guild-settings.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { MessageKey, Say } from "../../src/i18n/translate.ts";

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
  /** Of whole numbers; null: it takes a text. */
  readonly range: { readonly min: number; readonly max: number } | null;
  readonly value: (settings: GuildSettings) => string;
}

const MAX_TITLE = 45;
const MAX_INPUT = 64;

const FORMS: readonly Form[] = [
  {
    form: "drawing",
    label: "settings.form-drawing",
    fields: [
      numberField("subtle", RANGES.strengthPercent, [
        "settings.field-subtle",
        (now) => Math.round(now.subtleStrength * 100),
      ]),
      numberField("strong", RANGES.strengthPercent, [
        "settings.field-strong",
        (now) => Math.round(now.strongStrength * 100),
      ]),
      { name: "zone", label: "settings.field-zone", range: null, value: (now) => now.timeZone },
    ],
    read: (number, typed) => ({
      subtleStrength: number("subtle") / 100,
      strongStrength: number("strong") / 100,
      timeZone: timeZone(typed("zone")),
    }),
  },
  {
    form: "waiting",
    label: "settings.form-waiting",
    fields: [
      numberField("user", RANGES.waiting, [
        "settings.field-waiting-user",
        (now) => now.maxWaitingPerUser,
      ]),
      numberField("guild", RANGES.waiting, [
        "settings.field-waiting-guild",
        (now) => now.maxWaitingPerGuild,
      ]),
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
      numberField("account", RANGES.ageDays, [
        "settings.field-account",
        (now) => now.minAccountAgeDays,
      ]),
      numberField("membership", RANGES.ageDays, [
        "settings.field-membership",
        (now) => now.minMembershipAgeDays,
      ]),
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
      numberField("latents", RANGES.keptDays, [
        "settings.field-latents",
        (now) => now.retention.latentsDays,
      ]),
      numberField("originals", RANGES.keptDays, [
        "settings.field-originals",
        (now) => now.retention.originalsDays,
      ]),
      numberField("history", RANGES.keptDays, [
        "settings.field-history",
        (now) => now.retention.historyDays,
      ]),
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

function numberField(
  name: string,
  range: NonNullable<Field["range"]>,
  [label, value]: readonly [MessageKey, (settings: GuildSettings) => number],
): Field {
  return { name, range, label, value: (settings) => String(value(settings)) };
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
 * @throws {Refusal} `refusal.number` or `refusal.range` for what is no such number, `refusal.time-zone`
 */
export function readDialog(
  interaction: ModalSubmitInteraction,
  { fields, read }: Form,
  say: Say,
): Partial<GuildSettings> {
  const typed = (name: string): string => interaction.fields.getTextInputValue(name).trim();
  return read((name) => {
    const one = fields.find((field) => field.name === name);
    if (one === undefined) throw new RangeError(`The dialog has no field ${name}`);
    return wholeNumber(typed(name), one, say);
  }, typed);
}

function wholeNumber(written: string, { label, range }: Field, say: Say): number {
  const name = say(label);
  const digits = written.replace(/\s*[%％]$/, "");
  if (!/^\d{1,6}$/.test(digits))
    throw new Refusal("refusal.number", { name, written: cut(written, 30) });
  const number = Number(digits);
  if (range !== null && (number < range.min || number > range.max))
    throw new Refusal("refusal.range", { name, ...range });
  return number;
}

function timeZone(zone: string): string {
  if (!isTimeZone(zone)) throw new Refusal("refusal.time-zone", { zone });
  return zone;
}
