import { h, type JSX } from "preact";

import { icon } from "../ui/icons.ts";
import { ownUrl } from "../ui/picture.ts";

interface FileCardProps {
  url: string;
  name: string;
  sizeBytes: number | null;
}

/** A file that is not shown but can be fetched. */
export function FileCard({ url, name, sizeBytes }: FileCardProps): JSX.Element {
  return h(
    "div",
    { class: "file-card" },
    icon("file", 28),
    h(
      "div",
      { class: "file-card-text" },
      h(
        "a",
        { href: ownUrl(url) ?? url, download: name, target: "_blank", rel: "noopener noreferrer" },
        name,
      ),
      sizeBytes !== null && h("span", { class: "muted" }, formatBytes(sizeBytes)),
    ),
  );
}

/** Such as `3.4 MB`; 1 KB is 1024 bytes, as Discord counts. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ["KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  const value = bytes / 1024 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}
