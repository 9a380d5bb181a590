import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";

import { job, proposal, reservation } from "../../src/db/schema.ts";
import { accept } from "../../src/generation/accept.ts";
import type { PressRequest, WishRequest } from "../../src/generation/generation-port.ts";
import { ModelDirectory } from "../../src/generation/model-directory.ts";
import { callOff, recallWish, sweepProposals } from "../../src/generation/proposals.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { ImagineOptions, Proposal } from "../../src/generation/types.ts";
import { setRule } from "../../src/quota/rules.ts";
import { usage } from "../../src/quota/quota.ts";
import { DATABASES } from "../support/databases.ts";
import { asking, GUILD_ID, openRoom, type Room, snowflake, take } from "../support/generation.ts";

/** Sixteen times the usual 256 x 256. */
const DEAR = { prompt: "a castle", size: 1024 };

for (const { name, open } of DATABASES)
  describe(`a dear request on ${name}`, () => {
    let room: Room;

    before(async () => {
      room = await openRoom(await open());
    });
    after(() => room.close());

    function dear(userId = snowflake(), options: ImagineOptions = DEAR): WishRequest {
      return {
        ...asking("", { userId }),
        wish: { kind: "imagine", origin: "imagine", options },
      };
    }
    async function propose(asked: WishRequest): Promise<Proposal> {
      const answer = await accept(room, asked);
      assert.ok(answer.kind === "proposed");
      return answer;
    }
    /** A new press by the same member, as a new interaction. */
    function pressing({ requester }: WishRequest): PressRequest {
      const { place, interactionId } = asking("", { userId: requester.userId });
      return { requester, place, interactionId };
    }
    async function goOn(id: string, pressed: PressRequest) {
      return accept(room, await recallWish(room.db, id, pressed));
    }
    const jobsOf = ({ requester }: WishRequest) =>
      room.db.$count(job, eq(job.userId, requester.userId));
    const reservationsOf = ({ requester }: WishRequest) =>
      room.db.$count(reservation, eq(reservation.userId, requester.userId));
    const isOpen = async (id: string) =>
      (await room.db.$count(proposal, eq(proposal.id, id))) === 1;

    it("is asked about and spends nothing", async () => {
      const asked = dear();
      const { requester } = asked;
      const { userId: subject } = requester;
      const limit = { scope: "user", subject, period: "day", limit: 100_000, actor: "t" } as const;
      await setRule(room.db, limit);
      const { id, usualPictures, picturesLeft } = await propose(asked);
      assert.ok(Math.abs(usualPictures - 16) < 0.5, `${usualPictures} usual pictures`);
      assert.ok(picturesLeft !== null && picturesLeft > 16);
      assert.equal(await isOpen(id), true);
      assert.deepEqual([await jobsOf(asked), await reservationsOf(asked)], [0, 0]);
      const [window] = await usage(room.db, { ...requester, timeZone: "UTC" });
      assert.deepEqual([window?.used, window?.held], [0, 0]);
    });

    it("is not asked about where it is a usual one, or a grid of four", async () => {
      assert.ok((await take(room, asking("a tree"))).isNew);
      assert.ok((await take(room, dear(undefined, { prompt: "a tree", count: 4 }))).isNew);
    });

    it("is queued once by two presses at the same time", async () => {
      const asked = dear();
      const { id } = await propose(asked);
      const outcomes = await Promise.allSettled([
        goOn(id, pressing(asked)),
        goOn(id, pressing(asked)),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
      const refused = outcomes.find((outcome) => outcome.status === "rejected");
      assert.ok(refused?.reason instanceof Refusal);
      assert.equal(refused.reason.key, "refusal.proposal-gone");
      assert.deepEqual([await jobsOf(asked), await reservationsOf(asked)], [1, 1]);
      assert.equal(await isOpen(id), false);
    });

    it("is what was asked for when it is queued, and answered by the press", async () => {
      const asked = dear(undefined, { ...DEAR, negativePrompt: "clouds", seed: 7 });
      const { id } = await propose({ ...asked, place: { ...asked.place, isPrivate: true } });
      const pressed = pressing(asked);
      const taken = await goOn(id, pressed);
      assert.ok(taken.kind === "accepted");
      const { request, interactionId, isPrivate } = taken.row;
      assert.deepEqual([interactionId, isPrivate], [pressed.interactionId, true]);
      assert.partialDeepStrictEqual(request, {
        userPrompt: "a castle",
        negativePrompt: "clouds",
        seed: 7,
        width: 1024,
      });
    });

    it("is called off by who asked, and then gone", async () => {
      const asked = dear();
      const { id } = await propose(asked);
      await callOff(room.db, id, asked.requester);
      await assert.rejects(goOn(id, pressing(asked)), { key: "refusal.proposal-gone" });
      assert.deepEqual([await jobsOf(asked), await reservationsOf(asked)], [0, 0]);
    });

    it("is nobody else's to answer, not even a moderator's", async () => {
      const asked = dear();
      const { id } = await propose(asked);
      const { requester } = dear();
      const other = { ...asked, requester: { ...requester, isModerator: true } };
      const refusal = { key: "refusal.proposal-not-yours" };
      await assert.rejects(goOn(id, pressing(other)), refusal);
      await assert.rejects(callOff(room.db, id, other.requester), refusal);
      assert.equal(await isOpen(id), true);
    });

    it("is weighed again when its member goes on", async () => {
      const asked = dear(undefined, { ...DEAR, prompt: "a forbidden castle" });
      const { id } = await propose(asked);
      await room.db.execute(sql`insert into word_rule (guild_id, kind, text, created_by)
        values (${GUILD_ID}, 'word', 'forbidden', 'test')`);
      await assert.rejects(goOn(id, pressing(asked)), { key: "refusal.word" });
      assert.deepEqual([await jobsOf(asked), await isOpen(id)], [0, true]);
    });

    it("is asked about again where it has become dearer", async () => {
      const asked = dear();
      const { id } = await propose(asked);
      await room.db.update(proposal).set({ cost: 1 }).where(eq(proposal.id, id));
      const again = await goOn(id, pressing(asked));
      assert.ok(again.kind === "proposed");
      assert.deepEqual([await isOpen(id), await isOpen(again.id)], [false, true]);
      assert.equal((await goOn(again.id, pressing(asked))).kind, "accepted");
    });

    it("is refused at once where the quota has no room for it", async () => {
      const asked = dear();
      const { userId: subject } = asked.requester;
      await setRule(room.db, { scope: "user", subject, period: "day", limit: 1, actor: "t" });
      await assert.rejects(accept(room, asked), { key: "refusal.quota" });
      assert.equal(await room.db.$count(proposal, eq(proposal.userId, subject)), 0);
    });

    it("spends one request of the burst limit, by the question", async () => {
      const burst = { size: 1, secondsEach: 600 };
      await room.db.execute(sql`insert into bot_state (key, value)
        values ('owner', ${JSON.stringify({ burst })}::jsonb)`);
      const asked = dear();
      const { id } = await propose(asked);
      await assert.rejects(accept(room, dear(asked.requester.userId)), { key: "refusal.rate" });
      assert.equal((await goOn(id, pressing(asked))).kind, "accepted");
      await room.db.execute(sql`delete from bot_state where key = 'owner'`);
    });

    it("can be answered for half an hour, and is then forgotten", async () => {
      const asked = dear();
      const { id } = await propose(asked);
      const old = { createdAt: sql`now() - interval '31 minutes'` };
      await room.db.update(proposal).set(old).where(eq(proposal.id, id));
      await assert.rejects(goOn(id, pressing(asked)), { key: "refusal.proposal-gone" });
      await sweepProposals(room.db);
      assert.equal(await isOpen(id), false);
    });

    it("is every drawing anew, however cheap, and says how much memory it takes", async () => {
      const [report] = await room.models.reports();
      assert.ok(report);
      const [tiny] = report.models;
      assert.ok(tiny);
      const large = { ...tiny, name: "large", nativeSize: 4096 };
      const peak = { host: 2e9, device: 5e9 };
      const gpu = { ...report, device: "cuda, test", models: [large], creativePeakBytes: peak };
      const models = new ModelDirectory(async () => [report, gpu]);
      const picture = {
        source: {
          kind: "attachment",
          url: "https://cdn.example/1.png",
          channelId: null,
          messageId: null,
          attachmentId: "1",
        },
        isOurs: true,
        width: 250,
        height: 250,
        prompt: "a tree",
        recipe: null,
      } as const;
      const wish = {
        kind: "upscale",
        mode: "creative",
        longestSide: 256,
        picture: { kind: "message", picture },
      } as const;
      const asked = { ...asking(""), wish };
      const proposed = await accept({ ...room, models }, asked);
      assert.ok(proposed.kind === "proposed");
      assert.ok(proposed.usualPictures < 8, `${proposed.usualPictures} usual pictures`);
      assert.deepEqual(proposed.peakMemoryBytes, peak);
      assert.equal((await goOn(proposed.id, pressing(asked))).kind, "accepted");
    });
  });
