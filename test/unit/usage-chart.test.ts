import assert from "node:assert/strict";
import { describe, it } from "node:test";

import sharp from "sharp";

import {
  CHART_COLOURS,
  type ChartDay,
  drawUsageChart,
  usageChartSvg,
} from "../../src/image/usage-chart.ts";

const WORDS = {
  title: "Usage",
  pictures: "pictures",
  credits: "credits",
  waiting: "wait",
  topUsers: "Top",
  nothing: "Nothing was drawn.",
};
const day = (pictures: number, label = "1.3."): ChartDay => ({
  label,
  pictures,
  credits: pictures / 4,
  medianWait: pictures === 0 ? null : 2,
});

/** Relative luminance and contrast, by WCAG 2.1. */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe("the usage chart", () => {
  it("is a PNG of a width that Discord shows whole, with its own background", async () => {
    const png = await drawUsageChart({ days: [day(3)], users: [], words: WORDS });
    const { format, width, channels } = await sharp(png).metadata();
    assert.deepEqual([format, width], ["png", 1200]);
    const { data, info } = await sharp(png)
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (info.height - 40) * info.width * 4 + 600 * 4;
    assert.deepEqual([...data.subarray(at, at + 4)], [0x1e, 0x1f, 0x26, 255]);
    assert.ok(channels !== undefined);
  });

  it("can be read on its background, in Discord's dark and light theme alike", () => {
    const { background, grid, ...inks } = CHART_COLOURS;
    assert.ok(contrast(grid, background) > 1.2);
    for (const [name, colour] of Object.entries(inks))
      assert.ok(contrast(colour, background) >= 4.5, `${name}: ${contrast(colour, background)}`);
  });

  it("draws a bar for each day with something, as high as its share", () => {
    const svg = usageChartSvg({ days: [day(10), day(0), day(5)], users: [], words: WORDS });
    const heights = [...svg.matchAll(/height="(?<height>[\d.]+)" rx="3" fill="#7aa2ff"/g)].map(
      ({ groups }) => Number(groups?.["height"]),
    );
    assert.equal(heights.length, 2);
    assert.equal(heights[0], 2 * (heights[1] ?? 0));
  });

  it("labels at most ten days, today always", () => {
    const days = Array.from({ length: 90 }, (_, index) => day(1, `d${index}`));
    const svg = usageChartSvg({ days, users: [], words: WORDS });
    const labels = [...svg.matchAll(/>(?<label>d\d+)</g)].map(({ groups }) => groups?.["label"]);
    const first = labels.slice(0, labels.length / 3);
    assert.ok(first.length <= 10, `${first.length}`);
    assert.equal(first.at(-1), "d89");
  });

  it("takes a name for text, whatever is in it", async () => {
    const users = [
      { name: `<script>&"'`, pictures: 1, credits: 1 },
      { name: "a\u0000b\uD800c", pictures: 1, credits: 1 },
      { name: "👩‍👩‍👧‍👦".repeat(40), pictures: 1, credits: 1 },
    ];
    const svg = usageChartSvg({ days: [day(1)], users, words: WORDS });
    assert.ok(svg.includes("&lt;script&gt;&amp;&quot;'"));
    assert.ok(!svg.includes("\u0000"));
    assert.ok(svg.includes("👩‍👩‍👧‍👦…"));
    await drawUsageChart({ days: [day(1)], users, words: WORDS });
  });

  it("says so where nothing was drawn", () => {
    const svg = usageChartSvg({ days: [day(0)], users: [], words: WORDS });
    assert.ok(svg.includes("Nothing was drawn."));
    assert.ok(!svg.includes("NaN"));
  });
});
