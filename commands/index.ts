import type { Command, Component } from "../src/discord/command.ts";
import { imagine } from "./imagine.ts";

/** Every slash and context-menu command, in the order in which they are registered. */
export const COMMANDS: readonly Command[] = [imagine];

/** What buttons, selects and modals do. */
export const COMPONENTS: readonly Component[] = [];
