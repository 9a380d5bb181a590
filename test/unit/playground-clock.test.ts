import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Clock } from "../../src/playground/world/clock.ts";
import {
  SnowflakeSource,
  snowflakeAt,
  snowflakeTime,
} from "../../src/playground/world/snowflake.ts";

describe("the playground's clock", () => {
  it("rings alarms that are due when it is advanced, the earliest first, and each once", () => {
    const clock = new Clock();
    clock.freeze();
    const rung: string[] = [];
    const now = clock.now();
    clock.at(now + 2000, () => rung.push("second"));
    clock.at(now + 1000, () => rung.push("first"));
    const cancel = clock.at(now + 1500, () => rung.push("cancelled"));
    cancel();
    clock.advance(1999);
    assert.deepEqual(rung, ["first"]);
    clock.advance(1);
    clock.advance(10_000);
    assert.deepEqual(rung, ["first", "second"]);
  });

  it("rings by itself when it runs", async () => {
    const clock = new Clock();
    await new Promise<void>((resolve) => {
      clock.at(clock.now() + 10, resolve);
      // The alarm alone does not keep a process alive.
      setTimeout(() => undefined, 1000);
    });
  });

  it("goes on from where it stood", () => {
    const clock = new Clock();
    clock.freeze();
    clock.advance(3_600_000);
    const stood = clock.now();
    clock.thaw();
    assert.ok(clock.now() - stood < 1000);
    assert.ok(clock.offsetMs > 3_590_000);
    assert.throws(() => clock.advance(-1), /only goes forward/);
  });
});

describe("the playground's ids", () => {
  it("grow, also within a millisecond and after the clock went back", () => {
    const clock = new Clock();
    clock.freeze();
    const last = snowflakeAt(clock.now() + 60_000);
    const ids = new SnowflakeSource(clock, last);
    const made = Array.from({ length: 10_000 }, () => BigInt(ids.next()));
    assert.ok(made.every((id, n) => id > (made[n - 1] ?? BigInt(last))));
  });

  it("say when they were made", () => {
    assert.equal(snowflakeTime("175928847299117063"), Date.parse("2016-04-30T11:18:25.796Z"));
    assert.equal(snowflakeTime(snowflakeAt(1_700_000_000_000)), 1_700_000_000_000);
  });
});
