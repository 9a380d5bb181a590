import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIComponentInMessageActionRow,
  type APIContainerComponent,
  type APIMediaGalleryItem,
  ButtonStyle,
  ComponentType,
  type RawFile,
} from "discord.js";

/** A message of ours in Components V2, with the files that it shows. */
export interface Card {
  readonly components: readonly APIContainerComponent[];
  readonly files: readonly RawFile[];
}

/** Discord's limit for one text, and for all texts of a message together. */
const MAX_TEXT = 4000;
/** Discord's limit for a picture's description. */
const MAX_ALT_TEXT = 1024;
const MAX_LABEL = 80;

export const ACCENT = {
  working: 0x5865f2,
  good: 0x2e8b57,
  bad: 0xc0392b,
  quiet: 0x747f8d,
} as const;

/** A card from its parts, of which those that are null are left out. */
export function card(
  accent: number,
  parts: readonly (APIComponentInContainer | null)[],
  files: readonly RawFile[] = [],
): Card {
  const components = parts.filter((part) => part !== null);
  return {
    components: [{ type: ComponentType.Container, accent_color: accent, components }],
    files,
  };
}

export function text(content: string): APIComponentInContainer {
  return { type: ComponentType.TextDisplay, content: cut(content, MAX_TEXT) };
}

/** Small grey lines. */
export function small(lines: readonly (string | null)[]): APIComponentInContainer | null {
  const shown = lines.filter((line) => line !== null && line !== "");
  return shown.length === 0 ? null : text(shown.map((line) => `-# ${line}`).join("\n"));
}

/** Attached files with their descriptions. */
export function gallery(
  items: readonly { name: string; description: string }[],
): APIComponentInContainer {
  return {
    type: ComponentType.MediaGallery,
    items: items.map(({ name, description }): APIMediaGalleryItem => ({
      media: { url: `attachment://${name}` },
      description: cut(description, MAX_ALT_TEXT),
    })),
  };
}

export function row(
  ...components: readonly (APIComponentInMessageActionRow | null)[]
): APIActionRowComponent<APIComponentInMessageActionRow> | null {
  const shown = components.filter((component) => component !== null);
  return shown.length === 0 ? null : { type: ComponentType.ActionRow, components: [...shown] };
}

interface ButtonLook {
  readonly label: string;
  readonly emoji?: string;
  readonly style?: APIButtonComponentWithCustomId["style"];
  readonly disabled?: boolean;
}

export function pressButton(customId: string, look: ButtonLook): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    custom_id: customId,
    style: look.style ?? ButtonStyle.Secondary,
    label: cut(look.label, MAX_LABEL),
    ...(look.emoji === undefined ? {} : { emoji: { name: look.emoji } }),
    ...(look.disabled === undefined ? {} : { disabled: look.disabled }),
  };
}

/** At most so many UTF-16 units, with an ellipsis where something is missing. */
export function cut(content: string, length: number): string {
  return content.length <= length ? content : `${content.slice(0, length - 1).toWellFormed()}…`;
}
