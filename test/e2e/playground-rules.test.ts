import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Routes } from "discord.js";

import type { TestPlayground } from "../support/playground.ts";
import { type PlaygroundBot, refusalOf } from "../support/playground-bot.ts";
import { startTrial } from "../support/playground-trial.ts";

/*
 * Discord's own limits, asked for by raw bodies: discord.js' builders would refuse some of them before they are sent.
 */

let playground: TestPlayground;
let bot: PlaygroundBot;
let channelPath: `/${string}`;

before(async () => {
  ({ playground, bot } = await startTrial());
  playground.context.rateLimits.isOff = true;
  channelPath = Routes.channelMessages(playground.channel("general"));
});
after(async () => playground.close());

const V2 = 1 << 15;
const text = (content: string) => ({ type: 10, content });
const button = (id: string, more: object = {}) => ({
  type: 2,
  style: 2,
  label: "Press",
  custom_id: id,
  ...more,
});
const row = (...components: object[]) => ({ type: 1, components });
const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
const gallery = (count: number, description = "x") => ({
  type: 12,
  items: many(count, (n) => ({ media: { url: `https://example.com/${n}.png` }, description })),
});
const select = (options: object[], more: object = {}) => ({
  type: 3,
  custom_id: "s",
  options,
  ...more,
});
const option = (n: number | string) => ({ label: `l${n}`, value: `v${n}` });

/** A message by the bot's own token. Rate limits are another test's. */
async function send(body: object, files: { name: string; data: Buffer }[] = []): Promise<unknown> {
  return bot.client.rest.post(channelPath, { body, files });
}

/** What is wrong with a V2 message of these components. */
async function faultsOf(...components: object[]): Promise<string[]> {
  return (await refusalOf(send({ flags: V2, components }))).fields;
}

