import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { APIContainerComponent } from "discord.js";

import type { Card } from "../../src/discord/cards/components.ts";
import { finishedCard } from "../../src/discord/cards/finished-card.ts";
import { noticeCard } from "../../src/discord/cards/notice-card.ts";
import { proposalCard } from "../../src/discord/cards/proposal-card.ts";
import { CustomIds } from "../../src/discord/custom-id.ts";
import type { GenerateJob } from "../../src/generation/job-request.ts";
import type { Notice } from "../../src/generation/messenger.ts";
import type { JobView, PictureView, Proposal } from "../../src/generation/types.ts";
import { LANCZOS_NAME } from "../../src/upscale/types.ts";
import { MODEL } from "../support/memory-generation.ts";

const IDS = new CustomIds(Buffer.alloc(32, 3));
const CREATED_AT = new Date("2026-11-25T08:00:00Z");

const REQUEST: GenerateJob = {
  kind: "generate",
  prompt: "a watercolour of a red apple",
  userPrompt: "a red apple",
  negativePrompt: "worms",
  style: "Watercolour",
  width: 1024,
  height: 768,
  count: 1,
  steps: 20,
  guidanceScale: 4.5,
  seed: 42,
  source: null,
  strength: null,
};

function job(change: Partial<JobView> = {}): JobView {
  return {
    id: "0b7a1d0e-7f5c-4a3e-9d5b-0123456789ab",
    origin: "imagine",
    state: "done",
    attempt: 1,
    request: REQUEST,
    place: {
      applicationId: "1",
      interaction: null,
      guildId: "2",
      channelId: "3",
      userId: "4",
      isPrivate: change.isPrivate ?? false,
      canBotPost: true,
      attachmentSizeLimit: 10 * 2 ** 20,
      locale: "en-US",
      replyToId: null,
    },
    guildId: "2",
    channelId: "3",
    userId: "4",
    model: MODEL,
    isPrivate: false,
    parentId: null,
    cost: 1000,
    createdAt: CREATED_AT,
    startedAt: new Date(CREATED_AT.getTime() + 4200),
    endedAt: new Date(CREATED_AT.getTime() + 16_500),
    runMs: 12_300,
    ...change,
  };
}

function pictures(count: number): PictureView[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `0000000${index}-0000-4000-8000-000000000000`,
    jobId: job().id,
    index,
    userId: "4",
    guildId: "2",
    channelId: "3",
    messageId: null,
    parentId: null,
    prompt: REQUEST.prompt,
    recipe: {
      prompt: REQUEST.prompt,
      negativePrompt: "worms",
      width: 1024,
      height: 768,
      steps: 20,
      guidanceScale: 4.5,
      scheduler: "dpm++",
      seed: 42 + index,
      rng: "cpu",
      model: { name: "sana", hash: "abc" },
      software: "sanabot 0.1.0",
    },
    width: 1024,
    height: 768,
    isPrivate: false,
    createdAt: CREATED_AT,
  }));
}

function finished(count: number): Extract<Notice, { kind: "finished" }> {
  return {
    kind: "finished",
    pictures: pictures(count),
    files: pictures(count).map(({ index }) => ({
      name: `apple-${index}.png`,
      data: new Uint8Array(3),
      remark: null,
    })),
    originals: Array.from({ length: count }, () => null),
    mention: false,
    can: { upscale: true, creative: false },
  };
}

function upscaledBy(method: string): PictureView[] {
  const [picture] = pictures(1);
  assert.ok(picture);
  const upscaled = { width: 4096, height: 3072, method };
  return [{ ...picture, recipe: { ...picture.recipe, upscaled } }];
}

/** What Discord gets, without the files' bytes. */
function json({ components, files }: Card): object {
  return { components, files: files.map(({ name }) => name) };
}

function draw(notice: Notice, change: Partial<JobView> = {}): object {
  return json(noticeCard(job(change), notice, IDS));
}

