import type { APIAttachment, APIReaction } from "discord-api-types/v10";
import { Fragment, h, type JSX } from "preact";

import type { ClientMessage } from "../../client-api.ts";
import { MessageComponent } from "../components/component.ts";
import { PictureGrid, toMedia } from "../components/gallery.ts";
import { hasFlag, MessageFlag } from "../discord.ts";
import { Markdown } from "../markdown/markdown.ts";
import { Embed } from "./embed.ts";
import { FileCard } from "./file-card.ts";

/** What a message says and shows. */
export function MessageBody({ message }: { message: ClientMessage }): JSX.Element {
  if (hasFlag(message, MessageFlag.loading))
    return h(
      "p",
      { class: "thinking" },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i", null), h("i", null), h("i", null)),
      `${message.author.username} is thinking…`,
    );
  const { content, attachments, embeds, components = [] } = message;
  return h(
    Fragment,
    null,
    content !== "" && h(Markdown, { source: content }),
    isEdited(message) &&
      h("span", { class: "edited", title: message.edited_timestamp ?? "" }, "(edited)"),
    attachments.length > 0 && h(Attachments, { attachments }),
    embeds.map((embed, index) => h(Embed, { key: `embed ${index}`, embed })),
    components.map((component, index) =>
      h(MessageComponent, { key: `${component.type} ${index}`, component }),
    ),
    message.reactions !== undefined &&
      h("div", { class: "reactions" }, message.reactions.map(reaction)),
  );
}

/** Cards change all the time while they run; only edited words are worth a mark. */
function isEdited({ content, edited_timestamp: editedAt }: ClientMessage): boolean {
  return content !== "" && editedAt !== null;
}

function Attachments({ attachments }: { attachments: readonly APIAttachment[] }): JSX.Element {
  const pictures = attachments.filter(isPicture);
  const files = attachments.filter((file) => !isPicture(file));
  return h(
    "div",
    { class: "attachments" },
    pictures.length > 0 &&
      h(PictureGrid, {
        media: pictures.map((file) =>
          toMedia(file, {
            alt: file.description ?? file.filename,
            isSpoiler: file.filename.startsWith("SPOILER_"),
          }),
        ),
      }),
    files.map(({ id, url, filename, size }) =>
      h(FileCard, { key: id, url, name: filename, sizeBytes: size }),
    ),
  );
}

function isPicture({ content_type: type }: APIAttachment): boolean {
  return type?.startsWith("image/") === true;
}

function reaction({ emoji, count }: APIReaction): JSX.Element {
  const name = emoji.id === null ? (emoji.name ?? "") : `:${emoji.name ?? ""}:`;
  return h("span", { key: name, class: "reaction" }, name, " ", count);
}
