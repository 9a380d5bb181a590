import type { Command, Component } from "../src/discord/command.ts";
import { cancel } from "./buttons/cancel.ts";
import { deleteCard } from "./buttons/delete.ts";
import { favourite, favouriteOne } from "./buttons/favourite.ts";
import { pick } from "./buttons/pick.ts";
import { reroll } from "./buttons/reroll.ts";
import { upscaleCreative, upscaleFaithful } from "./buttons/upscale.ts";
import { varyOfGrid, varyStrong, varySubtle } from "./buttons/vary.ts";
import { imagine } from "./imagine.ts";

export { onMessage } from "./mention.ts";

/** Every slash and context-menu command, in the order in which they are registered. */
export const COMMANDS: readonly Command[] = [imagine];

/** What buttons, selects and modals do. */
export const COMPONENTS: readonly Component[] = [
  cancel,
  varyOfGrid,
  varySubtle,
  varyStrong,
  upscaleFaithful,
  upscaleCreative,
  pick,
  reroll,
  favourite,
  favouriteOne,
  deleteCard,
];
