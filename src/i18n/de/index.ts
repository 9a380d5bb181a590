import type { en } from "../en/index.ts";
import { admin } from "./admin.ts";
import { cards } from "./cards.ts";
import { commands } from "./commands.ts";
import { panels } from "./panels.ts";
import { refusals } from "./refusals.ts";
import { replies } from "./replies.ts";

export const de: Record<keyof typeof en, string> = {
  ...admin,
  ...cards,
  ...commands,
  ...panels,
  ...refusals,
  ...replies,
};
