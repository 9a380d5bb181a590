import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { describe, it } from "node:test";

import { WakeCalls } from "../../src/queue/wake-calls.ts";

const NEVER = new AbortController().signal;

/** Whether a wait ends within its own turn, long before the next poll. */
async function endsAtOnce(waiting: Promise<void>): Promise<boolean> {
  return Promise.race([waiting.then(() => true), setTimeout(50, false)]);
}

describe("calls that wake loops", () => {
  it("end one wait that comes after them, even of a loop that does not look again", async () => {
    const calls = new WakeCalls();
    calls.look("gpu");
    calls.call();
    assert.ok(await endsAtOnce(calls.wait("gpu", NEVER)));
    assert.ok(!(await endsAtOnce(calls.wait("gpu", NEVER))));
    calls.close();
  });

  it("keep no loop awake because of another kind that is busy", async () => {
    const calls = new WakeCalls();
    calls.look("delivery.token");
    calls.call();
    calls.look("delivery.bot");
    assert.ok(!(await endsAtOnce(calls.wait("delivery.bot", NEVER))));
    assert.ok(await endsAtOnce(calls.wait("delivery.token", NEVER)));
    calls.close();
  });

  it("wake every loop that waits", async () => {
    const calls = new WakeCalls();
    const waiting = [calls.wait("a", NEVER), calls.wait("b", NEVER)];
    calls.call();
    assert.deepEqual(await Promise.all(waiting.map(endsAtOnce)), [true, true]);
  });
});
