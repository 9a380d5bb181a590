import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { createLogger } from "../../src/log.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import type { Failpoint } from "../../src/telemetry/failpoint.ts";
import { checkCrashes } from "../support/crash-check.ts";
import { TestPlayground, textOf } from "../support/playground.ts";
import { childrenOf } from "../support/child-processes.ts";
import { Program } from "../support/program.ts";
import { until } from "../support/until.ts";

/**
 * Everywhere between command and posted picture, in this order, and how often a program that was started to make good the
 * kill before passes there on its own account: it is to be killed the next time.
 */
const PLACES: readonly (readonly [Failpoint, number])[] = [
  ["after_accept", 0],
  ["after_claim", 1],
  ["mid_inference", 2],
  ["before_settle", 1],
  ["after_settle", 1],
  ["before_post", 1],
  ["after_post", 1],
];

describe("a program that is killed", () => {
  let playground: TestPlayground;
  let program: Program;

  before(async () => {
    playground = await TestPlayground.start();
    program = await Program.start({ environment: environment(0) });
  });
  after(async () => {
    await program.remove();
    await playground.close();
  });

  /** To be killed at the place of this number; none beyond the last. */
  function environment(index: number): Record<string, string> {
    const [place, passes] = PLACES[index] ?? ["none", 0];
    return {
      DISCORD_TOKEN: playground.token,
      DISCORD_API_BASE: playground.apiBase,
      FAILPOINT: `${place}:${passes + 1}`,
    };
  }

  for (const [index, [place]] of PLACES.entries()) {
    it(`at ${place} posts its picture once after the next start`, async () => {
      const words = place.replaceAll("_", " ");
      const asked = await playground.slash("imagine", { prompt: `a star ${words}`, steps: 1 });
      await program.ended();
      const { dataDir } = program;
      program = await Program.start({ environment: environment(index + 1), dataDir });
      const card = await asked.answer((message) => /Seed/.test(textOf(message)));
      assert.match(textOf(card), new RegExp(words));
    });
  }

  it("at its start in its inference process begins another, and is ready", async () => {
    await program.stop();
    const { dataDir } = program;
    program = await Program.launch({ environment: environment(PLACES.length), dataDir });
    const child = await until(() => childrenOf(program.pid)[0]);
    process.kill(child, "SIGKILL");
    await program.waitForOutput(/^The bot is ready/m);
  });

  it("has lost nothing, posted nothing twice and charged for what it posted", async () => {
    await program.stop();
    const { db, close } = await openPglite(join(program.dataDir, "db"), {
      log: createLogger("error"),
      onStuck: () => assert.fail("the database is stuck"),
    });
    const { jobs, done, ...faults } = await checkCrashes(db, playground.transcript.messages);
    await close();
    assert.equal(jobs, PLACES.length);
    assert.equal(done, PLACES.length);
    for (const [fault, count] of Object.entries(faults)) assert.equal(count, 0, fault);
  });
});
