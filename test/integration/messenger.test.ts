import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { inspect } from "node:util";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";
import { REST } from "discord.js";

import { shortId } from "../../src/discord/custom-id.ts";
import { DiscordMessenger } from "../../src/discord/messenger.ts";
import { customIdsOf } from "../../src/discord/own-message.ts";
import { type Answer, DeliveryImpossible, type Notice } from "../../src/generation/messenger.ts";
import { TOKEN_LIFE_MS } from "../../src/generation/place.ts";
import { createLogger } from "../../src/log.ts";
import { FREE_LEASES, TestBot } from "../support/discord-bot.ts";
import { controls, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const NEVER = new AbortController().signal;
const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;
const hasButtons = (message: APIMessage) =>
  [...controls(message.components)].some(({ label }) => label === "Delete");

describe("the messenger", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start({ frozen: true });
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());
  afterEach(() => playground.faults.clear());

  /** A job that is drawn, and not yet posted. */
  async function drawn(
    options: Record<string, string | boolean> = {},
    scene: { as?: string; in?: string } = {},
  ): Promise<{ answer: Answer; notice: Notice; id: string }> {
    const begun = await playground.slash("imagine", { prompt: "a tree", ...options }, scene);
    await until(() => test.generation.wishes.find((one) => one.interactionId === begun.id));
    await begun.reply();
    return { ...(await test.generation.finish()), id: begun.id };
  }

  /** As a gateway does at minute 13, so that the message is known. */
  async function handedOver(answer: Answer): Promise<Answer> {
    const notice = { kind: "queued", position: 1, etaSeconds: null } as const;
    const posted = await test.messenger.handOver(answer, notice, NEVER);
    assert.ok(posted);
    const { channelId, messageId } = posted;
    return { ...answer, message: { channelId, messageId } };
  }

  async function cardsIn(channel: string, as = "ada"): Promise<APIMessage[]> {
    return (await playground.messagesIn(channel, as)).filter(hasButtons);
  }

  function tokenLess(): DiscordMessenger {
    return new DiscordMessenger({
      rest: new REST({ api: playground.apiBase }),
      hasBotToken: false,
      customIds: test.customIds,
      leases: FREE_LEASES,
      log: createLogger("fatal"),
      now: () => playground.clock.now(),
    });
  }

  it("edits the deferred answer while its token lives", async () => {
    const { answer, notice, id } = await drawn();
    const posted = await test.messenger.post(answer, notice, NEVER);
    assert.equal(posted.where, "interaction");
    const card = await playground.waitForMessage(
      (message) => message.interaction_metadata?.id === id && hasButtons(message),
    );
    assert.equal(card.id, posted.messageId);
  });

  it("edits the same message by the bot's token when the interaction's has died", async () => {
    const { answer, notice } = await drawn();
    const known = await handedOver(answer);
    playground.clock.advance(TOKEN_LIFE_MS);
    const posted = await test.messenger.post(known, notice, NEVER);
    assert.deepEqual(posted, { ...known.message, where: "interaction" });
    assert.ok((await cardsIn("general")).some(({ id }) => id === posted.messageId));
  });

  it("posts one message under its nonce where none is known, however often it is asked", async () => {
    const { answer, notice } = await drawn();
    playground.clock.advance(TOKEN_LIFE_MS);
    const first = await test.messenger.post(answer, notice, NEVER);
    assert.equal(first.where, "channel");
    const again = await test.messenger.post(answer, notice, NEVER);
    playground.clock.advance(60 * 60_000);
    const late = await test.messenger.post(answer, notice, NEVER);
    assert.deepEqual([again, late], [first, first]);
    const creations = playground.transcript.calls.filter(
      ({ method, body }) =>
        method === "POST" && (body as { nonce?: string } | undefined)?.nonce === answer.nonce,
    );
    const bodies = creations.map(({ body }) => body as { enforce_nonce?: boolean });
    assert.deepEqual(
      bodies.map(({ enforce_nonce: isEnforced }) => isEnforced),
      [true],
    );
  });

  it("posts once also where the connection broke after the post", async () => {
    const { answer, notice } = await drawn();
    playground.clock.advance(TOKEN_LIFE_MS);
    const path = String.raw`^/channels/\d+/messages$`;
    playground.faults.add({ kind: "disconnect", applied: true, method: "POST", path, count: 1 });
    await test.messenger.post(answer, notice, NEVER).catch(() => undefined);
    await test.messenger.post(answer, notice, NEVER);
    const ofJob = (await cardsIn("general")).filter((message) =>
      customIdsOf(message).some((id) => id.includes(shortId(answer.job.id))),
    );
    assert.equal(ofJob.length, 1);
  });

  it("sends a private picture by direct message when the token has died, and shows it to nobody else", async () => {
    const { answer, notice } = await drawn({ private: true });
    const before_ = (await cardsIn("general", "bjoern")).length;
    playground.clock.advance(TOKEN_LIFE_MS);
    const posted = await test.messenger.post(answer, notice, NEVER);
    assert.equal(posted.where, "direct-message");
    assert.ok((await cardsIn("dm")).some(({ id }) => id === posted.messageId));
    assert.equal((await cardsIn("general", "bjoern")).length, before_);
  });

  it("says beforehand that a private picture will come by direct message", async () => {
    const { answer, id } = await drawn({ private: true });
    await handedOver(answer);
    const told = await playground.waitForMessage(
      (message) =>
        message.interaction_metadata?.id === id && textOf(message).includes("direct message"),
    );
    assert.ok(isPrivate(told));
  });

  it("gives up a private picture where direct messages are closed", async () => {
    const { answer, notice } = await drawn({ private: true }, { as: "yuki" });
    const user = `/users/${playground.member("yuki")}`;
    await playground.change(user, { allowsDirectMessages: false });
    playground.clock.advance(TOKEN_LIFE_MS);
    await assert.rejects(
      test.messenger.post(answer, notice, NEVER),
      (error) => error instanceof DeliveryImpossible && error.obstacle === "direct-messages-closed",
    );
    await playground.change(user, { allowsDirectMessages: true });
  });

  it("sends the picture by direct message where its answer was deleted, and leaves the channel alone", async () => {
    const { answer, notice, id } = await drawn();
    await test.messenger.update(answer, { kind: "queued", position: 2, etaSeconds: null }, NEVER);
    const shown = await playground.waitForMessage(
      (message) => message.interaction_metadata?.id === id && textOf(message).includes("Number 2"),
    );
    await playground.deleteMessage(shown, "olivia");
    const before_ = (await cardsIn("general")).length;
    const posted = await test.messenger.post(answer, notice, NEVER);
    assert.equal(posted.where, "direct-message");
    assert.equal((await cardsIn("general")).length, before_);
  });

  it("sends the picture by direct message where the bot was shut out of the channel", async () => {
    const { answer, notice } = await drawn();
    const known = await handedOver(answer);
    playground.clock.advance(TOKEN_LIFE_MS);
    playground.faults.add({
      kind: "error",
      error: { status: 403, code: 50_001, message: "Missing Access" },
      path: `^/channels/${answer.job.channelId}/`,
    });
    const posted = await test.messenger.post(known, notice, NEVER);
    assert.equal(posted.where, "direct-message");
  });

  it("gives up a file that Discord finds too large", async () => {
    const { answer, notice } = await drawn();
    playground.faults.add({
      kind: "error",
      error: { status: 413, code: 40_005, message: "Request entity too large" },
      method: "PATCH",
      count: 1,
    });
    await assert.rejects(
      test.messenger.post(answer, notice, NEVER),
      (error) => error instanceof DeliveryImpossible && error.obstacle === "file-too-large",
    );
  });

  it("asks for another try where Discord is broken, with an error that holds no token", async () => {
    const { answer, notice } = await drawn();
    playground.faults.add({ kind: "server_error", status: 503, applied: false, method: "PATCH" });
    const token = answer.job.place.interaction?.token ?? "none";
    await assert.rejects(
      test.messenger.post(answer, notice, NEVER),
      (error) =>
        error instanceof Error &&
        !(error instanceof DeliveryImpossible) &&
        !inspect(error, { depth: 10 }).includes(token),
    );
    playground.faults.clear();
    assert.equal((await test.messenger.post(answer, notice, NEVER)).where, "interaction");
  });

  it("shows no update after the final notice", async () => {
    const { answer, notice } = await drawn();
    const posted = await test.messenger.post(answer, notice, NEVER);
    const edits = playground.transcript.calls.length;
    await test.messenger.update(answer, { kind: "queued", position: 9, etaSeconds: null }, NEVER);
    assert.equal(playground.transcript.calls.length, edits);
    assert.ok((await cardsIn("general")).some(({ id }) => id === posted.messageId));
  });

  it("mentions the requester, and nobody whom the prompt names, after a long wait", async () => {
    const { answer, notice } = await drawn({
      prompt: `<@${playground.member("morgan")}> @everyone`,
    });
    assert.ok(notice.kind === "finished");
    const posted = await test.messenger.post(answer, { ...notice, mention: true }, NEVER);
    const ping = await playground.waitForMessage(
      ({ message_reference: reference }) => reference?.message_id === posted.messageId,
    );
    assert.deepEqual(
      ping.mentions.map(({ id }) => id),
      [playground.member("ada")],
    );
    const card = (await cardsIn("general")).find(({ id }) => id === posted.messageId);
    assert.deepEqual([card?.mentions, card?.mention_everyone], [[], false]);
  });

  describe("without the bot's token", () => {
    it("posts while the interaction's token lives", async () => {
      const { answer, notice } = await drawn();
      const messenger = tokenLess();
      assert.ok(messenger.canReach(answer));
      assert.equal((await messenger.post(answer, notice, NEVER)).where, "interaction");
    });

    it("cannot reach an answer whose token has died", async () => {
      const { answer } = await drawn();
      playground.clock.advance(TOKEN_LIFE_MS);
      assert.equal(tokenLess().canReach(answer), false);
    });

    it("leaves to a gateway what it finds no way to", async () => {
      const { answer, notice, id } = await drawn();
      await test.messenger.update(answer, { kind: "queued", position: 3, etaSeconds: null }, NEVER);
      const shown = await playground.waitForMessage(
        (message) =>
          message.interaction_metadata?.id === id && textOf(message).includes("Number 3"),
      );
      await playground.deleteMessage(shown, "olivia");
      const messenger = tokenLess();
      await assert.rejects(messenger.post(answer, notice, NEVER), /Only a process with the bot's/);
      assert.equal(messenger.canReach(answer), false);
      assert.ok(test.messenger.canReach(answer));
    });
  });
});
