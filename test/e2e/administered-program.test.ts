import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { type APIMessage, ComponentType } from "discord-api-types/v10";

import { controls, type Scene, TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

const AS_OLIVIA = { as: "olivia" };
/** By QUEUE.md section 8; each with the program's prefix. */
const METRICS = [
  "jobs_accepted_total",
  "jobs_finished_total",
  "job_attempts_total",
  "job_wait_seconds",
  "job_run_seconds",
  "job_deliver_seconds",
  "queue_jobs",
  "queue_oldest_seconds",
  "fair_wait_ratio",
  "gpu_busy_seconds_total",
  "gpu_memory_bytes",
  "worker_restarts_total",
  "dead_letters_total",
  "quota_reservations_total",
  "quota_held_credits",
  "quota_invariant_violations",
  "discord_requests_total",
  "discord_rate_limited_seconds_total",
  "shards_ready",
  "gateway_latency_seconds",
  "db_query_seconds",
  "db_pool_waiting",
  "build_info",
];

/** What admins and the owner say holds in the whole program: the real process, the embedded model, PGlite. */
describe("the program under its administration", () => {
  let playground: TestPlayground;
  let program: Program;

  before(async () => {
    playground = await TestPlayground.start();
    program = await Program.start({
      environment: {
        DISCORD_TOKEN: playground.token,
        DISCORD_API_BASE: playground.apiBase,
        LOG_LEVEL: "debug",
      },
    });
  });
  after(async () => {
    // Also where the program did not start: an open server would keep this process alive.
    try {
      await program.stop();
      await program.remove();
    } finally {
      await playground.close();
    }
  });

  async function told(
    command: string,
    options: Record<string, string | number | boolean> = {},
    scene: Scene = AS_OLIVIA,
  ): Promise<string> {
    const begun = await playground.slash(command, options, scene);
    return textOf(await begun.answer());
  }

  const imagine = (options: Record<string, string | number | boolean>, scene: Scene = {}) =>
    playground.slash("imagine", { steps: 2, seed: 1, ...options }, scene);
  const isFinished = (message: APIMessage): boolean => textOf(message).includes("Seed 1");
  const refusal = async (prompt: string, scene: Scene = {}): Promise<string> =>
    textOf(await (await imagine({ prompt }, scene)).answer());

  /** The owner's direct message about a server that waits. */
  const askedOwner = () =>
    playground.waitForMessage(
      (message) =>
        message.channel_id === playground.channel("dm", "olivia") &&
        textOf(message).includes("waits for your approval"),
    );

  it("serves a server of somebody else's only when the owner has approved it", async () => {
    const inStudio = { as: "ada", in: "lobby" };
    assert.match(await refusal("a red apple", inStudio), /waits for the approval/);
    const asked = await askedOwner();
    assert.match(textOf(asked), /\*\*Ada's studio\*\* .* waits for your approval/);
    const pressed = await playground.click(asked, "Approve", { ...AS_OLIVIA, in: "dm" });
    await pressed.acknowledged();
    await playground.waitForMessage(
      (message) => message.id === asked.id && textOf(message).includes("is served from now on"),
    );
    const begun = await imagine({ prompt: "a red apple" }, inStudio);
    await begun.answer(isFinished);
  });

  it("lets nobody draw beyond a limit, says when it renews, and draws again with granted credits", async () => {
    await told("admin quota set", { period: "day", credits: 0, "each-member": true });
    const refused = await refusal("a red apple");
    assert.match(refused, /your limit here for today\. It renews <t:\d+:R>\. Nothing fits/);
    await told("admin quota grant", { credits: 1, user: playground.member("ada") });
    const begun = await imagine({ prompt: "a red apple" });
    await begun.answer(isFinished);
    const shown = await told("admin quota show", { user: playground.member("ada") });
    assert.match(shown, /On top: 0\.\d+ credits/);
    await told("admin quota set", { period: "day", "no-limit": true, "each-member": true });
  });

  it("refuses words of the server's list, in prompts and in styles", async () => {
    await told("admin words add", { text: "banana" });
    assert.match(await refusal("a BÄNANA"), /not allowed here: “banana”/);
    await told("admin words remove", { text: "banana" });
  });

  it("keeps a blocked member out, and tells them why", async () => {
    await told("mod block", { user: playground.member("nova"), duration: 60, reason: "spam" });
    assert.match(await refusal("a red apple", { as: "nova" }), /cannot use the bot.*Reason: spam/s);
  });

  it("draws nothing while paused, and says until when", async () => {
    await told("owner pause", { minutes: 30 });
    assert.match(await refusal("a red apple"), /paused by its owner\. It resumes <t:\d+:R>/);
    await told("owner resume");
    await told("admin queue pause");
    assert.match(await refusal("a red apple"), /An admin of this server has paused/);
    await told("admin queue resume");
  });

  it("says in the queue that the server's admins take no new requests", async () => {
    await told("admin queue pause");
    assert.match(await told("queue"), /admins of this server take no new requests/);
    await told("admin queue resume");
    assert.doesNotMatch(await told("queue"), /take no new requests/);
  });

  it("shows moderators a private picture in their log channel", async () => {
    const panel = await (await playground.slash("admin settings", {}, AS_OLIVIA)).answer();
    const chooser = [...controls(panel.components)].find(
      ({ type }) => type === ComponentType.ChannelSelect,
    );
    const values = [playground.channel("art")];
    const control = String(chooser?.["custom_id"]);
    await (await playground.select(panel, { control, values }, AS_OLIVIA)).acknowledged();
    const begun = await imagine({ prompt: "a red apple", private: true });
    await begun.answer(isFinished);
    const note = await playground.waitForMessage(
      (message) =>
        message.channel_id === playground.channel("art") &&
        textOf(message).includes("Private picture"),
    );
    assert.match(textOf(note), /a red apple/);
    assert.ok(
      [...controls(note.components)].some(({ type }) => type === ComponentType.MediaGallery),
    );
  });

  it("adds up what was drawn", async () => {
    assert.match(await told("admin usage", { days: 1 }), /[23] pictures/);
    assert.match(await told("admin audit"), /`quota.grant`/);
  });

  it("counts what it does by the agreed names, and finds its accounts right", async () => {
    const [, address] = await program.waitForOutput(/^Status: (\S+)$/m);
    const page = await (await fetch(`${address}/metrics`)).text();
    for (const name of METRICS) assert.match(page, new RegExp(`^# TYPE sanabot_${name} `, "m"));
    const value = (name: string): number =>
      Number(page.split(`\nsanabot_${name} `)[1]?.split("\n")[0]);
    assert.equal(value("quota_invariant_violations"), 0);
    assert.equal(value("quota_held_credits"), 0);
    assert.equal(value("shards_ready"), 1);
    assert.equal(value("job_wait_seconds_count"), value(`job_attempts_total{reason="first"}`));
    assert.equal(value(`queue_jobs{state="waiting"}`), 0);
    assert.equal(value("fair_wait_ratio"), 1);
    assert.ok(value("db_query_seconds_count") > 100);
    const answers = `discord_requests_total{route="POST /interactions/:id/:token/callback",code="204"}`;
    assert.ok(value(answers) > 10);
  });

  it("logs jobs and interactions by their ids, and no token, also where Discord fails", async () => {
    const path = "^/webhooks/";
    const count = 8;
    playground.faults.add({ kind: "server_error", status: 502, applied: false, path, count });
    const begun = await imagine({ prompt: "a blue pear" });
    await begun.answer(isFinished);
    await program.waitForOutput(/delivery is tried again|an update was not shown/);
    const parts = playground.transcript.calls.flatMap((call) => call.path.split("/"));
    const tokens = new Set(parts.filter((part) => part.length > 60));
    assert.ok(tokens.size > 10);
    for (const token of [playground.token, ...tokens]) assert.ok(!program.output.includes(token));
    assert.match(
      program.output,
      new RegExp(`"jobId":"[0-9a-f-]{36}".*"interactionId":"${begun.id}"`),
    );
  });
});
