import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { CustomIds } from "../../src/discord/custom-id.ts";
import { queueCard } from "../../src/discord/panels/queue-card.ts";
import { Generation } from "../../src/generation/generation.ts";
import { PictureFiles } from "../../src/generation/picture-files.ts";
import type { Requester } from "../../src/generation/types.ts";
import { openFreshPglite } from "../support/databases.ts";
import { asking, openRoom, type Room, take } from "../support/generation.ts";

describe("a private request of somebody else in the queue", () => {
  let room: Room;
  let generation: Generation;
  let reader: Requester;

  before(async () => {
    room = await openRoom(await openFreshPglite());
    generation = new Generation({ ...room, files: new PictureFiles(room.db, "") });
    const asked = asking("a secret boat");
    await take(room, { ...asked, place: { ...asked.place, isPrivate: true } });
    await take(room, asking("a tree"));
    reader = { ...asking("").requester, isModerator: true };
  });
  after(() => room.close());

  it("has its line and its position, without its prompt", async () => {
    const view = await generation.queueOf(reader);
    assert.deepEqual(
      view.entries.map(({ position }) => position),
      [1, 2],
    );
    const card = queueCard(
      view,
      { userId: reader.userId, locale: "en" },
      new CustomIds(Buffer.alloc(32, 7)),
    );
    const shown = JSON.stringify(card.components);
    assert.match(shown, /1\. <@\d+>: a private picture/);
    assert.doesNotMatch(shown, /secret/);
  });

  it("can be cancelled by a moderator like any other", async () => {
    const { entries } = await generation.queueOf(reader);
    for (const { job } of entries) await generation.cancel(job.id, reader);
    assert.deepEqual((await generation.queueOf(reader)).entries, []);
  });
});
