import { admin } from "./admin.ts";
import { adminCommands } from "./admin-commands.ts";
import { adminPanels } from "./admin-panels.ts";
import { cards } from "./cards.ts";
import { commands } from "./commands.ts";
import { panels } from "./panels.ts";
import { problems } from "./problems.ts";
import { refusals } from "./refusals.ts";
import { replies } from "./replies.ts";

/** Every message in English; the other languages have the same keys. */
export const en = {
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
