import type {
  APIComponentInContainer,
  APIContainerComponent,
  APIFileComponent,
  APIMessageTopLevelComponent,
  APISectionComponent,
  APISeparatorComponent,
} from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useState } from "preact/hooks";

import { ComponentType, SeparatorSpacing } from "../discord.ts";
import { Markdown } from "../markdown/markdown.ts";
import { cssColour } from "../state/world.ts";
import { FileCard } from "../messages/file-card.ts";
import { ActionRow, Button } from "./controls.ts";
import { MediaGallery, Thumbnail } from "./gallery.ts";

/** One component of a message, as its type says. Those of a kind stay the same elements through edits. */
export function MessageComponent({
  component,
}: {
  component: APIMessageTopLevelComponent | APIComponentInContainer;
}): JSX.Element | null {
  switch (component.type) {
    case ComponentType.ActionRow:
      return h(ActionRow, { component });
    case ComponentType.Section:
      return h(Section, { component });
    case ComponentType.TextDisplay:
      return h(Markdown, { source: component.content });
    case ComponentType.MediaGallery:
      return h(MediaGallery, { component });
    case ComponentType.File:
      return h(ShownFile, { component });
    case ComponentType.Separator:
      return h(Separator, { component });
    case ComponentType.Container:
      return h(Container, { component });
    default:
      return null;
  }
}

function Container({ component }: { component: APIContainerComponent }): JSX.Element {
  const [isRevealed, setRevealed] = useState(component.spoiler !== true);
  const accent = component.accent_color ?? null;
  return h(
    "div",
    {
      class: `container ${accent === null ? "" : "has-accent"} ${isRevealed ? "" : "is-hidden"}`,
      style: accent === null ? undefined : { "--accent-bar": cssColour(accent) },
    },
    h(
      "div",
      { class: "container-body", inert: !isRevealed },
      component.components.map((inner, index) =>
        h(MessageComponent, { key: `${inner.type} ${index}`, component: inner }),
      ),
    ),
    !isRevealed &&
      h(
        "button",
        { type: "button", class: "container-spoiler", onClick: () => setRevealed(true) },
        "Spoiler",
      ),
  );
}

function Section({ component }: { component: APISectionComponent }): JSX.Element {
  const { accessory } = component;
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-texts" },
      component.components.map((inner, index) =>
        h(Markdown, { key: index, source: inner.content }),
      ),
    ),
    h(
      "div",
      { class: "section-accessory" },
      accessory.type === ComponentType.Button
        ? h(Button, { component: accessory })
        : h(Thumbnail, { component: accessory }),
    ),
  );
}

function Separator({ component }: { component: APISeparatorComponent }): JSX.Element {
  const isLarge = component.spacing === SeparatorSpacing.Large;
  const isLine = component.divider !== false;
  return h("div", {
    class: `separator ${isLarge ? "is-large" : ""} ${isLine ? "is-line" : ""}`,
    role: isLine ? "separator" : "presentation",
  });
}

function ShownFile({ component }: { component: APIFileComponent }): JSX.Element {
  const { file, name, size } = component;
  return h(FileCard, {
    url: file.url,
    name: name ?? file.url.split("?")[0]?.split("/").at(-1) ?? "file",
    sizeBytes: size ?? null,
  });
}
