/** Icons of 24 by 24, drawn for this page; they say nothing to screen readers, whose words are on their buttons. */
import { h, type JSX } from "preact";

const SHAPES = {
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4 9h17M3 15h17",
  thread: "M4 5h16v11H10l-4 4v-4H4zM8 9.2h8M8 12.4h5",
  at: "M16 8v5.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.6 7.2M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  members:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.5 3.5 0 0 1 0 6.4M18 14.4c2.1.7 3.5 2.7 3.5 5.6",
  menu: "M4 6.500h16M4 12h16M4 17.500h16",
  close: "M6 6l12 12M18 6 6 18",
  chevron: "M6 9.500l6 6 6-6",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  down: "M12 5v13M6 12.500l6 6 6-6",
  plus: "M12 5v14M5 12h14",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  reply: "M9.5 6 4 11.5 9.5 17M4.5 11.500H14c3.6 0 6 2.4 6 6.5",
  trash: "M4.5 7h15M9.5 7V4.500h5V7M6.5 7l1 13h9l1-13M10 11v5.500M14 11v5.5",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  send: "M4 11.5 20.5 4 16 20.500l-4.5-6.500zM11.5 14 20.5 4",
  link: "M13.5 5H19v5.500M19 5l-9 9M17 14v5.500H4.500V7H10",
  lock: "M6 10.500h12V20H6zM8.5 10.500V8a3.5 3.5 0 0 1 7 0v2.5",
  eye: "M2.5 12C5 7.5 8.2 5.5 12 5.500s7 2 9.5 6.500c-2.5 4.5-5.7 6.5-9.5 6.500s-7-2-9.5-6.500M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
  gear: "M12 15.200a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400M12 2.800v3M12 18.200v3M2.8 12h3M18.2 12h3M5.5 5.500l2.1 2.100M16.4 16.400l2.1 2.100M18.5 5.500l-2.1 2.100M7.6 16.400l-2.1 2.1",
  sun: "M12 16.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4",
  moon: "M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5",
  file: "M6 3h8l4.5 4.500V21H6zM14 3v5h4.5",
  upload: "M12 16V5M7 9.500l5-5 5 5M4.5 15.500V20h15v-4.5",
  download: "M12 4v11M7 10.5l5 5 5-5M4.5 15.5V20h15v-4.5",
  check: "M5 12.500l4.5 4.500L19 7",
  spark: "M12 3l1.8 5.700L19.5 12l-5.7 3.300L12 21l-1.8-5.700L4.5 12l5.7-3.300z",
  crown: "M4 18h16M4 15 3 7l5 4 4-6 4 6 5-4-1 8z",
  warning: "M12 3.5 2.5 20h19zM12 10v4.500M12 17.200h.01",
  person:
    "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.500c0-4.1 3.4-6.5 7.5-6.500s7.5 2.4 7.5 6.5",
  shield: "M12 3l7.5 3v5.500c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.500V6z",
} as const;

export type IconName = keyof typeof SHAPES;

export function icon(name: IconName, size = 20): JSX.Element {
  return h(
    "svg",
    {
      class: "icon",
      width: size,
      height: size,
      viewBox: "0 0 24 24",
      "aria-hidden": "true",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": name === "more" ? 3.2 : 1.9,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    },
    h("path", { d: SHAPES[name] }),
  );
}