describe("the rules for components of messages", () => {
  const cases: [rule: string, components: object[], field: string][] = [
    [
      "40 components with those inside others",
      [{ type: 17, components: many(40, () => text("x")) }],
      "components: COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ],
    [
      "4000 characters of text together",
      [text("x".repeat(2000)), { type: 17, components: [text("y".repeat(2001))] }],
      "components: COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ],
    ["text", [text("")], "components.0.content: BASE_TYPE_BAD_LENGTH"],
    [
      "custom ids that differ",
      [row(button("a")), row(button("a"))],
      "components.1.components.0.custom_id: COMPONENT_CUSTOM_ID_DUPLICATED",
    ],
    [
      "custom ids of at most 100 characters",
      [row(button("x".repeat(101)))],
      "components.0.components.0.custom_id: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "a custom id",
      [row({ type: 2, style: 1, label: "x" })],
      "components.0.components.0.custom_id: BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
    ],
    [
      "labels of at most 80 characters",
      [row(button("a", { label: "x".repeat(81) }))],
      "components.0.components.0.label: BASE_TYPE_MAX_LENGTH",
    ],
    [
      "a label or an emoji",
      [row({ type: 2, style: 2, custom_id: "a" })],
      "components.0.components.0.label: BASE_TYPE_REQUIRED",
    ],
    [
      "links of links alone",
      [row({ type: 2, style: 5, label: "x", url: "https://example.com", custom_id: "a" })],
      "components.0.components.0.custom_id: BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ],
    [
      "links of the web",
      [row({ type: 2, style: 5, label: "x", url: "file:///etc/passwd" })],
      "components.0.components.0.url: URL_TYPE_INVALID_SCHEME",
    ],
    [
      "rows of at most five",
      [row(...many(6, (n) => button(`b${n}`)))],
      "components.0.components: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "a select alone in its row",
      [row(button("a"), select([option(1)]))],
      "components.0.components: COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ],
    [
      "25 options",
      [row(select(many(26, option)))],
      "components.0.components.0.options: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "options that differ",
      [row(select([option(1), option(1)]))],
      "components.0.components.0.options.1: SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ],
    [
      "no more choices than options",
      [row(select([option(1)], { max_values: 2 }))],
      "components.0.components.0.max_values: SELECT_COMPONENT_MAX_VALUES_TOO_LARGE",
    ],
    ["ten pictures in a gallery", [gallery(11)], "components.0.items: BASE_TYPE_BAD_LENGTH"],
    [
      "alt texts of 1024 characters",
      [gallery(1, "x".repeat(1025))],
      "components.0.items.0.description: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "files that are there",
      [{ type: 13, file: { url: "attachment://none.png" } }],
      "components.0.file.url: UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ],
    [
      "a section's accessory",
      [{ type: 9, components: [text("x")] }],
      "components.0.accessory: BASE_TYPE_REQUIRED",
    ],
    [
      "no container in a container",
      [{ type: 17, components: [{ type: 17, components: [text("x")] }] }],
      "components.0.components.0.type: UNION_TYPE_CHOICES",
    ],
    [
      "a colour",
      [{ type: 17, accent_color: 0x1_00_00_00, components: [text("x")] }],
      "components.0.accent_color: NUMBER_TYPE_MAX",
    ],
    ["known spacing", [{ type: 14, spacing: 3 }], "components.0.spacing: BASE_TYPE_CHOICES"],
  ];
  for (const [rule, components, field] of cases)
    it(`ask for ${rule}`, async () => {
      assert.deepEqual(await faultsOf(...components), [field]);
    });

  it("accept a card that uses everything to the full", async () => {
    await send({
      flags: V2,
      components: [
        {
          type: 17,
          accent_color: 0xff_ff_ff,
          components: [
            gallery(10, "x".repeat(1024)),
            {
              type: 9,
              components: [text("x".repeat(3999))],
              accessory: { type: 11, media: { url: "https://example.com/a.png" } },
            },
            { type: 14, spacing: 2, divider: false },
            ...many(5, (r) =>
              row(
                ...many(5, (n) => button(`${r}:${n}`.padEnd(100, "x"), { label: "x".repeat(80) })),
              ),
            ),
            row(select(many(25, option), { placeholder: "x".repeat(150) })),
          ],
        },
      ],
    });
  });

  it("take null for whatever may be left out, and fill in what Discord does", async () => {
    const body = {
      flags: V2,
      content: null,
      embeds: null,
      attachments: null,
      components: [
        { type: 17, id: null, accent_color: null, spoiler: null, components: [text("x")] },
        { type: 14, divider: null, spacing: null },
        row({ type: 5, custom_id: "u", placeholder: null, min_values: null, disabled: null }),
      ],
    };
    const { components } = (await send(body)) as { components: Record<string, unknown>[] };
    assert.deepEqual(components, [
      {
        type: 17,
        id: 1,
        accent_color: null,
        spoiler: false,
        components: [{ type: 10, id: 2, content: "x" }],
      },
      { type: 14, id: 3, divider: true, spacing: 1 },
      {
        type: 1,
        id: 4,
        components: [{ type: 5, id: 5, custom_id: "u", min_values: 1, max_values: 1 }],
      },
    ]);
  });

  it("refuse content and embeds beside V2 components", async () => {
    const body = { flags: V2, content: "x", embeds: [{ title: "y" }], components: [text("z")] };
    assert.deepEqual((await refusalOf(send(body))).fields, [
      "content: MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      "embeds: MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ]);
  });

  it("refuse V2 components without the flag", async () => {
    const { fields } = await refusalOf(send({ components: [text("x")] }));
    assert.deepEqual(fields, ["components.0.type: UNION_TYPE_CHOICES"]);
  });

  it("ask that an old message's content is emptied when it becomes V2", async () => {
    const { id } = (await send({ content: "old" })) as { id: string };
    const path = Routes.channelMessage(playground.channel("general"), id);
    const body = { flags: V2, components: [text("new")] };
    const { fields } = await refusalOf(bot.client.rest.patch(path, { body }));
    assert.deepEqual(fields, ["content: MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"]);
    await bot.client.rest.patch(path, { body: { ...body, content: null } });
    const back = await refusalOf(bot.client.rest.patch(path, { body: { flags: 0, content: "x" } }));
    assert.equal(back.code, 50_035);
  });
});

describe("the rules for messages", () => {
  it("ask for something in them", async () => {
    assert.equal((await refusalOf(send({ content: "  " }))).code, 50_006);
  });

  it("allow 2000 characters, counted as Discord counts them", async () => {
    await send({ content: "🍎".repeat(2000) });
    const { fields } = await refusalOf(send({ content: "x".repeat(2001) }));
    assert.deepEqual(fields, ["content: BASE_TYPE_MAX_LENGTH"]);
  });

  it("allow ten embeds with 6000 characters together", async () => {
    const embeds = many(11, () => ({ title: "x" }));
    assert.deepEqual((await refusalOf(send({ embeds }))).fields, ["embeds: BASE_TYPE_MAX_LENGTH"]);
    const long = many(2, () => ({ description: "x".repeat(3001) }));
    assert.deepEqual((await refusalOf(send({ embeds: long }))).fields, [
      "embeds: MAX_EMBED_SIZE_EXCEEDED",
    ]);
  });

  it("allow ten attachments", async () => {
    const files = many(11, (n) => ({ name: `${n}.txt`, data: Buffer.from("x") }));
    assert.equal((await refusalOf(send({}, files))).code, 50_035);
  });

  it("refuse a file over the place's limit, and take it where boosts raise that", async () => {
    const file = { name: "large.bin", data: Buffer.alloc(10 * 2 ** 20 + 1) };
    const refused = await refusalOf(send({}, [file]));
    assert.deepEqual([refused.status, refused.code], [413, 40_005]);
    const boosted = Routes.channelMessages(playground.channel("renders"));
    await bot.client.rest.post(boosted, { body: {}, files: [file] });
  });

  it("refuse files that are too large together", async () => {
    const files = many(4, (n) => ({ name: `${n}.bin`, data: Buffer.alloc(7 * 2 ** 20) }));
    const refused = await refusalOf(send({}, files));
    assert.deepEqual([refused.status, refused.code], [413, 40_005]);
  });

  it("refuse an answer to a message that is not there, unless it may be", async () => {
    const body = { content: "x", message_reference: { message_id: "1" } };
    assert.equal(
      (await refusalOf(send(body))).fields[0],
      "message_reference: MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
    );
    const reference = { ...body.message_reference, fail_if_not_exists: false };
    await send({ ...body, message_reference: reference });
  });

  it("make a message with an enforced nonce once", async () => {
    const body = { content: "once", nonce: "job-1", enforce_nonce: true };
    const first = (await send(body)) as { id: string; nonce: string };
    const second = (await send(body)) as { id: string };
    assert.equal(second.id, first.id);
    assert.equal(first.nonce, "job-1");
    assert.equal(playground.transcript.creationsByNonce["job-1"], 1);
    playground.clock.advance(6 * 60_000);
    assert.notEqual(((await send(body)) as { id: string }).id, first.id);
    assert.equal(playground.transcript.creationsByNonce["job-1"], 2);
    assert.equal((await refusalOf(send({ ...body, nonce: "x".repeat(26) }))).code, 50_035);
  });

  it("refuse broken JSON and other kinds of bodies", async () => {
    const post = async (contentType: string, body: string) => {
      const headers = { authorization: `Bot ${playground.token}`, "content-type": contentType };
      const answer = await fetch(`${playground.apiBase}/v10${channelPath}`, {
        method: "POST",
        headers,
        body,
      });
      return ((await answer.json()) as { code: number }).code;
    };
    assert.equal(await post("application/json", "{"), 50_109);
    assert.equal(await post("text/plain", "hello"), 50_035);
  });
});
