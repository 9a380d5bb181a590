import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { createLogger } from "../../src/log.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import type { Failpoint } from "../../src/telemetry/failpoint.ts";
import { checkCrashes } from "../support/crash-check.ts";
import { TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

/** Everywhere between command and posted picture, in this order. */
const PLACES: readonly Failpoint[] = [
  "after_accept",
  "after_claim",
  "mid_inference",
  "before_settle",
  "after_settle",
  "before_post",
  "after_post",
];

describe("a program that is killed", () => {
  let playground: TestPlayground;
  let program: Program;

  before(async () => {
    playground = await TestPlayground.start();
    program = await Program.start({ environment: environment() });
  });
  after(async () => {
    await program.remove();
    await playground.close();
  });

  function environment(failpoint?: string): Record<string, string> {
    return {
      DISCORD_TOKEN: playground.token,
      DISCORD_API_BASE: playground.apiBase,
      ...(failpoint === undefined ? {} : { FAILPOINT: failpoint }),
    };
  }

  async function restart(failpoint?: string): Promise<void> {
    await program.kill();
    program = await Program.start({
      environment: environment(failpoint),
      dataDir: program.dataDir,
    });
  }

  for (const place of PLACES) {
    it(`at ${place} posts its picture once after the next start`, async () => {
      await restart(place);
      const asked = await playground.slash("imagine", {
        prompt: `a star ${place.replaceAll("_", " ")}`,
        steps: 1,
      });
      await program.ended();
      await restart();
      const card = await asked.answer((message) => /Seed/.test(textOf(message)));
      assert.match(textOf(card), new RegExp(place.replaceAll("_", " ")));
    });
  }

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
