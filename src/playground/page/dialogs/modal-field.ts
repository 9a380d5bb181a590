import type {
  APICheckboxGroupComponent,
  APIComponentInLabel,
  APIRadioGroupComponent,
  APISelectMenuComponent,
  APITextInputComponent,
} from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useId } from "preact/hooks";

import { selectItems } from "../components/select-items.ts";
import { ComponentType, TextInputStyle } from "../discord.ts";
import { type OpenModal, useApp } from "../state/store.ts";
import { channelOf, guildOf } from "../state/world.ts";
import { Select } from "../ui/select.ts";
import { isRequired, type ModalField, type ModalState } from "./modal-values.ts";
import { UploadField } from "./upload-field.ts";

export interface ModalFieldProps {
  field: ModalField;
  state: ModalState;
  open: OpenModal;
  change: (customId: string, fresh: Partial<ModalState>) => void;
}

export interface InnerProps<Component> {
  component: Component;
  props: ModalFieldProps;
  id: string;
  describedBy: string | undefined;
  isInvalid: boolean;
}

/** One field of a dialog with its label, its description and what is wrong with it. */
export function ModalFieldView(props: ModalFieldProps): JSX.Element {
  const { label, description, component } = props.field;
  const id = useId();
  const error = props.state.errors[component.custom_id] ?? "";
  const describedBy = [
    description === "" ? "" : `${id}-description`,
    error === "" ? "" : `${id}-error`,
  ]
    .filter(Boolean)
    .join(" ");
  const inner = {
    props,
    id,
    describedBy: describedBy === "" ? undefined : describedBy,
    isInvalid: error !== "",
  };
  const isGroup =
    component.type === ComponentType.RadioGroup || component.type === ComponentType.CheckboxGroup;
  return h(
    isGroup ? "fieldset" : "div",
    {
      class: `field ${error === "" ? "" : "is-invalid"}`,
      "aria-describedby": isGroup ? inner.describedBy : undefined,
    },
    labelFor({ label, component, id, isGroup }),
    description !== "" &&
      h("p", { class: "field-description", id: `${id}-description` }, description),
    control(component, inner),
    error !== "" && h("p", { class: "field-error", id: `${id}-error`, role: "alert" }, error),
  );
}

function labelFor({
  label,
  component,
  id,
  isGroup,
}: {
  label: string;
  component: APIComponentInLabel;
  id: string;
  isGroup: boolean;
}): JSX.Element {
  const content = [
    label,
    isRequired(component) && h("span", { class: "required", title: "Required" }, " *"),
  ];
  return isGroup
    ? h("legend", { class: "field-label" }, content)
    : h("label", { class: "field-label", for: id }, content);
}

function control(
  component: APIComponentInLabel,
  inner: Omit<InnerProps<APIComponentInLabel>, "component">,
): JSX.Element {
  switch (component.type) {
    case ComponentType.TextInput:
      return h(TextField, { component, ...inner });
    case ComponentType.RadioGroup:
      return h(Choices, { component, kind: "radio", ...inner });
    case ComponentType.CheckboxGroup:
      return h(Choices, { component, kind: "checkbox", ...inner });
    case ComponentType.Checkbox:
      return h(CheckboxField, { component, ...inner });
    case ComponentType.FileUpload:
      return h(UploadField, { component, ...inner });
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return h(SelectField, { component, ...inner });
  }
}

function TextField({
  component,
  props,
  id,
  describedBy,
  isInvalid,
}: InnerProps<APITextInputComponent>): JSX.Element {
  const { custom_id: customId, placeholder, max_length: max } = component;
  const value = String(props.state.values[customId] ?? "");
  const isParagraph = component.style === TextInputStyle.Paragraph;
  const attributes = {
    id,
    value,
    placeholder,
    maxLength: max,
    class: "text-input",
    "aria-describedby": describedBy,
    "aria-invalid": isInvalid ? "true" : undefined,
    "aria-required": isRequired(component) ? "true" : undefined,
    onInput: (event: Event) => {
      const { value: text } = event.currentTarget as HTMLInputElement;
      props.change(customId, { values: { [customId]: text } });
    },
  } as const;
  return h(
    "div",
    { class: "text-field" },
    isParagraph
      ? h("textarea", { ...attributes, rows: 4 })
      : h("input", { ...attributes, type: "text", autocomplete: "off" }),
    max !== undefined &&
      value.length > max * 0.8 &&
      h("span", { class: "counter muted" }, `${value.length} / ${max}`),
  );
}

function Choices({
  component,
  kind,
  props,
  id,
  describedBy,
  isInvalid,
}: InnerProps<APIRadioGroupComponent | APICheckboxGroupComponent> & {
  kind: "radio" | "checkbox";
}): JSX.Element {
  const { custom_id: customId } = component;
  const value = props.state.values[customId] ?? null;
  const chosen = Array.isArray(value) ? value : [value];
  const toggle = (option: string, isOn: boolean): void => {
    const others = chosen.filter((one): one is string => typeof one === "string" && one !== option);
    const many = isOn ? [...others, option] : others;
    props.change(customId, { values: { [customId]: kind === "radio" ? option : many } });
  };
  return h(
    "div",
    { class: "choices" },
    component.options.map((option) =>
      h(
        "label",
        { key: option.value, class: "choice" },
        h("input", {
          type: kind,
          name: id,
          checked: chosen.includes(option.value),
          "aria-describedby": describedBy,
          "aria-invalid": isInvalid ? "true" : undefined,
          onChange: (event: Event) =>
            toggle(option.value, (event.currentTarget as HTMLInputElement).checked),
        }),
        h(
          "span",
          null,
          h("span", { class: "choice-label" }, option.label),
          option.description !== undefined &&
            h("span", { class: "choice-description" }, option.description),
        ),
      ),
    ),
  );
}

function CheckboxField({
  component,
  props,
  id,
  describedBy,
}: InnerProps<{ custom_id: string }>): JSX.Element {
  const { custom_id: customId } = component;
  const isOn = props.state.values[customId] === true;
  return h("input", {
    id,
    type: "checkbox",
    class: "single-checkbox",
    checked: isOn,
    "aria-describedby": describedBy,
    onChange: (event: Event) => {
      const { checked } = event.currentTarget as HTMLInputElement;
      props.change(customId, { values: { [customId]: checked } });
    },
  });
}

function SelectField({
  component,
  props,
  describedBy,
  isInvalid,
}: InnerProps<APISelectMenuComponent>): JSX.Element | null {
  const world = useApp((state) => state.world);
  if (world === null) return null;
  const { custom_id: customId, placeholder = "Make a selection" } = component;
  const guild = guildOf(world, channelOf(world, props.open.channelId)?.guildId ?? null);
  const value = props.state.values[customId];
  return h(Select, {
    label: props.field.label,
    placeholder,
    items: selectItems(component, { world, guild }),
    values: Array.isArray(value) ? value : [],
    min: isRequired(component) ? (component.min_values ?? 1) : 0,
    max: component.max_values ?? 1,
    isInvalid,
    describedBy,
    onChange: (values) => props.change(customId, { values: { [customId]: values } }),
  });
}
