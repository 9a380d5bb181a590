import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import type { OpenDatabase } from "../../src/db/open-database.ts";
import { leaveAlert, takeAlerts } from "../../src/main/left-alerts.ts";
import { DATABASES } from "../support/databases.ts";

for (const { name, open } of DATABASES)
  describe(`what workers leave for the bot's owner on ${name}`, () => {
    let database: OpenDatabase;

    before(async () => {
      database = await open();
    });
    after(() => database.close());

    it("is taken once, also by several gateways at the same time", async () => {
      const { db } = database;
      assert.deepEqual(await takeAlerts(db), []);
      await leaveAlert(db, "gpu-1: a disk is full");
      await leaveAlert(db, "gpu-2: it crashed");
      const taken = await Promise.all([takeAlerts(db), takeAlerts(db), takeAlerts(db)]);
      assert.deepEqual(taken.flat().sort(), ["gpu-1: a disk is full", "gpu-2: it crashed"]);
      assert.deepEqual(await takeAlerts(db), []);
    });
  });
