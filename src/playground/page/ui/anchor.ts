/** What something floats beside: an element, or a point of the window in CSS pixels. */
export type Anchor = { element: Element } | { x: number; y: number };
