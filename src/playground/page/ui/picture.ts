import { h, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

interface PictureProps {
  src: string;
  alt: string;
  width?: number | undefined;
  height?: number | undefined;
  class?: string;
}

/** A picture whose successor takes its place only once it can be shown whole: edits do not flicker. */
export function Picture({ src, alt, width, height, class: name }: PictureProps): JSX.Element {
  const [shown, setShown] = useState(src);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (src === shown) return undefined;
    let isWanted = true;
    const next = new Image();
    next.src = src;
    const show = (): void => {
      if (!isWanted) return;
      setFailed(false);
      setShown(src);
    };
    // One that cannot be decoded is shown as what it is: broken.
    next.decode().then(show, show);
    return () => {
      isWanted = false;
    };
  }, [src]);
  if (hasFailed)
    return h(
      "span",
      { class: "picture-broken", role: "img", "aria-label": alt },
      "This picture could not be loaded.",
    );
  return h("img", {
    src: shown,
    alt,
    width,
    height,
    class: name,
    decoding: "async",
    draggable: false,
    onError: () => setFailed(true),
  });
}

/** The address when it is the playground's own, else null: the page asks nothing of other machines. */
export function ownUrl(url: string): string | null {
  if (!URL.canParse(url, location.href)) return null;
  const { origin, pathname, search } = new URL(url, location.href);
  return origin === location.origin ? pathname + search : null;
}
