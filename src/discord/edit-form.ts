import {
  type APIFileUploadComponent,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from "discord.js";

import type { GenerationPort } from "../generation/generation-port.ts";
import { ownNegative } from "../generation/policy/styles.ts";
import { Refusal } from "../generation/refusal.ts";
import type { ImagineOptions } from "../generation/types.ts";
import { type MessageKey, translate } from "../i18n/translate.ts";
import { cut } from "./cards/components.ts";

/** Discord's limits of a dialog. */
const MAX_TEXT_INPUT = 4000;
const MAX_TITLE = 45;
const MAX_OPTIONS = 25;
const MAX_OPTION_LENGTH = 100;

/** The style that is none. */
const NO_STYLE = "-";

/** What a dialog shows before anything is changed. */
export interface FormValues {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly style: string | null;
  /** From 0 to 1; null where the picture begins from nothing. */
  readonly strength: number | null;
}

/** Of a picture that the database knows, and that was drawn from a prompt: what its member wrote, without the style's. */
export async function storedValues(
  pictureId: string,
  generation: GenerationPort,
): Promise<FormValues | null> {
  const picture = await generation.picture(pictureId);
  const job = picture === null ? null : await generation.job(picture.jobId);
  if (job?.request.kind !== "generate") return null;
  const { userPrompt, style, strength } = job.request;
  const styles = await generation.styles(job.guildId);
  const applied = styles.find(({ name }) => name === style) ?? null;
  return { prompt: userPrompt, negativePrompt: ownNegative(job.request, applied), style, strength };
}

interface FormParts {
  readonly customId: string;
  readonly title: MessageKey;
  readonly locale: string;
  readonly values: FormValues;
  readonly styles: readonly string[];
  /** The last field: another picture to begin from, or which of so many pictures is meant. */
  readonly last: "upload" | { readonly pictures: number };
}

/** The dialog of Edit and of Remix: Discord allows five fields. */
export function editForm(parts: FormParts): APIModalInteractionResponseCallbackData {
  const { customId, title, locale, values, styles, last } = parts;
  const field = (name: MessageKey, description: MessageKey | null) => ({
    type: ComponentType.Label as const,
    label: translate(locale, name),
    ...(description === null ? {} : { description: translate(locale, description) }),
  });
  const fields: (APILabelComponent | null)[] = [
    {
      ...field("form.prompt", null),
      component: textInput("prompt", values.prompt, { isLong: true, isRequired: true }),
    },
    {
      ...field("form.negative", null),
      component: textInput("negative", values.negativePrompt, { isLong: true }),
    },
    styles.length === 0 ? null : styleField(field("form.style", null), parts),
    {
      ...field("form.strength", last === "upload" ? "form.strength-edit" : "form.strength-remix"),
      component: textInput("strength", percentOf(values.strength), {}),
    },
    last === "upload"
      ? { ...field("form.picture", "form.picture-description"), component: UPLOAD }
      : whichField(field("form.which", null), locale, last.pictures),
  ];
  return {
    custom_id: customId,
    title: cut(translate(locale, title), MAX_TITLE),
    components: fields.filter((one) => one !== null),
  };
}

const UPLOAD: APIFileUploadComponent = {
  type: ComponentType.FileUpload,
  custom_id: "picture",
  required: false,
  min_values: 0,
  max_values: 1,
};

/** Null where there is but one. */
function whichField(
  label: Pick<APILabelComponent, "type" | "label">,
  locale: string,
  pictures: number,
): APILabelComponent | null {
  if (pictures <= 1) return null;
  const options = Array.from({ length: pictures }, (_, index) => ({
    label: translate(locale, "card.pick-number", { number: index + 1 }),
    value: String(index),
    default: index === 0,
  }));
  return { ...label, component: { type: ComponentType.StringSelect, custom_id: "which", options } };
}

function textInput(
  customId: string,
  value: string,
  { isLong = false, isRequired = false }: { isLong?: boolean; isRequired?: boolean },
) {
  return {
    type: ComponentType.TextInput as const,
    custom_id: customId,
    style: isLong ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required: isRequired,
    max_length: MAX_TEXT_INPUT,
    ...(value === "" ? {} : { value: cut(value, MAX_TEXT_INPUT) }),
  };
}

function styleField(
  label: Pick<APILabelComponent, "type" | "label">,
  { locale, styles, values }: FormParts,
): APILabelComponent {
  const names = styles.slice(0, MAX_OPTIONS - 1);
  const chosen = values.style !== null && names.includes(values.style) ? values.style : NO_STYLE;
  const option = (value: string, shown: string) => ({
    label: cut(shown, MAX_OPTION_LENGTH),
    value,
    default: value === chosen,
  });
  return {
    ...label,
    component: {
      type: ComponentType.StringSelect,
      custom_id: "style",
      required: false,
      options: [
        option(NO_STYLE, translate(locale, "form.no-style")),
        ...names.map((name) => option(name, name)),
      ],
    },
  };
}

/**
 * What a member has made of the dialog.
 *
 * @throws {Refusal} `refusal.strength` for a strength that is no percentage
 */
export function readForm({ fields }: ModalSubmitInteraction): ImagineOptions {
  const style = fields.fields.has("style") ? fields.getStringSelectValues("style")[0] : undefined;
  return {
    prompt: fields.getTextInputValue("prompt"),
    negativePrompt: fields.getTextInputValue("negative"),
    // The empty name takes a style away; none given keeps what there was.
    style: style === NO_STYLE ? "" : style,
    strength: readPercent(fields.getTextInputValue("strength")),
  };
}

/** Which of several pictures is meant, from 0. */
export function readWhich({ fields }: ModalSubmitInteraction): number {
  return fields.fields.has("which") ? Number(fields.getStringSelectValues("which")[0] ?? 0) : 0;
}

function percentOf(share: number | null): string {
  return share === null ? "" : String(Math.round(share * 100));
}

function readPercent(written: string): number | undefined {
  const trimmed = written.trim().replace(/\s*[%％]$/, "");
  if (trimmed === "") return undefined;
  const percent = Number(trimmed.replace(",", "."));
  if (!(percent > 0 && percent <= 100))
    throw new Refusal("refusal.strength", { written: cut(written, 30) });
  return percent / 100;
}
