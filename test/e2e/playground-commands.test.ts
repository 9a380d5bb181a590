import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { ApplicationCommandOptionType } from "discord.js";

import type { TestPlayground } from "../support/playground.ts";
import type { PlaygroundBot } from "../support/playground-bot.ts";
import { postCard, startTrial } from "../support/playground-trial.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;

before(async () => {
  ({ playground, bot } = await startTrial());
});
after(async () => playground.close());

describe("commands in the playground", () => {
  it("asks for choices while an option is typed", async () => {
    const offered = playground.autocomplete(
      "imagine",
      { style: "ph", prompt: "x" },
      { focused: "style" },
    );
    const interaction = await bot.take((i) => i.isAutocomplete());
    assert.deepEqual(interaction.options.getFocused(true), {
      name: "style",
      value: "ph",
      type: ApplicationCommandOptionType.String,
      focused: true,
    });
    assert.equal(interaction.options.getString("prompt"), "x");
    await interaction.respond([{ name: "Photo", value: "photo" }]);
    assert.deepEqual(await offered, [{ name: "Photo", value: "photo" }]);
  });

  it("keeps what is wrong with a command at the client", async () => {
    const cases: [options: Record<string, string | number>, message: RegExp][] = [
      [{}, /required/],
      [{ prompt: "x".repeat(21) }, /at most 20/],
      [{ prompt: "x", count: 5 }, /at most 4/],
      [{ prompt: "x", count: 1.5 }, /kind/],
      [{ prompt: "x", size: "xxl" }, /offered/],
      [{ prompt: "x", nonsense: "y" }, /no option/],
      [{ prompt: "x", image: "123" }, /not uploaded/],
    ];
    for (const [options, message] of cases)
      await assert.rejects(playground.slash("imagine", options), { message });
  });

  it("hands a message with its pictures to a command of its menu", async () => {
    const { message } = await postCard({ playground, bot }, "a pear");
    const begun = await playground.contextMenu("Remix", message);
    const interaction = await bot.take((i) => i.isMessageContextMenuCommand());
    assert.equal(interaction.targetMessage.id, message.id);
    assert.match(JSON.stringify(interaction.targetMessage.components), /a pear/);
    await interaction.reply("remixed");
    const { interaction_metadata: metadata } = await begun.answer();
    assert.ok(metadata !== undefined && "target_message_id" in metadata);
    assert.equal(metadata.target_message_id, message.id);
  });

  it("hands a person to a command of their menu", async () => {
    await playground.contextMenu("Pictures of", "bjoern");
    const interaction = await bot.take((i) => i.isUserContextMenuCommand());
    assert.equal(interaction.targetUser.username, "bjoern");
    await interaction.reply("none");
  });

  it("names a subcommand with its group", async () => {
    const begun = await playground.slash("admin quota show", {}, { as: "morgan" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.equal(interaction.options.getSubcommandGroup(), "quota");
    assert.equal(interaction.options.getSubcommand(), "show");
    await interaction.reply("nothing");
    assert.equal((await begun.answer()).commandName, "admin quota show");
  });

  it("offers a command only to those who have its permission", async () => {
    await assert.rejects(playground.slash("admin quota show", {}, { as: "bjoern" }), {
      message: /may not use it/,
    });
    const { guilds, commands } = await playground.state("bjoern");
    const admin = commands.find(({ name }) => name === "admin");
    const general = guilds[0]?.channels.find(({ name }) => name === "general");
    assert.ok(admin !== undefined && general !== undefined);
    assert.ok(!general.commandIds.includes(admin.id));
  });
});
