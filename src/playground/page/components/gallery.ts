import type {
  APIMediaGalleryComponent,
  APIThumbnailComponent,
  APIUnfurledMediaItem,
} from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useState } from "preact/hooks";

import { type LightboxItem, store } from "../state/store.ts";
import { icon } from "../ui/icons.ts";
import { ownUrl, Picture } from "../ui/picture.ts";

/** Of a picture that stands alone, in CSS pixels. */
const MAX_WIDTH_PX = 550;
const MAX_HEIGHT_PX = 440;

interface Media {
  url: string;
  alt: string;
  isSpoiler: boolean;
  width: number | null;
  height: number | null;
  contentType: string | null;
}

export function MediaGallery({ component }: { component: APIMediaGalleryComponent }): JSX.Element {
  const media = component.items.map((item) =>
    toMedia(item.media, { alt: item.description ?? "", isSpoiler: item.spoiler === true }),
  );
  return h(PictureGrid, { media });
}

export function Thumbnail({ component }: { component: APIThumbnailComponent }): JSX.Element {
  const media = toMedia(component.media, {
    alt: component.description ?? "",
    isSpoiler: component.spoiler === true,
  });
  return h("div", { class: "thumbnail" }, h(Tile, { media, all: [media], index: 0 }));
}

export function toMedia(
  item: Pick<APIUnfurledMediaItem, "url" | "width" | "height" | "content_type">,
  { alt, isSpoiler }: { alt: string; isSpoiler: boolean },
): Media {
  return {
    url: item.url,
    alt,
    isSpoiler,
    width: item.width ?? null,
    height: item.height ?? null,
    contentType: item.content_type ?? null,
  };
}

/** One to ten pictures side by side; the layout is the style sheet's, by their number. */
export function PictureGrid({ media }: { media: readonly Media[] }): JSX.Element {
  const [only] = media;
  const isSingle = media.length === 1 && only !== undefined;
  return h(
    "div",
    {
      class: "gallery",
      "data-count": media.length,
      style: isSingle ? singleSize(only) : undefined,
      role: isSingle ? undefined : "group",
      "aria-label": isSingle ? undefined : `${media.length} pictures`,
    },
    media.map((item, index) => h(Tile, { key: index, media: item, all: media, index })),
  );
}

/** Room for a single picture before it has loaded, so that nothing jumps. */
function singleSize({ width, height }: Media): Record<string, string> {
  if (width === null || height === null || width <= 0 || height <= 0) return {};
  const scale = Math.min(1, MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height);
  // Small pictures are shown larger, pixel for pixel would be a stamp.
  const shown = Math.max(
    Math.round(width * scale),
    Math.min(256, Math.round((256 * width) / height)),
  );
  return { width: `min(100%, ${shown}px)`, aspectRatio: `${width} / ${height}` };
}

interface TileProps {
  media: Media;
  all: readonly Media[];
  index: number;
}

function Tile({ media, all, index }: TileProps): JSX.Element {
  const [isRevealed, setRevealed] = useState(!media.isSpoiler);
  const url = ownUrl(media.url);
  if (url === null) return elsewhere(media);
  if (media.contentType?.startsWith("video/") === true)
    return h("video", { src: url, controls: true, class: "tile", "aria-label": media.alt });
  const name = media.alt === "" ? "Picture" : media.alt;
  const press = (): void => {
    if (isRevealed) openLightbox(all, index);
    else setRevealed(true);
  };
  return h(
    "button",
    {
      type: "button",
      class: `tile ${isRevealed ? "" : "is-hidden"}`,
      "aria-label": isRevealed ? `${name} (open)` : "Spoiler picture: show",
      onClick: press,
    },
    h(Picture, {
      src: url,
      alt: isRevealed ? media.alt : "",
      width: media.width ?? undefined,
      height: media.height ?? undefined,
    }),
    !isRevealed && h("span", { class: "tile-spoiler" }, "Spoiler"),
    isRevealed && media.alt !== "" && h("span", { class: "tile-alt", title: media.alt }, "ALT"),
  );
}

function openLightbox(all: readonly Media[], index: number): void {
  const items = all.flatMap(({ url, alt }): LightboxItem[] => {
    const own = ownUrl(url);
    return own === null ? [] : [{ url: own, alt }];
  });
  const own = ownUrl(all[index]?.url ?? "");
  const at = items.findIndex((item) => item.url === own);
  store.set({ lightbox: { items, index: Math.max(0, at) } });
}

/** A picture on another machine is linked, never fetched. */
function elsewhere({ url, alt }: Media): JSX.Element {
  return h(
    "a",
    { class: "tile tile-elsewhere", href: url, target: "_blank", rel: "noopener noreferrer" },
    icon("link", 18),
    h("span", null, alt === "" ? url : alt),
  );
}
