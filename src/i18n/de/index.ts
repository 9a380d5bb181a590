import type { en } from "../en/index.ts";
import { cards } from "./cards.ts";
import { refusals } from "./refusals.ts";

export const de: Record<keyof typeof en, string> = { ...cards, ...refusals };
