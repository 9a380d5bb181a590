import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

import { CustomIds, longId, shortId } from "../../src/discord/custom-id.ts";

const IDS = new CustomIds(Buffer.alloc(32, 1));
const TARGET = { action: "vary-strong", id: shortId(randomUUID()), index: 3 };

describe("custom ids", () => {
  it("come back as they were written, within Discord's 100 characters", () => {
    const written = IDS.write(TARGET);
    assert.match(written, /^v1:vary-strong:[\w-]{22}:3:[\w-]{10}$/);
    assert.ok(written.length <= 100);
    assert.deepEqual(IDS.read(written), TARGET);
  });

  it("are refused where anything of them was changed", () => {
    const written = IDS.write(TARGET);
    const other = shortId(randomUUID());
    for (const forged of [
      written.replace("strong", "subtle"),
      written.replace(TARGET.id, other),
      written.replace(":3:", ":2:"),
      written.replace(/^v1/, "v2"),
      `${written}x`,
      written.slice(0, -1),
      "",
      "MJ::JOB::upsample::1::abc",
    ])
      assert.equal(IDS.read(forged), null, forged);
  });

  it("are refused where another key has signed them", () => {
    const other = new CustomIds(Buffer.alloc(32, 2));
    assert.equal(IDS.read(other.write(TARGET)), null);
  });

  it("cannot be written beyond what Discord takes, or with a colon inside", () => {
    assert.throws(() => IDS.write({ ...TARGET, id: "a".repeat(90) }), RangeError);
    assert.throws(() => IDS.write({ ...TARGET, id: "a:b" }), RangeError);
    assert.throws(() => IDS.write({ ...TARGET, index: -1 }), RangeError);
  });

  it("hold a UUID in 22 characters", () => {
    for (let round = 0; round < 100; round += 1) {
      const uuid = randomUUID();
      assert.equal(shortId(uuid).length, 22);
      assert.equal(longId(shortId(uuid)), uuid);
    }
  });
});
