import { cards } from "./cards.ts";
import { refusals } from "./refusals.ts";

/** Every message in English; the other languages have the same keys. */
export const en = { ...cards, ...refusals };
