import type { en } from "../en/index.ts";
import { refusals } from "./refusals.ts";

export const de: Record<keyof typeof en, string> = { ...refusals };
