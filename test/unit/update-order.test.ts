import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { UpdateOrder } from "../../src/discord/update-order.ts";

const NEVER = new AbortController().signal;

/** An update that ends when it is told to. */
function slowUpdate(order: UpdateOrder, log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = order.update("job", NEVER, async () => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  });
  return { finish: resolve, ended };
}

describe("the order of an answer's edits", () => {
  it("drops those that a newer one overtakes before they are sent", async () => {
    const order = new UpdateOrder();
    const log: string[] = [];
    const first = slowUpdate(order, log, "first");
    const second = slowUpdate(order, log, "second");
    const third = slowUpdate(order, log, "third");
    first.finish();
    third.finish();
    await Promise.all([first.ended, second.ended, third.ended]);
    assert.deepEqual(log, ["first begins", "first ends", "third begins", "third ends"]);
  });

  it("lets the final one wait for what is on its way, and drops what comes later", async () => {
    const order = new UpdateOrder();
    const log: string[] = [];
    const first = slowUpdate(order, log, "first");
    const waiting = slowUpdate(order, log, "waiting");
    const final = order.finish("job").then(() => log.push("final"));
    first.finish();
    await Promise.all([final, waiting.ended]);
    await slowUpdate(order, log, "late").ended;
    assert.deepEqual(log, ["first begins", "first ends", "final"]);
  });

  it("aborts what takes too long, such as an edit that waits for a rate limit", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const order = new UpdateOrder();
    const stuck = order.update(
      "job",
      NEVER,
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    );
    const final = order.finish("job");
    context.mock.timers.tick(2000);
    await final;
    await assert.rejects(stuck, /aborted/);
  });

  it("keeps different answers apart", async () => {
    const order = new UpdateOrder();
    await order.finish("other");
    const log: string[] = [];
    const update = slowUpdate(order, log, "job");
    update.finish();
    await update.ended;
    assert.deepEqual(log, ["job begins", "job ends"]);
  });
});
