import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { createLogger } from "../../src/log.ts";
import { OwnerAlerts } from "../../src/main/owner-alerts.ts";

const MINUTE_MS = 60_000;
const GIB = 2 ** 30;

describe("what the bot's owner is told", () => {
  let alerts: OwnerAlerts;
  let told: string[];

  beforeEach(() => {
    told = [];
    alerts = new OwnerAlerts(createLogger("silent"));
    alerts.tellBy(
      async (alert) => void told.push(alert.kind === "trouble" ? alert.text : alert.id),
    );
  });

  it("is of three crashes in ten minutes, and what may help against their cause", () => {
    for (const minute of [0, 1, 2]) alerts.crashed("killed", minute * MINUTE_MS);
    const [text = ""] = told;
    assert.match(text, /^The inference process crashed 3 times in ten minutes \(killed\)\./);
    assert.match(text, /MEMORY=sequential/);
  });

  it("is of no crashes that are far apart", () => {
    for (const minute of [0, 6, 12, 18]) alerts.crashed("exit", minute * MINUTE_MS);
    assert.deepEqual(told, []);
  });

  it("is of a disk that is nearly full, and of no other", async () => {
    await alerts.checkDisk("/data", async () => 3 * GIB);
    assert.deepEqual(told, []);
    await alerts.checkDisk("/data", async () => GIB / 2);
    assert.deepEqual(told, [
      "Only 512 MiB are free on the disk of /data. Make room before the database stops.",
    ]);
  });

  it("is of a backup that failed, whose failure stays one", async () => {
    const failed = alerts.watchBackup(Promise.reject(new Error("no space left")));
    await assert.rejects(failed, /no space left/);
    assert.deepEqual(told, ["The nightly backup failed: no space left"]);
    await alerts.watchBackup(Promise.resolve("file"));
    assert.equal(told.length, 1);
  });

  it("is told once a day of the same trouble, and of another at once", async () => {
    for (let n = 0; n < 3; n += 1) await alerts.checkDisk("/data", async () => 0);
    assert.equal(told.length, 1);
    await assert.rejects(alerts.watchBackup(Promise.reject(new Error("broken"))));
    assert.equal(told.length, 2);
  });
});
