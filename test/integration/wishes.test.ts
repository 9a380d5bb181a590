import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { eq, sql } from "drizzle-orm";

import { guild, job, picture } from "../../src/db/schema.ts";
import { storedValues } from "../../src/discord/edit-form.ts";
import { accept, type AcceptOptions } from "../../src/generation/accept.ts";
import { Generation } from "../../src/generation/generation.ts";
import type { WishRequest } from "../../src/generation/generation-port.ts";
import type { GenerateJob } from "../../src/generation/job-request.ts";
import { ModelDirectory } from "../../src/generation/model-directory.ts";
import { PictureFiles } from "../../src/generation/picture-files.ts";
import type { GuildSettings } from "../../src/generation/policy/guild-settings.ts";
import { loadPolicy } from "../../src/generation/policy/load-policy.ts";
import { quotaView } from "../../src/generation/quota-view.ts";
import { usualCost } from "../../src/generation/price.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { ImagineOptions, Wish } from "../../src/generation/types.ts";
import { setRule } from "../../src/quota/rules.ts";
import { openFreshPglite } from "../support/databases.ts";
import { asking, drawNothing, openRoom, type Room, take } from "../support/generation.ts";
import { until } from "../support/until.ts";

const ASPECTS = ["1:1", "3:4", "9:16", "4:3", "16:9", "21:9", "2:3", "3:2"];

function imagining(options: ImagineOptions): Wish {
  return { kind: "imagine", origin: "imagine", options };
}

