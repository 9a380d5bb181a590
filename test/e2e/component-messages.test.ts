import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import { eq } from "drizzle-orm";

import { COMMANDS, COMPONENTS } from "../../commands/index.ts";
import { guild, report as reports } from "../../src/db/schema.ts";
import { approvalCard } from "../../src/discord/cards/approval-card.ts";
import { DiscordModerationPoster } from "../../src/discord/moderation-poster.ts";
import { changeSettings } from "../../src/generation/policy/guild-rules.ts";
import { postModerationNotices } from "../../src/generation/policy/moderation-log.ts";
import { createLogger } from "../../src/log.ts";
import { AdminBot } from "../support/admin-bot.ts";
import { controls, type TestPlayground, textOf } from "../support/playground.ts";
import { AS_TEXT, hasLabel, optionsOf, Said } from "../support/said.ts";
import { until } from "../support/until.ts";

const AS_OLIVIA = { as: "olivia" };
const AS_MORGAN = { as: "morgan" };

/** Each message as it arrives at Discord's client: a change of any of them shows in the snapshot. */
describe("cards and dialogs, as JSON", () => {
  let bot: AdminBot;
  let playground: TestPlayground;
  let said: Said;

  before(async () => {
    bot = await AdminBot.start();
    ({ playground } = bot);
    said = new Said(bot);
    await bot.reset();
  });
  after(() => bot.close());
  afterEach(() => {
    bot.test.generation.etaSeconds = null;
  });

  /** Its place in the queue is shown, since it waits for a minute. */
  const waitAMinute = () => {
    bot.test.generation.etaSeconds = { median: 60, p90: 90 };
    bot.test.generation.position = 2;
  };

  const jsonOf = (...shown: readonly object[]): string =>
    shown.map((one) => said.jsonOf(one as APIMessage)).join("\n\n");

  it("show a card from the queue to its picture, private ones and grids too", async (context) => {
    waitAMinute();
    const begun = await said.slash("imagine", { prompt: "a red apple", private: true });
    const queued = await begun.answer(hasLabel("Cancel"));
    const single = await said.finished(begun);
    const other = await said.slash("imagine", { prompt: "a pear" });
    const cancelled = await other.answer(hasLabel("Cancel"));
    await (await said.press(cancelled, "Cancel")).acknowledged();
    await bot.test.post({ kind: "cancelled", byUserId: playground.member("ada") });
    const over = await said.edited(cancelled, "Cancelled");
    context.assert.snapshot(jsonOf(queued, single, await said.draw(4), over), AS_TEXT);
  });

  it("answer the buttons that draw", async (context) => {
    const [single, grid] = [await said.draw(1), await said.draw(2)];
    waitAMinute();
    const told: string[] = [];
    for (const [card, control] of [
      [single, "Vary subtle"],
      [single, "Vary strong"],
      [single, "Upscale to 4K"],
      [single, "Reroll"],
      [grid, "V2"],
      [grid, "4K 2"],
    ] as const) {
      const pressed = await said.press(card, control);
      const shown = await pressed.answer(hasLabel("Cancel"));
      told.push(`${control}\n${said.jsonOf(shown)}`);
    }
    const creative = bot.test.customIds.write({ action: "creative", id: "", index: 0 });
    const client = await playground.connect();
    const channel = await client.channels.fetch(playground.channel("general"));
    assert.ok(channel?.isSendable());
    const button = { type: 2, style: 2, label: "4K with new detail", custom_id: creative };
    const sent = await channel.send({ components: [{ type: 1, components: [button] }] });
    const message = (await playground.messagesIn("general")).find(({ id }) => id === sent.id);
    assert.ok(message);
    const pressed = await said.press(message, "4K with new detail");
    told.push(said.jsonOf(await pressed.answer(hasLabel("Cancel"))));
    context.assert.snapshot(told.join("\n\n"), AS_TEXT);
  });

  it("answer the buttons and selects of cards that draw nothing", async (context) => {
    const [single, grid] = [await said.draw(1), await said.draw(2)];
    const told: APIMessage[] = [];
    told.push(await (await said.press(single, "Favourite")).answer());
    const asked = await (await said.press(grid, "Favourite")).answer();
    told.push(asked);
    await said.press(asked, "2");
    told.push(await said.edited(asked, "Added to your favourites"));
    told.push(await (await said.press(single, "Recipe")).answer());
    const control = "Pick one for a card of its own";
    const [first] = optionsOf(grid, control);
    const picked = await said.select(grid, { control, values: [first?.value ?? ""] });
    const one = await picked.answer(hasLabel("Delete"));
    const sure = await (await said.press(one, "Delete")).modal();
    await (await said.submit(sure)).acknowledged();
    context.assert.snapshot(jsonOf(...told, one, sure.modal), AS_TEXT);
  });

  it("open the dialogs of a card, and answer them", async (context) => {
    const card = await said.draw(1);
    const opened = await (await said.press(card, "Edit")).modal();
    waitAMinute();
    const sent = await said.submit(opened, { prompt: "a pear" });
    const drawn = await sent.answer(hasLabel("Cancel"));
    const refused = await said.submit(await (await said.press(card, "Edit")).modal(), {
      strength: "very",
    });
    const told = await refused.answer((message) => textOf(message).includes("no strength"));
    const sure = await (await said.press(card, "Delete")).modal();
    await (await said.submit(sure)).acknowledged();
    context.assert.snapshot(jsonOf(opened.modal, drawn, told, sure.modal), AS_TEXT);
  });

  it("ask before a dear request", async (context) => {
    const dear = async (): Promise<APIMessage> => {
      bot.test.generation.isDear = true;
      const begun = await said.slash("imagine", { prompt: "a mountain" });
      return begun.answer(hasLabel("Go on"));
    };
    const [first, second] = [await dear(), await dear()];
    waitAMinute();
    await said.press(first, "Go on");
    const queued = await said.edited(first, "Number 2");
    await said.press(second, "Cancel");
    const left = await said.edited(second, "Cancelled");
    context.assert.snapshot(jsonOf(first, queued, left), AS_TEXT);
  });

  it("answer the commands on messages and their dialogs", async (context) => {
    const [single, grid] = [await said.draw(1), await said.draw(2)];
    waitAMinute();
    const remix = await (await said.menu("Remix", grid)).modal();
    const drawn = await (await said.submit(remix, { prompt: "a pear" })).answer(hasLabel("Cancel"));
    const enlarged = await (await said.menu("Upscale to 4K", single)).answer(hasLabel("Cancel"));
    const which = await (await said.menu("Upscale to 4K", grid)).answer();
    const chosen = await (await said.press(which, "4K 2")).answer(hasLabel("Cancel"));
    const recipe = await (await said.menu("Recipe", single)).answer();
    const none = await (await said.menu("Recipe", await playground.say("look"))).answer();
    const report = await (await said.menu("Report picture", single)).modal();
    const thanks = await (await said.submit(report, { reason: "rude" })).answer();
    const shown = [remix.modal, drawn, enlarged, which, chosen, recipe, none, report.modal, thanks];
    context.assert.snapshot(jsonOf(...shown), AS_TEXT);
  });

  it("turn the pages of /history, and do what its buttons say", async (context) => {
    for (let n = 0; n < 6; n += 1) await said.draw(1);
    const list = await (await said.slash("history")).answer();
    await said.press(list, "Older");
    const older = await said.edited(list, "2 / ");
    await said.press(older, "Newer");
    await playground.waitForMessage(
      (message) =>
        message.id === list.id &&
        (message.edited_timestamp ?? "") > (older.edited_timestamp ?? "") &&
        textOf(message).includes("1 / "),
    );
    const control = "Open one …";
    const [first] = optionsOf(list, control);
    await said.select(list, { control, values: [first?.value ?? ""] });
    const opened = await said.edited(list, "Post here");
    await said.press(opened, "Favourite");
    const marked = await said.edited(list, "Unfavourite");
    const posted = await (await said.press(marked, "Post here")).answer(hasLabel("Delete"));
    await said.press(marked, "Family tree");
    const family = await said.edited(list, "It was made from no other");
    await (await said.press(family, "Back")).acknowledged();
    context.assert.snapshot(jsonOf(older, opened, marked, family, posted), AS_TEXT);
  });

  it("refresh the queue and cancel from it, and delete what is stored of a member", async (context) => {
    waitAMinute();
    await (await said.slash("imagine", { prompt: "a boat" })).answer(hasLabel("Cancel"));
    const queue = await (await said.slash("queue")).answer();
    await (await said.press(queue, "Refresh")).acknowledged();
    const control = "Cancel one of yours";
    const last = optionsOf(queue, control).at(-1);
    await (await said.select(queue, { control, values: [last?.value ?? ""] })).acknowledged();
    const asked = await (await said.slash("privacy delete")).answer();
    await said.press(asked, "Delete everything");
    const done = await said.edited(asked, "Deleted: ");
    context.assert.snapshot(jsonOf(queue, asked, done), AS_TEXT);
  });

  it("change settings by a panel and its dialogs", async (context) => {
    const panel = await (await said.slash("admin settings", {}, AS_OLIVIA)).answer();
    const size = [...controls(panel.components)].find((one) =>
      JSON.stringify(one["options"] ?? []).includes('"1024"'),
    );
    await said.select(panel, { control: String(size?.["custom_id"]), values: ["1024"] }, AS_OLIVIA);
    const dialog = await (await said.press(panel, "Waiting", AS_OLIVIA)).modal();
    const sent = await said.submit(dialog, { user: "many" }, AS_OLIVIA);
    const refused = await sent.answer((message) => textOf(message).includes("no whole number"));
    context.assert.snapshot(jsonOf(dialog.modal, refused), AS_TEXT);
  });

  it("show moderators what was reported, with buttons that decide it", async (context) => {
    const logChannelId = playground.channel("art");
    const actor = { userId: "1", guildId: bot.guildId, interactionId: "log" };
    await changeSettings(bot.db, actor, { logChannelId });
    const { customIds, bot: client } = bot.test;
    const poster = new DiscordModerationPoster({ rest: client.rest, customIds });
    for (const reason of ["one", "two", "three", "four"]) {
      const opened = await (await said.menu("Report picture", await said.draw(1))).modal();
      await (await said.submit(opened, { reason })).answer();
    }
    // The database knows whose the picture is.
    await bot.db.update(reports).set({ userId: playground.member("nova") });
    const log = createLogger("silent");
    await postModerationNotices(bot.db, { poster, log }, new AbortController().signal);
    const notices = (await playground.messagesIn("art", "morgan")).filter(
      hasLabel("Block for a day"),
    );
    const told: APIMessage[] = [];
    for (const label of ["Keep the picture", "Delete the picture", "Block for a day"]) {
      const notice = notices.pop();
      assert.ok(notice);
      told.push(notice);
      await (await said.press(notice, label, AS_MORGAN)).acknowledged();
    }
    // Two are decided; the block leaves its report open.
    await until(async () => (await bot.db.$count(reports, eq(reports.state, "open"))) === 3);
    const list = await (await said.slash("mod reports", {}, AS_MORGAN)).answer();
    const [open] = optionsOf(list, "Open one …");
    await said.select(list, { control: "Open one …", values: [open?.value ?? ""] }, AS_MORGAN);
    told.push(list, await said.edited(list, "Reason: "));
    context.assert.snapshot(jsonOf(...told), AS_TEXT);
  });

  it("ask the owner about servers that wait", async (context) => {
    await bot.db.insert(guild).values({ id: "123", name: "New *one*" });
    const told: APIMessage[] = [];
    for (const control of ["Approve", "Refuse"]) {
      await bot.test.bot.tellOwners(
        approvalCard({ id: "123", name: "New *one*" }, bot.test.customIds),
      );
      const asked = (await playground.messagesIn("dm", "olivia")).findLast(hasLabel("Approve"));
      assert.ok(asked);
      await said.press(asked, control, { ...AS_OLIVIA, in: "dm" });
      told.push(asked, await said.edited(asked, "You can change that"));
    }
    context.assert.snapshot(jsonOf(...told), AS_TEXT);
  });

  it("are all here: every menu entry, button, select and dialog was used", () => {
    const menus = COMMANDS.filter(({ kind }) => kind === "message").map(({ data }) => data.name);
    const actions = COMPONENTS.map(({ action }) => action);
    assert.deepEqual(
      [...menus, ...actions].filter((name) => !said.used.has(name)),
      [],
    );
  });
});
