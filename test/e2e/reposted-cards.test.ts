import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";

import { openReports } from "../../src/generation/policy/reports.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { AdminBot } from "../support/admin-bot.ts";
import { textOf } from "../support/playground.ts";
import { addPicture } from "../support/personal-rows.ts";
import { hasLabel, optionsOf, Said } from "../support/said.ts";
import { until } from "../support/until.ts";

const PICK = "Pick one for a card of its own";

describe("a card that shows one picture of a grid again", () => {
  let bot: AdminBot;
  let said: Said;

  before(async () => {
    bot = await AdminBot.start();
    said = new Said(bot);
  });
  after(() => bot.close());
  beforeEach(() => bot.reset());

  /** Ada's grid of two, and a card of its second picture. */
  async function pickSecond(): Promise<{ single: APIMessage; jobId: string; ids: string[] }> {
    const grid = await said.draw(2);
    const { id: jobId } = bot.test.generation.lastJob;
    const ids = (await bot.test.generation.picturesOf(jobId)).map(({ id }) => id);
    const [, second] = optionsOf(grid, PICK);
    const picked = await said.select(grid, { control: PICK, values: [second?.value ?? ""] });
    return { single: await picked.answer(hasLabel("Delete")), jobId, ids };
  }

  const left = async (jobId: string) =>
    (await bot.test.generation.picturesOf(jobId)).map(({ id }) => id);
  const isGone = ({ id }: APIMessage) =>
    until(async () => {
      const shown = await bot.playground.messagesIn("general");
      return shown.every((message) => message.id !== id) || undefined;
    });

  it("takes that picture with it when it is deleted, and no other", async () => {
    const { single, jobId, ids } = await pickSecond();
    const sure = await (await said.press(single, "Delete")).modal();
    assert.match(JSON.stringify(sure.modal), /card and its picture are deleted/);
    await said.submit(sure);
    await isGone(single);
    assert.deepEqual(await left(jobId), ids.slice(0, 1));
  });

  it("is deleted with that picture by /mod delete, though no delivery is recorded of it", async () => {
    const { single, jobId, ids } = await pickSecond();
    const message = `https://discord.com/channels/${bot.guildId}/${single.channel_id}/${single.id}`;
    assert.match(await bot.told("mod delete", { message }, { as: "morgan" }), /with its pictures/);
    await isGone(single);
    assert.deepEqual(await left(jobId), ids.slice(0, 1));
  });

  it("is not made where the server's rules refuse it", async () => {
    const grid = await said.draw(2);
    const { generation } = bot.test;
    const [first] = optionsOf(grid, PICK);
    generation.refusal = new Refusal("refusal.buttons-owner-only");
    const picked = await said.select(grid, { control: PICK, values: [first?.value ?? ""] });
    assert.match(textOf(await picked.answer()), /only the person who asked for a picture/);
    const list = await (await said.slash("history")).answer();
    const [newest] = optionsOf(list, "Open one …");
    await said.select(list, { control: "Open one …", values: [newest?.value ?? ""] });
    const opened = await said.edited(list, "Post here");
    generation.refusal = new Refusal("refusal.picture-word", { word: "apple" });
    const posted = await said.press(opened, "Post here");
    assert.match(textOf(await posted.answer()), /prompt holds something[^]*apple/);
  });

  it("can be reported, with who asked for the picture and its preview", async () => {
    const { single, jobId, ids } = await pickSecond();
    const ada = bot.playground.member("ada");
    await addPicture(bot.db, ada, { jobId, pictureId: ids[1] ?? "" });
    const menu = await said.menu("Report picture", single, { as: "bjoern" });
    const sent = await said.submit(await menu.modal(), { reason: "rude" }, { as: "bjoern" });
    await sent.answer();
    const [report] = await openReports(bot.db, bot.guildId);
    assert.deepEqual([report?.messageId, report?.userId, report?.jobId], [single.id, ada, jobId]);
    assert.deepEqual(report?.evidence, {
      prompts: ["a red apple"],
      thumbnails: ["Aw=="],
      isPrivate: false,
    });
  });
});
