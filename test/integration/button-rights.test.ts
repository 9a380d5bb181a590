import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { sql } from "drizzle-orm";

import { guild, picture } from "../../src/db/schema.ts";
import type { WishRequest } from "../../src/generation/generation-port.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Wish } from "../../src/generation/types.ts";
import { openFreshPglite } from "../support/databases.ts";
import {
  asking,
  drawNothing,
  openRoom,
  type Room,
  snowflake,
  take,
} from "../support/generation.ts";
import { until } from "../support/until.ts";

describe("a card's buttons where a server keeps them for who asked", () => {
  let room: Room;
  let pictureId: string;
  const owner = snowflake();

  before(async () => {
    room = await openRoom(await openFreshPglite());
    await room.db.update(guild).set({ settings: sql`'{"buttonsFor":"requester"}'::jsonb` });
    const { row } = await take(room, asking("a tree", { userId: owner }));
    const loop = room.loopWith(drawNothing);
    loop.start();
    pictureId = await until(async () => {
      const [found] = await room.db
        .select()
        .from(picture)
        .where(sql`${picture.jobId} = ${row.id}`);
      return found?.id;
    });
    await loop.stop();
  });
  after(() => room.close());

  function pressing(kind: "reroll" | "remix", userId: string, isModerator = false): WishRequest {
    const asked = asking("x", { userId });
    const stored = { kind: "stored", pictureId, fallback: null } as const;
    const wish: Wish =
      kind === "reroll"
        ? { kind, picture: stored }
        : { kind, picture: stored, options: { prompt: "a house" } };
    return { ...asked, wish, requester: { ...asked.requester, isModerator } };
  }

  it("are refused to others", async () => {
    await assert.rejects(
      take(room, pressing("reroll", snowflake())),
      (error) => error instanceof Refusal && error.key === "refusal.buttons-owner-only",
    );
  });

  it("work for who asked, and for moderators", async () => {
    assert.ok((await take(room, pressing("reroll", owner))).isNew);
    assert.ok((await take(room, pressing("reroll", snowflake(), true))).isNew);
  });

  it("are not the command on a message, which is everybody's", async () => {
    assert.ok((await take(room, pressing("remix", snowflake()))).isNew);
  });
});
