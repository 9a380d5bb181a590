import { ComponentType as T } from "discord-api-types/v10";

import type { ClientModalField } from "../client-api.ts";
import { type AnyComponent, walk } from "../rules/check-components.ts";
import { lengthOf } from "../rules/form.ts";
import { Refusal } from "./refusal.ts";
import type { Resolved } from "./resolved.ts";

/** A field as the dialog defines it. */
export interface FieldDefinition extends AnyComponent {
  channel_types?: readonly number[];
  file_types?: readonly string[];
  min_length?: number;
  max_length?: number;
}

/** What was chosen of a select, checked against what it offers; used in messages and in dialogs. */
export function chosenValues(
  definition: FieldDefinition,
  values: readonly string[],
  resolved: Resolved,
): string[] {
  const { custom_id: field } = definition;
  const isOptional = definition.required === false && values.length === 0;
  const fallbackMax = definition.type === T.CheckboxGroup ? (definition.options?.length ?? 1) : 1;
  const { min_values: min = 1, max_values: max = fallbackMax } = definition;
  if (!isOptional && (values.length < min || values.length > max))
    throw new Refusal(400, `Choose ${min === max ? min : `${min} to ${max}`}.`, field);
  if (new Set(values).size < values.length)
    throw new Refusal(400, "Nothing can be chosen twice.", field);
  for (const value of values) resolveChoice(definition, value, resolved);
  return [...values];
}

function resolveChoice(definition: FieldDefinition, value: string, resolved: Resolved): void {
  const { type, options = [] } = definition;
  if (type === T.UserSelect) resolved.addUser(value);
  else if (type === T.RoleSelect) resolved.addRole(value);
  else if (type === T.MentionableSelect) resolved.addMentionable(value);
  else if (type === T.ChannelSelect) resolved.addChannel(value, definition.channel_types);
  else if (type === T.FileUpload) resolved.addAttachment(value, definition.file_types);
  else if (!options.some((option) => option.value === value))
    throw new Refusal(400, "This is not offered.", definition.custom_id);
}

/** A dialog's components as they go back to the bot, with what was filled in. */
export function filledComponents(
  components: readonly AnyComponent[],
  fields: readonly ClientModalField[],
  resolved: Resolved,
): object[] {
  const known = new Set([...walk(components, [])].map(({ component }) => component.custom_id));
  const stray = fields.find(({ customId }) => !known.has(customId));
  if (stray !== undefined) throw new Refusal(400, "The dialog has no such field.", stray.customId);
  const fill = (component: AnyComponent): object => {
    const { type, id, custom_id } = component;
    if (component.component !== undefined)
      return { type, id, component: fill(component.component) };
    if (component.components !== undefined)
      return { type, id, components: component.components.map(fill) };
    if (custom_id === undefined) return { type, id };
    const value = fields.find(({ customId }) => customId === custom_id)?.value ?? null;
    return { type, id, custom_id, ...filledValue(component, value, resolved) };
  };
  return components.map(fill);
}

type Value = ClientModalField["value"];

function filledValue(
  field: FieldDefinition,
  value: Value,
  resolved: Resolved,
): { value: string | boolean | null } | { values: string[] } {
  if (field.type === T.TextInput) return { value: textOf(field, value) };
  if (field.type === T.Checkbox) {
    if (value !== null && typeof value !== "boolean")
      throw new Refusal(400, "This is ticked or not.", field.custom_id);
    return { value: value ?? false };
  }
  if (field.type === T.RadioGroup) {
    if (value === null && field.required === false) return { value: null };
    if (typeof value !== "string") throw new Refusal(400, "Choose one.", field.custom_id);
    resolveChoice(field, value, resolved);
    return { value };
  }
  if (value !== null && !Array.isArray(value))
    throw new Refusal(400, "This field takes a list.", field.custom_id);
  return { values: chosenValues(field, value ?? [], resolved) };
}

function textOf(field: FieldDefinition, value: Value): string {
  const { custom_id: name, min_length: min = 0, max_length: max = 4000 } = field;
  if (value !== null && typeof value !== "string")
    throw new Refusal(400, "This field takes text.", name);
  const length = lengthOf(value ?? "");
  if (length === 0 && field.required !== false)
    throw new Refusal(400, "This field is required.", name);
  if (length > 0 && length < min) throw new Refusal(400, `Write at least ${min} characters.`, name);
  if (length > max) throw new Refusal(400, `Write at most ${max} characters.`, name);
  return value ?? "";
}
