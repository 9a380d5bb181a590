import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import type { OpenDatabase } from "../../src/db/open-database.ts";
import { guild } from "../../src/db/schema.ts";
import { checkRepost } from "../../src/generation/check-repost.ts";
import type { GuildActor } from "../../src/generation/policy/actor.ts";
import { blockUser } from "../../src/generation/policy/blocks.ts";
import { addWord, changeSettings } from "../../src/generation/policy/guild-rules.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { PictureView, Requester } from "../../src/generation/types.ts";
import { openFreshPglite } from "../support/databases.ts";
import { asking, GUILD_ID, snowflake } from "../support/generation.ts";
import { emptyTables } from "../support/personal-rows.ts";

const OWNER = snowflake();
const PROMPT = "a red apple on a forbidden tree";
const PICTURE: PictureView = {
  id: "00000000-0000-4000-8000-000000000001",
  jobId: "00000000-0000-4000-8000-000000000002",
  index: 0,
  userId: OWNER,
  guildId: GUILD_ID,
  channelId: "5",
  messageId: null,
  parentId: null,
  prompt: PROMPT,
  recipe: {
    prompt: PROMPT,
    negativePrompt: "",
    width: 64,
    height: 64,
    steps: 4,
    guidanceScale: 2,
    scheduler: "dpm++",
    seed: 1,
    rng: "cpu",
    model: { name: "tiny", hash: "0" },
    software: "test",
  },
  width: 64,
  height: 64,
  isPrivate: false,
  createdAt: new Date(0),
};

describe("posting a picture again", () => {
  let database: OpenDatabase;

  before(async () => {
    database = await openFreshPglite();
  });
  after(() => database.close());
  beforeEach(async () => {
    await emptyTables(database.db);
    await database.db.insert(guild).values({ id: GUILD_ID, name: "Test", state: "approved" });
  });

  const actor = (): GuildActor => ({
    userId: "900",
    guildId: GUILD_ID,
    interactionId: snowflake(),
  });
  const asked = (change: Partial<Requester> = {}): Requester => ({
    ...asking("x", { userId: OWNER }).requester,
    ...change,
  });
  const post = (requester: Requester, picture: Partial<PictureView> = {}) =>
    checkRepost(database.db, { ...PICTURE, ...picture }, requester);
  const refuses = (posting: Promise<void>, key: string) =>
    assert.rejects(posting, (error) => error instanceof Refusal && error.key === key);

  it("is allowed to who asked for it, and to others", async () => {
    await post(asked());
    await post(asked({ userId: snowflake() }));
  });

  it("is refused to a blocked member", async () => {
    await blockUser(database.db, actor(), { userId: OWNER, until: null, reason: null });
    await refuses(post(asked()), "refusal.blocked");
  });

  it("is refused where its prompt is not allowed, though it was drawn where it was", async () => {
    await addWord(database.db, actor(), { kind: "word", text: "forbidden" });
    await refuses(post(asked()), "refusal.picture-word");
  });

  it("is refused to others where a server keeps the buttons for who asked, but to moderators", async () => {
    await changeSettings(database.db, actor(), { buttonsFor: "requester" });
    await refuses(post(asked({ userId: snowflake() })), "refusal.buttons-owner-only");
    await post(asked({ userId: snowflake(), isModerator: true }));
    await post(asked());
  });

  it("is refused for another member's private picture", async () => {
    await refuses(
      post(asked({ userId: snowflake() }), { isPrivate: true }),
      "refusal.picture-gone",
    );
    await post(asked(), { isPrivate: true });
  });

  it("counts as a request, so that nobody floods a channel with it", async () => {
    const flood = async (): Promise<void> => {
      for (let posts = 0; posts < 50; posts += 1) await post(asked());
    };
    await refuses(flood(), "refusal.rate");
  });
});
