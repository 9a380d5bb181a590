import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import { eq } from "drizzle-orm";

import { delivery, reservation } from "../../src/db/schema.ts";
import { TOKEN_LIFE_MS } from "../../src/generation/place.ts";
import { encodePicture } from "../../src/image/encode-picture.ts";
import type { Made, Task } from "../../src/inference/messages.ts";
import { takeAnswered } from "../support/answered-job.ts";
import { openFreshPglite } from "../support/databases.ts";
import { TestBot } from "../support/discord-bot.ts";
import { drawNothing, openRoom, type Room } from "../support/generation.ts";
import { controls, textOf } from "../support/playground.ts";
import { until } from "../support/until.ts";

const MIB = 2 ** 20;

describe("a picture whose interaction is over when it is drawn", () => {
  let test: TestBot;
  let room: Room;

  before(async () => {
    test = await TestBot.start({ frozen: true });
    room = await openRoom(await openFreshPglite());
  });
  after(async () => {
    await room.close();
    await test[Symbol.asyncDispose]();
  });
  afterEach(() => test.playground.faults.clear());

  /** A drawing of that file, posted by the bot itself. @returns how its delivery ended, and the messages since */
  async function drawLate(data: Uint8Array) {
    const { row } = await takeAnswered(test, room);
    const before_ = new Set((await test.playground.messagesIn("general")).map(({ id }) => id));
    test.playground.clock.advance(TOKEN_LIFE_MS);
    const loop = room.loopWith(async (task: Task): Promise<never> => {
      const made: Made = await drawNothing(task);
      const [one] = made.pictures;
      assert.ok(one);
      const file = { name: "sanabot-1.png", data, remark: null };
      return { ...made, pictures: [{ ...one, file }] } as never;
    });
    const outbox = room.outboxWith(test.messenger);
    loop.start();
    outbox.start();
    try {
      const ended = await until(async () => {
        const [found] = await room.db.select().from(delivery).where(eq(delivery.jobId, row.id));
        return found === undefined || found.state === "waiting" ? undefined : found;
      });
      const messages = await test.playground.messagesIn("general");
      return { row, ended, posted: messages.filter(({ id }) => !before_.has(id)) };
    } finally {
      await loop.stop();
      await outbox.stop();
    }
  }

  async function fileOf(message: APIMessage | undefined): Promise<Buffer> {
    const items = [...controls(message?.components)].flatMap(
      (part) => (part["items"] ?? []) as { media: { url: string } }[],
    );
    const [first] = items;
    const answer = await fetch(new URL(first?.media.url ?? "", test.playground.url));
    return Buffer.from(await answer.arrayBuffer());
  }

  it("is made smaller where its file was sized for a member who may upload larger ones", async () => {
    const rgb = new Uint8Array(3 * 64 * 64).fill(90);
    const png = await encodePicture(
      { rgb, width: 64, height: 64 },
      { format: "png", recipe: null },
    );
    // What comes after a PNG's end makes it large, and is quickly read.
    const { row, ended, posted } = await drawLate(Buffer.concat([png, Buffer.alloc(11 * MIB)]));
    assert.equal(ended.state, "posted");
    const shown = await fileOf(posted[0]);
    assert.ok(shown.length > 0 && shown.length < 10 * MIB);
    const [paid] = await room.db.select().from(reservation).where(eq(reservation.id, row.id));
    assert.equal(paid?.state, "settled");
  });

  it("is said to wait in /history where Discord takes its file in no size", async () => {
    test.playground.faults.add({
      kind: "error",
      error: { status: 413, code: 40_005, message: "Request entity too large" },
      method: "POST",
      path: "/messages$",
      count: 1,
    });
    const { row, ended, posted } = await drawLate(new Uint8Array([1, 2, 3]));
    assert.deepEqual([ended.state, ended.error], ["failed", "file-too-large"]);
    const [card, ...others] = posted;
    assert.ok(card);
    assert.match(textOf(card), /could not be posted[^]*find it with \/history/);
    assert.deepEqual(others, []);
    const [paid] = await room.db.select().from(reservation).where(eq(reservation.id, row.id));
    assert.equal(paid?.state, "released");
  });
});