describe("what a wish becomes", () => {
  let room: Room;
  /** With a model whose own size is 1024 pixels. */
  let large: AcceptOptions;

  before(async () => {
    room = await openRoom(await openFreshPglite());
    const [report] = await room.models.reports();
    const [tiny] = report?.models ?? [];
    assert.ok(report && tiny);
    const model = { ...tiny, nativeSize: 1024, defaultWidth: 1024, defaultHeight: 1024 };
    const models = new ModelDirectory(async () => [{ ...report, models: [model] }]);
    large = { ...room, models };
  });
  after(() => room.close());
  beforeEach(() => set({}));

  async function set(settings: Partial<GuildSettings>): Promise<void> {
    await room.db.update(guild).set({ settings });
  }

  async function draw(options: Partial<ImagineOptions>, bot = large): Promise<GenerateJob> {
    const wish = imagining({ prompt: "a tree", ...options });
    const answer = await accept(bot, { ...asking(""), wish });
    const request = answer.kind === "proposed" ? answer.request : answer.row.request;
    return request as GenerateJob;
  }

  it("is refused by a quota with how many usual pictures still fit, whatever was asked for", async () => {
    const [model] = await large.models.list();
    assert.ok(model);
    const asked = asking("");
    const { userId: subject } = asked.requester;
    const limit = 3 * usualCost(model) + 1;
    await setRule(room.db, { scope: "user", subject, period: "day", limit, actor: "test" });
    const wish = imagining({ prompt: "a tree", count: 4 });
    await assert.rejects(accept(large, { ...asked, wish }), (error) => {
      assert.ok(error instanceof Refusal);
      assert.match(error.message, /About 3 pictures like the usual would still fit/);
      return true;
    });
  });

  it("has a style by its name, or is refused with the names that there are", async () => {
    assert.equal((await draw({ style: "Anime " })).style, "anime");
    assert.equal((await draw({ style: "" })).style, null);
    await assert.rejects(draw({ style: "anmie" }), (error) => {
      assert.ok(error instanceof Refusal);
      assert.match(error.message, /no style “anmie” here. Available: 3d render, anime, .*sticker/);
      return true;
    });
  });

  it("does without the server's usual style where that was removed", async () => {
    await set({ style: "gone" });
    assert.equal((await draw({})).style, null);
  });

  describe("where a server caps the size", () => {
    for (const maxSize of [512, 1024, 2048, 4096])
      it(`has every shape of the cap's own ${maxSize} pixels, and none of a larger size`, async () => {
        await set({ maxSize });
        for (const aspect of ASPECTS) {
          const { width, height } = await draw({ aspect, size: maxSize });
          assert.ok(Math.abs(Math.sqrt(width * height) / maxSize - 1) < 0.04, `${width}×${height}`);
          const tooLarge = draw({ aspect, size: maxSize + 64 });
          await assert.rejects(tooLarge, { key: "refusal.size" });
        }
      });

    it("is drawn at the cap where nobody names a size and the model's own is larger", async () => {
      await set({ maxSize: 512 });
      const { width, height } = await draw({});
      assert.deepEqual([width, height], [512, 512]);
      await assert.rejects(draw({ size: 1024 }), { key: "refusal.size" });
    });

    it("is offered up to the cap, and at least at the cap", async () => {
      const offered = async (maxSize: number): Promise<number[]> => {
        await set({ maxSize });
        const { requester } = asking("");
        const { settings } = await loadPolicy(room.db, requester);
        const [model = null] = await large.models.list();
        const { models } = large;
        const { prices } = await quotaView(room.db, { requester, settings }, { model, models });
        return prices.filter(({ kind }) => kind === "generate").map(({ size }) => size);
      };
      assert.deepEqual(await offered(512), [512]);
      assert.deepEqual(await offered(2048), [1024, 2048]);
      assert.deepEqual(await offered(4096), [1024, 2048, 4096]);
    });
  });

  it("has enough steps of a Sprint model where it begins from a picture", async () => {
    const [report] = await large.models.reports();
    const [usual] = report?.models ?? [];
    assert.ok(report && usual);
    const model = { ...usual, defaultSteps: 2, ignoresNegativePrompt: true };
    const models = new ModelDirectory(async () => [{ ...report, models: [model] }]);
    const url = "https://cdn.discordapp.com/a.png";
    const source = {
      kind: "attachment",
      url,
      channelId: null,
      messageId: null,
      attachmentId: "1",
    } as const;
    const size = { width: 1024, height: 1024 };
    const seen = { source, isOurs: true, ...size, prompt: null, recipe: null };
    const sprint = { ...large, models };
    assert.equal((await draw({}, sprint)).steps, 2);
    const begun = await draw({ picture: { kind: "message", picture: seen } }, sprint);
    assert.deepEqual([begun.steps, begun.strength], [4, 0.6]);
  });

  describe("where it is edited", () => {
    const OPTIONS = { prompt: "a tree", style: "photo", negativePrompt: "rain" };
    const ADDED = "drawing, painting, cartoon, blurry";
    let pictureId: string;
    let generation: Generation;

    before(async () => {
      generation = new Generation({ ...room, files: new PictureFiles(room.db, "") });
      const options = { ...asking(""), wish: imagining(OPTIONS) };
      const { row } = await take(room, options);
      const loop = room.loopWith(drawNothing);
      loop.start();
      pictureId = await until(async () => {
        const [found] = await room.db.select().from(picture).where(eq(picture.jobId, row.id));
        return found?.id;
      });
      await loop.stop();
    });

    /** What the dialog shows, sent as it is. */
    async function edit(): Promise<GenerateJob> {
      const values = await storedValues(pictureId, generation);
      assert.ok(values !== null);
      const { prompt, negativePrompt, style } = values;
      assert.deepEqual([prompt, negativePrompt, style], ["a tree", "rain", "photo"]);
      const options = { prompt, negativePrompt, style: style ?? "" };
      const shown = { kind: "stored", pictureId, fallback: null } as const;
      const asked = { ...asking(""), wish: { kind: "edit", picture: shown, options } as const };
      return (await take(room, asked)).row.request as GenerateJob;
    }

    it("has the style's negative prompt once, beside the member's own", async () => {
      assert.equal((await edit()).negativePrompt, `rain, ${ADDED}`);
    });

    it("does without its style where that was removed meanwhile, but not without a new one", async () => {
      const editing = (style: string): WishRequest => {
        const shown = { kind: "stored", pictureId, fallback: null } as const;
        const options = { prompt: "a tree", style };
        return { ...asking(""), wish: { kind: "edit", picture: shown, options } };
      };
      const withStyle = (style: string) =>
        sql`jsonb_set(${job.request}, '{style}', ${JSON.stringify(style)}::jsonb)`;
      await room.db.update(job).set({ request: withStyle("gone") });
      assert.equal(((await take(room, editing("gone"))).row.request as GenerateJob).style, null);
      await assert.rejects(take(room, editing("new")), { key: "refusal.unknown-style" });
      await room.db.update(job).set({ request: withStyle("photo") });
    });

    it("tells a member's words from the style's where an older version kept both as one", async () => {
      const older = sql`${job.request} - 'userNegative'`;
      await room.db.update(job).set({ request: older }).where(eq(job.kind, "generate"));
      assert.equal((await edit()).negativePrompt, `rain, ${ADDED}`);
    });
  });
});
