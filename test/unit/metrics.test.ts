import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Metrics } from "../../src/telemetry/metrics.ts";

describe("the metrics", () => {
  const metrics = new Metrics({ version: "test", role: "all", gpu: "0" });
  let isAway = false;
  const read = <Value>(value: Value) => {
    return async () => {
      if (isAway) throw new Error("no database");
      return value;
    };
  };
  const lines = async (name: string) =>
    (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith(name));

  it("say NaN of a value that nobody knows just now, and its value again afterwards", async () => {
    metrics.gauge({ name: "violations", help: "x" }, read(3));
    assert.deepEqual(await lines("sanabot_violations"), ["sanabot_violations 3"]);
    isAway = true;
    assert.deepEqual(await lines("sanabot_violations"), ["sanabot_violations Nan"]);
    isAway = false;
    assert.deepEqual(await lines("sanabot_violations"), ["sanabot_violations 3"]);
  });

  it("leave values out that a label tells apart and nobody knows just now", async () => {
    metrics.gaugeBy({ name: "jobs", help: "x", label: "state" }, read({ waiting: 2 }));
    assert.deepEqual(await lines("sanabot_jobs{"), ['sanabot_jobs{state="waiting"} 2']);
    isAway = true;
    assert.deepEqual(await lines("sanabot_jobs{"), []);
    isAway = false;
  });
});
