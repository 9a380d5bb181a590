import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { ApplicationCommandOptionType, type APIApplicationCommandOption } from "discord.js";

import { admin } from "../../commands/admin/index.ts";
import { mod } from "../../commands/mod/index.ts";
import { owner } from "../../commands/owner/index.ts";

type Handler = (interaction: never, context: never) => Promise<unknown>;

/** A subcommand with the group that it lies in. */
interface Path {
  readonly group: string | null;
  readonly name: string;
  readonly completes: boolean;
}

function pathsOf(options: readonly APIApplicationCommandOption[], group: string | null): Path[] {
  return options.flatMap((option): Path[] => {
    if (option.type === ApplicationCommandOptionType.SubcommandGroup)
      return pathsOf(option.options ?? [], option.name);
    if (option.type !== ApplicationCommandOptionType.Subcommand) return [];
    const completes = (option.options ?? []).some(
      (one) => "autocomplete" in one && one.autocomplete,
    );
    return [{ group, name: option.name, completes }];
  });
}

/** Whether a handler was found: the bare interaction then fails for want of everything else. */
async function isRouted(handler: Handler | undefined, { group, name }: Path): Promise<boolean> {
  const options = { getSubcommandGroup: () => group, getSubcommand: () => name };
  try {
    await handler?.({ options } as never, {} as never);
  } catch (error) {
    return !String(error).includes("There is no handler");
  }
  return false;
}

describe("the big commands", () => {
  for (const command of [admin, mod, owner])
    for (const path of pathsOf(command.data.options ?? [], null)) {
      const shown = [command.data.name, path.group, path.name].filter((part) => part !== null);
      it(`have a handler for /${shown.join(" ")}`, async () => {
        assert.ok(await isRouted(command.execute, path));
        if (path.completes) assert.ok(await isRouted(command.autocomplete, path));
      });
    }

  it("are told from a path that has none", async () => {
    const unknown = { group: null, name: "unknown", completes: false };
    assert.equal(await isRouted(admin.execute, unknown), false);
  });
});
