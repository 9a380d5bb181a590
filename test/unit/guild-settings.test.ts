import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  changedGuildSettings,
  DEFAULT_GUILD_SETTINGS,
  isTimeZone,
  parseGuildSettings,
} from "../../src/generation/policy/guild-settings.ts";
import {
  DEFAULT_OWNER_SETTINGS,
  type OwnerSettings,
  parseOwnerSettings,
  pauseAt,
} from "../../src/generation/policy/owner-settings.ts";
import { Refusal } from "../../src/generation/refusal.ts";

describe("a server's settings", () => {
  it("have a default for everything", () => {
    assert.deepEqual(parseGuildSettings({}), DEFAULT_GUILD_SETTINGS);
    assert.deepEqual(parseGuildSettings(null), DEFAULT_GUILD_SETTINGS);
  });

  it("keep what is understood when a part is not", () => {
    const read = parseGuildSettings({ maxSize: 1024, buttonsFor: "nobody", unknown: 1 });
    assert.equal(read.maxSize, 1024);
    assert.equal(read.buttonsFor, DEFAULT_GUILD_SETTINGS.buttonsFor);
  });

  it("survive a round through JSON", () => {
    const changed = changedGuildSettings(DEFAULT_GUILD_SETTINGS, { timeZone: "Europe/Berlin" });
    assert.deepEqual(parseGuildSettings(JSON.parse(JSON.stringify(changed))), changed);
  });

  const bad = [
    { timeZone: "Mars/Olympus" },
    { subtleStrength: 0 },
    { strongStrength: 1.5 },
    { maxSize: 100 },
    { maxWaitingPerUser: 0 },
    { minAccountAgeDays: -1 },
    { logChannelId: "general" },
    { retention: { latentsDays: 0, originalsDays: 1, historyDays: 1 } },
  ];
  for (const change of bad) {
    it(`refuse ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => changedGuildSettings(DEFAULT_GUILD_SETTINGS, change),
        (error) =>
          error instanceof Refusal &&
          error.key === "refusal.setting" &&
          String(error.parameters["name"]).startsWith(Object.keys(change)[0] ?? "?"),
      );
    });
  }

  it("know time zones by the IANA database", () => {
    assert.equal(isTimeZone("Asia/Tokyo"), true);
    assert.equal(isTimeZone("Nowhere"), false);
    assert.equal(isTimeZone(""), false);
  });
});

describe("the owner's pause", () => {
  const settings = (change: Partial<OwnerSettings>): OwnerSettings => ({
    ...DEFAULT_OWNER_SETTINGS,
    ...change,
  });
  const at = (time: string): Date => new Date(`2026-03-10T${time}:00Z`);

  it("is off by default", () => {
    assert.equal(pauseAt(DEFAULT_OWNER_SETTINGS, at("12:00")), null);
  });

  it("lasts until its end, and no longer", () => {
    const paused = settings({ paused: { until: at("14:00") } });
    assert.deepEqual(pauseAt(paused, at("13:59")), { reason: "owner", until: at("14:00") });
    assert.equal(pauseAt(paused, at("14:00")), null);
  });

  it("has no known end where the owner gave none", () => {
    const pause = pauseAt(settings({ paused: { until: null } }), at("12:00"));
    assert.deepEqual(pause, { reason: "owner", until: null });
  });

  it("keeps its end through the database's JSON", () => {
    const stored = JSON.parse(JSON.stringify({ paused: { until: at("14:00") } }));
    assert.deepEqual(parseOwnerSettings(stored).paused?.until, at("14:00"));
  });

  const quiet = settings({ quietHours: { from: "22:00", to: "07:30", timeZone: "Europe/Berlin" } });
  it("is quiet over midnight in the owner's time zone", () => {
    // In March, Berlin is an hour ahead.
    assert.equal(pauseAt(quiet, at("20:59")), null);
    assert.deepEqual(pauseAt(quiet, at("21:00")), {
      reason: "quiet-hours",
      until: new Date("2026-03-11T06:30:00Z"),
    });
    assert.deepEqual(pauseAt(quiet, at("06:29"))?.until, at("06:30"));
    assert.equal(pauseAt(quiet, at("06:30")), null);
  });

  it("is quiet within a day", () => {
    const lunch = settings({ quietHours: { from: "12:00", to: "13:00", timeZone: "UTC" } });
    assert.equal(pauseAt(lunch, at("11:59")), null);
    assert.equal(pauseAt(lunch, at("12:30"))?.reason, "quiet-hours");
    assert.equal(pauseAt(lunch, at("13:00")), null);
  });

  it("is never quiet where it would begin and end at once", () => {
    const none = settings({ quietHours: { from: "12:00", to: "12:00", timeZone: "UTC" } });
    assert.equal(pauseAt(none, at("12:00")), null);
  });
});
