import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { fitting } from "../../commands/administration/answers.ts";
import { CustomIds } from "../../src/discord/custom-id.ts";
import { noticeCard } from "../../src/discord/moderation-poster.ts";
import type { ModerationNotice } from "../../src/generation/policy/moderation-notice.ts";
import { controls } from "../support/message-controls.ts";

/** Discord's limit for all texts of a message together. */
const MAX_TEXTS = 4000;

const IDS = new CustomIds(Buffer.alloc(32, 7));
const ID = "00000000-0000-4000-8000-000000000001";

function report(changes: Partial<ModerationNotice> = {}): ModerationNotice {
  return {
    id: ID,
    kind: "report",
    guildId: "1",
    channelId: "2",
    userId: "3",
    prompts: ["a red apple"],
    thumbnails: [],
    isPrivate: false,
    report: {
      reporterId: "4",
      reason: "bad",
      channelId: "5",
      messageId: "6",
      heldUntil: new Date(),
    },
    ...changes,
  };
}

function textsOf(notice: ModerationNotice): string[] {
  return [...controls(noticeCard(notice, "en", IDS).components)].flatMap(({ content }) =>
    typeof content === "string" ? [content] : [],
  );
}

describe("the answers for admins", () => {
  it("show every line while there is room", () => {
    assert.deepEqual(fitting(["one", "two"]), ["one", "two"]);
  });

  it("show whole lines and say that there are more", () => {
    const shown = fitting(Array.from({ length: 100 }, () => "x".repeat(99)));
    assert.equal(shown.at(-1), "…");
    assert.equal(shown.length, 35);
    assert.ok(shown.join("\n").length < MAX_TEXTS);
  });

  it("cut a line that is longer than a message", () => {
    const [line = "", ...more] = fitting(["y".repeat(9000)]);
    assert.ok(line.length < MAX_TEXTS && line.endsWith("…"));
    assert.ok(line.startsWith("yyy"), line);
    assert.deepEqual(more, []);
  });
});

describe("a report's card", () => {
  it("names who, by whom, why and which message, and has its buttons", () => {
    const [first = ""] = textsOf(report());
    for (const part of ["<@3>", "<@4>", "Reason: bad", "https://discord.com/channels/1/5/6"])
      assert.ok(first.includes(part), part);
    const card = noticeCard(report(), "en", IDS);
    const labels = new Set([...controls(card.components)].map(({ label }) => label));
    for (const label of ["Keep the picture", "Delete the picture", "Block for a day"])
      assert.ok(labels.has(label), label);
  });

  it("offers to block nobody where nobody knows who asked", () => {
    const labels = [...controls(noticeCard(report({ userId: "" }), "en", IDS).components)].map(
      ({ label }) => label,
    );
    assert.ok(!labels.includes("Block for a day"));
  });

  it("stays within Discord's characters with the longest prompts and reason", () => {
    const facts = report().report;
    assert.ok(facts !== null);
    const longest = report({
      prompts: Array.from({ length: 4 }, (_, index) => `${index}${"*".repeat(6000)}`),
      report: { ...facts, reason: "_".repeat(500) },
    });
    const total = textsOf(longest).reduce((sum, { length }) => sum + length, 0);
    assert.ok(total <= MAX_TEXTS, `${total}`);
  });

  it("is a remark without buttons for a private picture", () => {
    const parts = [
      ...controls(
        noticeCard(report({ kind: "private-picture", report: null }), "de", IDS).components,
      ),
    ];
    assert.ok(parts.some(({ content }) => content === "**Privates Bild** von <@3>"));
    assert.ok(parts.every(({ label }) => label === undefined));
  });
});
