/** What stands in a dialog's fields, and whether it may be sent. */
import type {
  APIComponentInLabel,
  APIModalInteractionResponseCallbackData,
  APISelectMenuComponent,
} from "discord-api-types/v10";

import type { ClientAttachment, ClientModalField } from "../../client-api.ts";
import { defaultValues } from "../components/select-items.ts";
import { ComponentType } from "../discord.ts";

/** Discord's own limit for a text input. */
const MAX_TEXT = 4000;

type FieldValue = string | string[] | boolean | null;

export interface ModalField {
  label: string;
  description: string;
  component: APIComponentInLabel;
}

export type ModalItem = { type: "text"; content: string } | { type: "field"; field: ModalField };

export interface ModalState {
  values: Readonly<Record<string, FieldValue>>;
  /** Files by the field's custom id; their ids are the values. */
  files: Readonly<Record<string, readonly ClientAttachment[]>>;
  errors: Readonly<Record<string, string>>;
}

/** The dialog's texts and fields in order; a text input in an action row, the old way, has its own label. */
export function modalItems({ components }: APIModalInteractionResponseCallbackData): ModalItem[] {
  return components.flatMap((top): ModalItem[] => {
    if (top.type === ComponentType.TextDisplay) return [{ type: "text", content: top.content }];
    if (top.type === ComponentType.Label) {
      const { label, description = "", component } = top;
      return [{ type: "field", field: { label, description, component } }];
    }
    if (top.type !== ComponentType.ActionRow) return [];
    return top.components.map((component) => ({
      type: "field",
      field: { label: component.label ?? "", description: "", component },
    }));
  });
}

export function fieldsOf(items: readonly ModalItem[]): ModalField[] {
  return items.flatMap((item) => (item.type === "field" ? [item.field] : []));
}

export function startValues(fields: readonly ModalField[]): ModalState {
  const values = fields.map(({ component }) => [component.custom_id, startValue(component)]);
  return { values: Object.fromEntries(values), files: {}, errors: {} };
}

function startValue(component: APIComponentInLabel): FieldValue {
  switch (component.type) {
    case ComponentType.TextInput:
      return component.value ?? "";
    case ComponentType.Checkbox:
      return component.default ?? false;
    case ComponentType.RadioGroup:
      return component.options.find((option) => option.default === true)?.value ?? null;
    case ComponentType.CheckboxGroup:
      return component.options
        .filter((option) => option.default === true)
        .map(({ value }) => value);
    case ComponentType.FileUpload:
      return [];
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return defaultValues(component);
  }
}

export function isRequired(component: APIComponentInLabel): boolean {
  return component.type === ComponentType.Checkbox ? false : (component.required ?? true);
}

/** What is wrong with each field, by custom id; empty when all may be sent. */
export function checkModal(
  fields: readonly ModalField[],
  { values }: ModalState,
): Record<string, string> {
  const errors = fields.flatMap(({ component }) => {
    const error = checkValue(component, values[component.custom_id] ?? null);
    return error === null ? [] : [[component.custom_id, error] as const];
  });
  return Object.fromEntries(errors);
}

function checkValue(component: APIComponentInLabel, value: FieldValue): string | null {
  switch (component.type) {
    case ComponentType.Checkbox:
      return null;
    case ComponentType.TextInput:
      return checkText(String(value ?? ""), {
        isRequired: isRequired(component),
        min: component.min_length ?? 0,
        max: component.max_length ?? MAX_TEXT,
      });
    case ComponentType.RadioGroup:
      return value === null && isRequired(component) ? "Choose one." : null;
    case ComponentType.CheckboxGroup:
      return checkCount(value, {
        ...component,
        max_values: component.max_values ?? component.options.length,
      });
    case ComponentType.FileUpload:
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return checkCount(value, component);
  }
}

function checkText(
  text: string,
  limits: { isRequired: boolean; min: number; max: number },
): string | null {
  if (text.trim() === "") return limits.isRequired ? "This field is required." : null;
  if (text.length < limits.min) return `Write at least ${limits.min} characters.`;
  return text.length > limits.max ? `Write at most ${limits.max} characters.` : null;
}

type Counted = Pick<APISelectMenuComponent, "min_values" | "max_values" | "required">;

function checkCount(value: FieldValue, component: Counted): string | null {
  const count = Array.isArray(value) ? value.length : 0;
  const needsSome = component.required ?? true;
  const min = component.min_values ?? 1;
  const max = component.max_values ?? 1;
  if (count === 0 && !needsSome) return null;
  if (count < Math.max(min, needsSome ? 1 : 0))
    return min <= 1 ? "This field is required." : `Choose at least ${min}.`;
  return count > max ? `Choose at most ${max}.` : null;
}

export function toFields(
  fields: readonly ModalField[],
  { values }: ModalState,
): ClientModalField[] {
  return fields.map(({ component: { custom_id: customId } }) => ({
    customId,
    value: values[customId] ?? null,
  }));
}
