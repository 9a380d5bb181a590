import type { en } from "../en/index.ts";
import { admin } from "./admin.ts";
import { adminCommands } from "./admin-commands.ts";
import { adminPanels } from "./admin-panels.ts";
import { cards } from "./cards.ts";
import { commands } from "./commands.ts";
import { panels } from "./panels.ts";
import { problems } from "./problems.ts";
import { refusals } from "./refusals.ts";
import { replies } from "./replies.ts";

export const de: Record<keyof typeof en, string> = {
  ...admin,
  ...adminCommands,
  ...adminPanels,
  ...cards,
  ...commands,
  ...panels,
  ...problems,
  ...refusals,
  ...replies,
};
