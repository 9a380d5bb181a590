/** A message in one line, for replies and screen readers. */
import type { ClientMessage } from "../../client-api.ts";
import { ComponentType } from "../discord.ts";

const MAX_LENGTH = 140;

export function summaryOf(message: ClientMessage): string {
  const text = message.content === "" ? textIn(message.components ?? []) : message.content;
  const plain = text
    .replaceAll(/<t:\d+(?::\w)?>/g, "")
    .replaceAll(/\\(?=[^0-9A-Za-z\s])|[*_~`|]{1,3}|^(?:#{1,3}|-#|>)\s/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (plain !== "") return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain;
  const [embed] = message.embeds;
  return embed?.title ?? embed?.description ?? "a message with pictures or files";
}

/** The first text in components, whatever they are in: what a card says in one line stands at its top. */
function textIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(textIn).find((text) => text !== "") ?? "";
  if (typeof value !== "object" || value === null) return "";
  const component = value as { type?: number; content?: unknown; components?: unknown };
  if (component.type === ComponentType.TextDisplay && typeof component.content === "string")
    return component.content;
  return textIn(component.components);
}
