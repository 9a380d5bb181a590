import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { pino } from "pino";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import { deletePictures } from "../../src/generation/history.ts";
import type { GuildActor } from "../../src/generation/policy/actor.ts";
import { changeSettings } from "../../src/generation/policy/guild-rules.ts";
import { postModerationNotices } from "../../src/generation/policy/moderation-log.ts";
import type {
  ModerationNotice,
  ModerationPoster,
} from "../../src/generation/policy/moderation-notice.ts";
import { decideReport, fileReport, openReports } from "../../src/generation/policy/reports.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { DATABASES } from "../support/databases.ts";
import { addPicture, emptyTables, GUILD, ME, OTHER } from "../support/personal-rows.ts";

const log = pino({ level: "silent" });
const refused = (key: string) => (error: unknown) => error instanceof Refusal && error.key === key;

for (const { name, open } of DATABASES) {
  describe(`reports and the moderators' log on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;
    const actor = (interactionId: string = randomUUID()): GuildActor => ({
      userId: "900",
      guildId: GUILD,
      interactionId,
    });

    before(async () => {
      database = await open();
      ({ db } = database);
    });
    after(async () => {
      await database.close();
    });
    beforeEach(async () => {
      await emptyTables(db);
      await db.insert(schema.guild).values({ id: GUILD, name: "Guild", state: "approved" });
    });

    const report = (changes: Partial<Parameters<typeof fileReport>[1]>) =>
      fileReport(db, {
        guildId: GUILD,
        channelId: "3",
        messageId: "m",
        reporterId: OTHER,
        reason: "bad",
        shown: null,
        prompt: null,
        ...changes,
      });

    it("takes a report with its evidence, once for each reporter and message", async () => {
      const { jobId } = await addPicture(db, ME);
      assert.equal(await report({ messageId: `message-${jobId}` }), true);
      assert.equal(await report({ messageId: `message-${jobId}` }), false);
      const [found, ...others] = await openReports(db, GUILD);
      assert.deepEqual(others, []);
      assert.deepEqual([found?.jobId, found?.userId], [jobId, ME]);
      assert.deepEqual(found?.evidence, {
        prompts: ["a red apple"],
        thumbnails: ["Aw=="],
        isPrivate: false,
      });
      const days = ((found?.heldUntil.getTime() ?? 0) - Date.now()) / 86_400_000;
      assert.ok(days > 29.9 && days < 30.1);
    });

    it("takes a report of a message whose record is gone, by what the message says", async () => {
      await report({ prompt: "a blue pear" });
      const [found] = await openReports(db, GUILD);
      assert.deepEqual([found?.jobId, found?.userId], [null, ""]);
      await assert.rejects(report({ messageId: "n" }), refused("refusal.picture-gone"));
    });

    it("knows by a card's own buttons what it shows where no delivery of it is recorded", async () => {
      const { jobId, pictureId } = await addPicture(db, ME);
      await report({ messageId: "picked", shown: { kind: "picture", id: pictureId } });
      await report({ messageId: "card", shown: { kind: "job", id: jobId } });
      for (const found of await openReports(db, GUILD)) {
        assert.deepEqual([found.jobId, found.userId], [jobId, ME]);
        assert.deepEqual((found.evidence as { thumbnails: string[] }).thumbnails, ["Aw=="]);
      }
    });

    it("deletes one picture of a job for its requester, and leaves the others", async () => {
      const { jobId, pictureId } = await addPicture(db, ME);
      const [first] = await db.select().from(schema.picture);
      assert.ok(first);
      await db.insert(schema.picture).values({ ...first, id: randomUUID(), index: 1 });
      const requester = { userId: ME, guildId: GUILD, isModerator: false, isOwner: false };
      await deletePictures(db, { kind: "picture", id: pictureId }, requester);
      const all = await db.select().from(schema.picture).orderBy(schema.picture.index);
      assert.deepEqual(
        all.map(({ thumbnail, deletedAt }) => [thumbnail === null, deletedAt === null]),
        [
          [true, false],
          [false, true],
        ],
      );
      const others = { ...requester, userId: OTHER };
      const rest = deletePictures(db, { kind: "job", id: jobId }, others);
      await assert.rejects(rest, refused("refusal.not-yours"));
    });

    it("decides a report once", async () => {
      await report({ prompt: "x" });
      const id = (await openReports(db, GUILD))[0]?.id ?? "";
      assert.equal(
        (await decideReport(db, actor(), { reportId: id, state: "deleted" })).after,
        "deleted",
      );
      assert.equal(
        (await decideReport(db, actor(), { reportId: id, state: "kept" })).after,
        "deleted",
      );
      assert.deepEqual(await openReports(db, GUILD), []);
      await assert.rejects(
        decideReport(db, { ...actor(), guildId: "501" }, { reportId: id, state: "kept" }),
        refused("refusal.report-gone"),
      );
    });

    /** A log channel that remembers what was posted. */
    function recorder(fails = 0): ModerationPoster & { posted: ModerationNotice[] } {
      const posted: ModerationNotice[] = [];
      let left = fails;
      return {
        posted,
        post: async (notice) => {
          if (left-- > 0) throw new Error("Discord is away");
          posted.push(notice);
          return `post-${posted.length}`;
        },
      };
    }
    const post = (poster: ModerationPoster) =>
      postModerationNotices(db, { poster, log }, new AbortController().signal);

    it("shows moderators reports and private pictures, each once", async () => {
      await changeSettings(db, actor(), { logChannelId: "77" });
      const { jobId } = await addPicture(db, ME);
      await db.execute(sql`update job set is_private = true where id = ${jobId}`);
      await addPicture(db, OTHER);
      await report({ messageId: `message-${jobId}` });
      const poster = recorder();
      await post(poster);
      await post(poster);
      const facts = poster.posted.map(
        ({ kind, channelId, userId, prompts, thumbnails, isPrivate }) => ({
          kind,
          channelId,
          userId,
          prompts,
          thumbnails: thumbnails.length,
          isPrivate,
        }),
      );
      const shown = {
        channelId: "77",
        userId: ME,
        prompts: ["a red apple"],
        thumbnails: 1,
        isPrivate: true,
      };
      assert.deepEqual(
        facts.toSorted((a, b) => a.kind.localeCompare(b.kind)),
        [
          { kind: "private-picture", ...shown },
          { kind: "report", ...shown },
        ],
      );
    });

    it("tries again what could not be posted", async () => {
      await changeSettings(db, actor(), { logChannelId: "77" });
      await report({ prompt: "x" });
      const poster = recorder(1);
      await post(poster);
      assert.equal(poster.posted.length, 0);
      await post(poster);
      assert.equal(poster.posted[0]?.report?.reason, "bad");
    });

    it("shows nobody anything where a server has no log channel", async () => {
      await report({ prompt: "x" });
      const poster = recorder();
      await post(poster);
      assert.deepEqual(poster.posted, []);
      assert.equal((await openReports(db, GUILD)).length, 1);
    });
  });
}
