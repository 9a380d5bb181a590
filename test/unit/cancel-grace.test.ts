import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { CancelGrace } from "../../src/inference/cancel-grace.ts";

describe("CancelGrace", () => {
  it("is half a minute where nothing says that steps are slow", () => {
    const grace = new CancelGrace(1000);
    assert.equal(grace.milliseconds(1000), 30_000);
    grace.step(1500);
    assert.equal(grace.milliseconds(1600), 30_000);
  });

  it("is half as long again as the last step", () => {
    const grace = new CancelGrace(0);
    grace.step(5000);
    grace.step(45_000);
    assert.equal(grace.milliseconds(46_000), 60_000);
  });

  it("follows the step that is under way where that is longer", () => {
    const grace = new CancelGrace(0);
    grace.step(10_000);
    assert.equal(grace.milliseconds(60_000), 75_000);
  });

  it("forgets a slow step after a quick one", () => {
    const grace = new CancelGrace(0);
    grace.step(70_000);
    grace.step(71_000);
    assert.equal(grace.milliseconds(71_000), 30_000);
  });

  it("is no longer than loading the model anew takes", () => {
    const grace = new CancelGrace(0);
    grace.step(1_200_000);
    assert.equal(grace.milliseconds(1_200_000), 120_000);
  });
});
