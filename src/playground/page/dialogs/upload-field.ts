import type { APIFileUploadComponent } from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import type { ClientAttachment } from "../../client-api.ts";
import { formatBytes } from "../messages/file-card.ts";
import { api } from "../state/api.ts";
import { store } from "../state/store.ts";
import { icon } from "../ui/icons.ts";
import { ownUrl } from "../ui/picture.ts";
import type { InnerProps } from "./modal-field.ts";

/** Files for a dialog: chosen, dropped on the field, or pasted while it has the keyboard. */
export function UploadField(inner: InnerProps<APIFileUploadComponent>): JSX.Element {
  const { component, props, id, describedBy, isInvalid } = inner;
  const chooser = useRef<HTMLInputElement>(null);
  const [uploading, setUploading] = useState(0);
  const max = component.max_values ?? 1;
  const files = props.state.files[component.custom_id] ?? [];
  const add = (chosen: Iterable<File>): void => {
    void addFiles([...chosen].slice(0, Math.max(0, max - files.length)), { inner, setUploading });
  };
  const accept = component.file_types?.map((type) => (type.startsWith(".") ? type : `${type}/*`));
  return h(
    "div",
    {
      class: "upload-field",
      onDragOver: (event: DragEvent) => event.preventDefault(),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        add(event.dataTransfer?.files ?? []);
      },
      onPaste: (event: ClipboardEvent) => add(event.clipboardData?.files ?? []),
    },
    h("input", {
      ref: chooser,
      type: "file",
      hidden: true,
      multiple: max > 1,
      accept: accept?.join(","),
      "aria-label": props.field.label,
      onChange: (event: Event) => {
        const input = event.currentTarget as HTMLInputElement;
        add(input.files ?? []);
        input.value = "";
      },
    }),
    files.map((file) =>
      chosenFile(file, () =>
        setFiles(
          inner,
          files.filter((one) => one !== file),
        ),
      ),
    ),
    files.length < max &&
      h(
        "button",
        {
          id,
          type: "button",
          class: "upload-button",
          "aria-describedby": describedBy,
          "aria-invalid": isInvalid ? "true" : undefined,
          onClick: () => chooser.current?.click(),
        },
        uploading > 0 ? h("span", { class: "spinner" }) : icon("upload", 22),
        uploading > 0 ? "Uploading…" : "Choose a file, or drop it here",
      ),
  );
}

function chosenFile(file: ClientAttachment, onRemove: () => void): JSX.Element {
  const url = file.content_type?.startsWith("image/") === true ? ownUrl(file.url) : null;
  return h(
    "div",
    { key: file.id, class: "chosen-file" },
    url === null ? icon("file", 32) : h("img", { src: url, alt: "" }),
    h("span", { class: "chosen-file-name" }, file.filename),
    h("span", { class: "muted" }, formatBytes(file.size)),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": `Remove ${file.filename}`,
        onClick: onRemove,
      },
      icon("trash", 18),
    ),
  );
}

type Inner = InnerProps<APIFileUploadComponent>;

function setFiles({ component, props }: Inner, files: readonly ClientAttachment[]): void {
  const { custom_id: customId } = component;
  props.change(customId, {
    files: { [customId]: files },
    values: { [customId]: files.map(({ id }) => id) },
  });
}

async function addFiles(
  chosen: readonly File[],
  { inner, setUploading }: { inner: Inner; setUploading: (count: number) => void },
): Promise<void> {
  const { component, props } = inner;
  const { world } = store.state;
  if (world === null || chosen.length === 0) return;
  const place = { userId: world.userId, channelId: props.open.channelId };
  setUploading(chosen.length);
  try {
    const done = await Promise.all(chosen.map(async (file) => api.upload(file, place)));
    setFiles(inner, [...(props.state.files[component.custom_id] ?? []), ...done]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    props.change(component.custom_id, { errors: { [component.custom_id]: text } });
  } finally {
    setUploading(0);
  }
}
