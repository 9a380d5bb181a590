import { type ComponentChildren, h, type JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { Anchor } from "./anchor.ts";

/** Between the anchor and what floats beside it, and to the window's edge, in CSS pixels. */
const GAP_PX = 6;
const EDGE_PX = 8;

type Side = "above" | "below";

interface FloatingProps {
  anchor: Anchor;
  /** Tried first; the other side where there is no room. */
  side?: Side;
  /** As wide as the anchor at least. */
  isAnchorWide?: boolean;
  class?: string;
  /** Called for a click elsewhere and for Escape. */
  onClose?: () => void;
  children?: ComponentChildren;
}

/** Something above all else (menus, lists of choices), kept beside its anchor and inside the window. */
export function Floating(props: FloatingProps): JSX.Element {
  const { children, onClose } = props;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    // The top layer: no scrolling parent clips it, and it stands above dialogs.
    if (element !== null && !element.matches(":popover-open")) element.showPopover();
  }, []);
  useLayoutEffect(() => {
    if (box.current !== null) place(box.current, props);
  });
  useEffect(() => {
    const move = (): void => {
      if (box.current !== null) place(box.current, props);
    };
    window.addEventListener("resize", move);
    window.addEventListener("scroll", move, { capture: true, passive: true });
    return () => {
      window.removeEventListener("resize", move);
      window.removeEventListener("scroll", move, { capture: true });
    };
  });
  useClickOutside(box, props.anchor, onClose);
  return h(
    "div",
    {
      ref: box,
      popover: "manual",
      class: `floating ${props.class ?? ""}`,
      onKeyDown: (event: KeyboardEvent) => {
        if (event.key !== "Escape" || onClose === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      },
    },
    children,
  );
}

function useClickOutside(
  box: { current: HTMLElement | null },
  anchor: Anchor,
  onClose: (() => void) | undefined,
): void {
  useEffect(() => {
    if (onClose === undefined) return;
    const close = (event: Event): void => {
      const target = event.target as Node;
      if (box.current?.contains(target) === true) return;
      if ("element" in anchor && anchor.element.contains(target)) return;
      onClose();
    };
    document.addEventListener("pointerdown", close, { capture: true });
    return () => document.removeEventListener("pointerdown", close, { capture: true });
  });
}

function place(box: HTMLElement, { anchor, side = "below", isAnchorWide }: FloatingProps): void {
  const at =
    "element" in anchor
      ? anchor.element.getBoundingClientRect()
      : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y, width: 0 };
  const gap = "element" in anchor ? GAP_PX : 0;
  if (isAnchorWide === true) box.style.minWidth = `${at.width}px`;
  box.style.maxHeight = "";
  const { offsetWidth: width, offsetHeight: height } = box;
  const roomBelow = window.innerHeight - at.bottom - gap - EDGE_PX;
  const roomAbove = at.top - gap - EDGE_PX;
  const isBelow =
    side === "below"
      ? roomBelow >= height || roomBelow >= roomAbove
      : roomAbove < height && roomBelow > roomAbove;
  const room = isBelow ? roomBelow : roomAbove;
  if (height > room) box.style.maxHeight = `${Math.max(80, room)}px`;
  const shown = Math.min(height, Math.max(80, room));
  const left = Math.max(EDGE_PX, Math.min(at.left, window.innerWidth - width - EDGE_PX));
  box.style.left = `${left}px`;
  box.style.top = `${isBelow ? at.bottom + gap : at.top - gap - shown}px`;
}
