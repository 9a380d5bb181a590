import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";

import { picture } from "../../src/db/schema.ts";
import { findPicture } from "../../src/generation/picture-reference.ts";
import { taskOf } from "../../src/generation/task.ts";
import type { MessagePicture } from "../../src/generation/types.ts";
import { DATABASES } from "../support/databases.ts";
import { asking, drawNothing, openRoom, type Room, take } from "../support/generation.ts";
import { until } from "../support/until.ts";

/** What a card of ours shows of a picture. */
const SHOWN: MessagePicture = {
  source: {
    kind: "attachment",
    url: "https://cdn.example/1.png",
    channelId: "5",
    messageId: "6",
    attachmentId: "7",
  },
  isOurs: true,
  width: 64,
  height: 64,
  prompt: "a boat",
  recipe: null,
};

for (const { name, open } of DATABASES)
  describe(`what a picture of ours is made from again on ${name}`, () => {
    let room: Room;

    before(async () => {
      room = await openRoom(await open());
      room.outbox.start();
    });
    after(() => room.close());

    const asked = asking("a boat");

    /** A picture whose latents were kept or not, drawn from noise or as a variation of another. */
    async function drawn({ isVariation, hasLatents }: Record<string, boolean>): Promise<string> {
      const { row } = await take(room, { ...asked, interactionId: asking("").interactionId });
      const loop = room.loopWith(drawNothing);
      loop.start();
      const found = await until(async () => {
        const [made] = await room.db.select().from(picture).where(eq(picture.jobId, row.id));
        return made;
      });
      await loop.stop();
      const strength =
        isVariation === true ? sql`recipe || '{"strength": 0.4}'::jsonb` : sql`recipe`;
      const kept = { latents: new Uint8Array(2), latentsWidth: 64, latentsHeight: 64 };
      await room.db
        .update(picture)
        .set({ recipe: strength, ...(hasLatents === true ? kept : {}) })
        .where(eq(picture.id, found.id));
      return found.id;
    }
    async function sourceOf(pictureId: string): Promise<string> {
      const reference = { kind: "stored", pictureId, fallback: SHOWN } as const;
      const { source } = await findPicture(reference, { db: room.db, requester: asked.requester });
      return source.kind;
    }

    /** What the inference process is told to do where the picture's message is not known. */
    async function enlarging(pictureId: string): ReturnType<typeof taskOf> {
      const { row } = await take(room, {
        ...asked,
        interactionId: asking("").interactionId,
        wish: {
          kind: "upscale",
          mode: "faithful",
          longestSide: 288,
          picture: { kind: "stored", pictureId, fallback: null },
        },
      });
      const { job } = await room.answers.of(row);
      const attachments = { refresh: async () => null, isTrusted: () => false };
      return taskOf(row, job, { db: room.db, attachments });
    }

    it("is its latents or its recipe, not the compressed file in its message", async () => {
      assert.equal(await sourceOf(await drawn({ hasLatents: true, isVariation: true })), "picture");
      assert.equal(await sourceOf(await drawn({ hasLatents: false })), "picture");
    });

    it("is the file where a variation has lost its latents, since its recipe draws something else", async () => {
      assert.equal(await sourceOf(await drawn({ isVariation: true })), "attachment");
    });

    it("is nothing where that file is not known either: the job says that the picture is gone", async () => {
      const pictureId = await drawn({ isVariation: true });
      await assert.rejects(enlarging(pictureId), { key: "refusal.picture-gone" });
    });

    it("is named as the parent in the file that is made of it", async () => {
      const pictureId = await drawn({ hasLatents: true });
      const task = await enlarging(pictureId);
      assert.equal(task.output.parent, pictureId);
    });
  });
