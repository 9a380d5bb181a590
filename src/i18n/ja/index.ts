import type { en } from "../en/index.ts";
import { refusals } from "./refusals.ts";

export const ja: Record<keyof typeof en, string> = { ...refusals };
