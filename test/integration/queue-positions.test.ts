import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { cancelJob } from "../../src/generation/cancel.ts";
import type { Answer, Notice } from "../../src/generation/messenger.ts";
import { QueuePositions } from "../../src/generation/queue-positions.ts";
import type { WaitingJob } from "../../src/queue/job-engine.ts";
import { openFreshPglite, SILENT } from "../support/databases.ts";
import { asking, openRoom, type Room, take } from "../support/generation.ts";

const NEVER = new AbortController().signal;

describe("places in the queue", () => {
  let room: Room;
  let updates: { id: string; position: number }[] = [];
  const messenger = {
    update: async ({ job }: Answer, notice: Notice) => {
      if (notice.kind === "queued") updates.push({ id: job.id, position: notice.position });
    },
  };

  before(async () => {
    room = await openRoom(await openFreshPglite());
  });
  after(() => room.close());

  function positions(serves = true, waiting = () => room.engine.waiting()): QueuePositions {
    updates = [];
    const { db, answers } = room;
    return new QueuePositions({
      db,
      engine: { waiting },
      answers,
      messenger,
      serves: () => serves,
      log: SILENT,
    });
  }

  it("are shown to those who move up, and to nobody else", async () => {
    const asked = [];
    for (const prompt of ["one", "two", "three"]) asked.push(asking(prompt));
    const jobs = [];
    for (const one of asked) jobs.push((await take(room, one)).row);
    const shown = positions();
    await shown.show(NEVER);
    assert.deepEqual(updates, []);
    const [first, second, third] = jobs;
    assert.ok(first && second && third);
    const { userId } = second;
    await cancelJob(room, second.id, {
      userId,
      guildId: second.guildId,
      isModerator: false,
      isOwner: false,
    });
    assert.equal(await shown.show(NEVER), 1);
    assert.deepEqual(updates, [{ id: third.id, position: 2 }]);
    await shown.show(NEVER);
    assert.equal(updates.length, 1);
  });

  it("are left to the gateway that serves the server", async () => {
    const { row } = await take(room, asking("four"));
    const place = (position: number): WaitingJob[] => [{ id: row.id, position, etaSeconds: null }];
    let at = 5;
    const elsewhere = positions(false, async () => place(at));
    await elsewhere.show(NEVER);
    at = 4;
    assert.equal(await elsewhere.show(NEVER), 0);
    assert.deepEqual(updates, []);
  });

  it("are not shown where the picture begins at once", async () => {
    const { row } = await take(room, asking("five"));
    let at = 2;
    const soon = positions(true, async () => [
      { id: row.id, position: at, etaSeconds: { median: 1, p90: 2 } },
    ]);
    await soon.show(NEVER);
    at = 1;
    assert.equal(await soon.show(NEVER), 0);
  });
});
