import assert from "node:assert/strict";

import type { APIMessage } from "discord-api-types/v10";

import type { ClientModalField } from "../../src/playground/client-api.ts";

type AnyControl = Record<string, unknown>;

/** Every component of a message or a dialog, with those inside others. */
export function* controls(components: unknown): Generator<AnyControl> {
  for (const component of (components ?? []) as AnyControl[]) {
    yield component;
    yield* controls(component["components"]);
    for (const key of ["accessory", "component"])
      if (component[key] !== undefined) yield* controls([component[key]]);
  }
}

/** All text that a message shows. */
export function textOf(message: APIMessage): string {
  const texts = [...controls(message.components)].map(({ content }) => content);
  return [message.content, ...texts.filter((text) => typeof text === "string")].join("\n").trim();
}

export function customIdOf(message: APIMessage, name: string): string {
  const all = [...controls(message.components)];
  const found = all.find(
    (one) => one["custom_id"] === name || one["label"] === name || one["placeholder"] === name,
  );
  const labels = all
    .flatMap((one) => [one["label"], one["placeholder"]])
    .filter((label) => typeof label === "string");
  assert.ok(
    typeof found?.["custom_id"] === "string",
    `The message has no control ${name}, but: ${labels.join(", ")}.`,
  );
  return found["custom_id"];
}

export function initialValue(field: AnyControl): ClientModalField["value"] {
  const options = (field["options"] ?? []) as { value: string; default?: boolean }[];
  const chosen = options.filter((option) => option.default === true).map(({ value }) => value);
  switch (field["type"]) {
    case 4:
      return typeof field["value"] === "string" ? field["value"] : "";
    case 21:
      return chosen[0] ?? null;
    case 23:
      return field["default"] === true;
    default:
      return chosen;
  }
}