/** All components, those inside others counted too, as Discord's limit of 40 counts them. */
function countComponents(component: object): number {
  const nested = Object.values(component)
    .flat()
    .filter((value): value is object => typeof value === "object" && value !== null)
    .filter((value) => "type" in value);
  return nested.reduce((sum, value) => sum + countComponents(value), 1);
}

function textsOf([container]: readonly APIContainerComponent[]): string[] {
  return (container?.components ?? []).flatMap((part) => ("content" in part ? [part.content] : []));
}

const ENLARGEMENT: JobView["request"] = {
  kind: "upscale",
  source: { kind: "picture", pictureId: pictures(1)[0]?.id ?? "" },
  mode: "faithful",
  longestSide: 4096,
  prompt: "a red apple",
  strength: null,
  seed: 1,
};

describe("a job's cards", () => {
  it("show progress in steps, with the predicted picture", (context) => {
    const progress = { stage: "denoise", picture: 2, pictures: 4, step: 5, steps: 20 } as const;
    const preview = new Uint8Array(1);
    context.assert.snapshot(draw({ kind: "running", progress, preview }));
    context.assert.snapshot(
      draw(
        { kind: "running", progress: { stage: "load" }, preview: null },
        { isPrivate: true, createdAt: new Date() },
      ),
    );
  });

  it("show one picture with everything that made it", (context) => {
    context.assert.snapshot(draw(finished(1)));
  });

  it("show a grid with buttons for each picture", (context) => {
    context.assert.snapshot(draw(finished(4)));
  });

  it("show an enlarged picture, what its file gave up, and a link to the original", (context) => {
    const [file] = finished(1).files;
    assert.ok(file);
    const notice: Notice = {
      ...finished(1),
      pictures: upscaledBy("ESRGAN thick x4"),
      files: [{ ...file, remark: "3120 × 3120" }],
      originals: [{ name: "1-0.png", url: "https://bot.example/o/1?s=2" }],
    };
    context.assert.snapshot(draw(notice, { request: ENLARGEMENT }));
  });

  describe("of an enlarged picture", () => {
    const wordsOf = (change: Partial<ReturnType<typeof finished>>) =>
      textsOf(
        noticeCard(job({ request: ENLARGEMENT }), { ...finished(1), ...change }, IDS).components,
      ).join("\n");

    it("name what enlarged it, Lanczos too", () => {
      assert.match(wordsOf({ pictures: upscaledBy("ESRGAN thick x4") }), /by ESRGAN thick x4/);
      assert.match(
        wordsOf({ pictures: upscaledBy(LANCZOS_NAME) }),
        /by Lanczos with mild sharpening/,
      );
    });

    it("say how to get the original where its file is no PNG and no link is given", () => {
      const originals = [{ name: "1-0.png", url: null }];
      const [file] = finished(1).files;
      assert.ok(file);
      const posted = (name: string) => wordsOf({ originals, files: [{ ...file, name }] });
      assert.match(posted("sanabot-1.webp"), /original is kept .* owner finds it as `1-0\.png`/);
      assert.doesNotMatch(posted("sanabot-1.png"), /original/);
    });
  });

  it("say why there is no picture", (context) => {
    const failed = {
      kind: "failed",
      code: "not_supported",
      message: "The *scheduler* is unknown.",
      errorId: null,
    } as const;
    context.assert.snapshot(draw(failed));
    context.assert.snapshot(draw({ ...failed, code: "fault", errorId: "abc12345" }));
    context.assert.snapshot(draw({ ...failed, code: "out_of_memory" }));
    context.assert.snapshot(draw({ ...failed, code: "crashed", message: "" }));
    context.assert.snapshot(draw({ kind: "cancelled", byUserId: "4" }));
    context.assert.snapshot(draw({ kind: "cancelled", byUserId: "5" }));
    context.assert.snapshot(draw({ kind: "undelivered" }));
  });

  it("say that a Sprint model ignores the negative prompt", () => {
    const model = { ...MODEL, ignoresNegativePrompt: true };
    const { components } = noticeCard(job({ model }), finished(1), IDS);
    assert.match(textsOf(components).join("\n"), /Sana ignores the negative prompt\./);
  });

  it("say where a private picture will come when its answer can soon be edited no more", () => {
    const progress = { stage: "load" } as const;
    const { components } = noticeCard(
      job({ isPrivate: true, createdAt: new Date(Date.now() - 13 * 60_000) }),
      { kind: "running", progress, preview: null },
      IDS,
    );
    assert.match(textsOf(components).join("\n"), /will come as a direct message/);
  });

  it("speak German and Japanese", () => {
    for (const [locale, words] of [
      ["de", /Ein Knopf kostet das Kontingent/],
      ["ja", /ボタンを押した人/],
    ] as const) {
      const change = { place: { ...job().place, locale } };
      const { components } = noticeCard(job(change), finished(1), IDS);
      assert.match(textsOf(components).join("\n"), words);
    }
  });

  it("stay within Discord's limits with the longest texts and all buttons", () => {
    const long = "*".repeat(6000);
    const request = { ...REQUEST, userPrompt: long, negativePrompt: long, style: "_".repeat(64) };
    const notice = {
      ...finished(4),
      originals: Array.from({ length: 4 }, () => {
        return { name: "1-0.png", url: `https://bot.example/${"o".repeat(200)}` };
      }),
      can: { upscale: true, creative: true },
    };
    const card = finishedCard(job({ request }), notice, IDS);
    const [container] = card.components;
    assert.ok(container);
    assert.ok(countComponents(container) <= 40, String(countComponents(container)));
    const length = textsOf(card.components).reduce((sum, text) => sum + text.length, 0);
    assert.ok(length <= 4000, String(length));
    const descriptions = JSON.stringify(container).matchAll(/"description":"([^"]*)"/g);
    for (const [, description = ""] of descriptions) assert.ok(description.length <= 1024);
  });
});

