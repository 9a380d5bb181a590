import type { APIEmbed, APIEmbedField } from "discord-api-types/v10";
import { h, type JSX } from "preact";

import { PictureGrid, toMedia } from "../components/gallery.ts";
import { Markdown } from "../markdown/markdown.ts";
import { cssColour } from "../state/world.ts";

/** A legacy embed. */
export function Embed({ embed }: { embed: APIEmbed }): JSX.Element {
  const { author, title, description, fields, image, thumbnail, footer, color } = embed;
  const small = [footer?.text, embed.timestamp === undefined ? undefined : dayOf(embed.timestamp)];
  const line = small.filter((part) => part !== undefined).join(" · ");
  return h(
    "div",
    {
      class: "embed",
      style: color === undefined ? undefined : { "--accent-bar": cssColour(color) },
    },
    h(
      "div",
      { class: "embed-body" },
      author !== undefined && h("div", { class: "embed-author" }, linked(author.name, author.url)),
      title !== undefined && h("div", { class: "embed-title" }, linked(title, embed.url)),
      description !== undefined && h(Markdown, { source: description }),
      fields !== undefined &&
        fields.length > 0 &&
        h("dl", { class: "embed-fields" }, fields.map(field)),
      image !== undefined &&
        h(PictureGrid, { media: [toMedia(image, { alt: "", isSpoiler: false })] }),
      line !== "" && h("div", { class: "embed-footer" }, line),
    ),
    thumbnail !== undefined &&
      h(
        "div",
        { class: "thumbnail" },
        h(PictureGrid, { media: [toMedia(thumbnail, { alt: "", isSpoiler: false })] }),
      ),
  );
}

function dayOf(timestamp: string): string {
  return new Date(timestamp).toLocaleString();
}

function linked(text: string, url: string | undefined): JSX.Element | string {
  if (url === undefined || !/^https?:/.test(url)) return text;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

function field({ name, value, inline }: APIEmbedField, index: number): JSX.Element {
  return h(
    "div",
    { key: index, class: inline === true ? "is-inline" : "" },
    h("dt", null, name),
    h("dd", null, h(Markdown, { source: value })),
  );
}
