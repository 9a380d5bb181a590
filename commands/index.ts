import type { Command, Component } from "../src/discord/command.ts";

/** Every slash and context-menu command, in the order in which they are registered. */
export const COMMANDS: readonly Command[] = [];

/** What buttons, selects and modals do. */
export const COMPONENTS: readonly Component[] = [];