describe("the question before a dear request", () => {
  const proposal: Proposal = {
    kind: "proposed",
    id: "0b7a1d0e-7f5c-4a3e-9d5b-0123456789ab",
    request: REQUEST,
    place: job().place,
    usualPictures: 16.2,
    picturesLeft: null,
    readySeconds: null,
    peakMemoryBytes: null,
  };
  const wordsOf = (change: Partial<Proposal>) =>
    textsOf(proposalCard({ ...proposal, ...change }, IDS).components).join("\n");

  it("shows its price and two buttons", (context) => {
    context.assert.snapshot(json(proposalCard(proposal, IDS)));
  });

  it("says how long it takes in the unit that fits", () => {
    const takes = (from: number, until: number) => wordsOf({ readySeconds: { from, until } });
    assert.match(takes(20, 44), /it takes 20–44 seconds\./);
    assert.match(takes(59, 130), /it takes 1–3 minutes\./);
    assert.match(takes(61, 119), /it takes 1–2 minutes\./);
    assert.match(takes(7300, 9000), /it takes 2–3 hours\./);
    assert.match(takes(119.5, 120), /it takes 1–2 minutes\./);
  });

  it("says how much memory drawing anew needs, where that is known", () => {
    const [host, device] = [9.4 * 2 ** 30, 5.2 * 2 ** 30];
    assert.match(wordsOf({ peakMemoryBytes: { host, device: 0 } }), /about 9\.4 GiB of memory/);
    assert.match(
      wordsOf({ peakMemoryBytes: { host, device } }),
      /about 5\.2 GiB of the graphics card and 9\.4 GiB of memory/,
    );
    assert.doesNotMatch(wordsOf({}), /memory/);
  });

  it("says that it is an enlargement", () => {
    assert.match(wordsOf({ request: ENLARGEMENT }), /^a red apple\nUpscale to 4K\n\*\*This costs/);
    assert.doesNotMatch(wordsOf({}), /Upscale/);
  });

  it("says that nothing is left", () => {
    assert.match(wordsOf({ picturesLeft: 0 }), /You have none left at the moment\./);
  });
});
