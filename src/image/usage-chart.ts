import sharp from "sharp";

/** One day of a chart. */
export interface ChartDay {
  /** As it stands under the bar. */
  readonly label: string;
  readonly pictures: number;
  readonly credits: number;
  /** Seconds from request to start; null on a day without a picture. */
  readonly medianWait: number | null;
}

interface ChartUser {
  readonly name: string;
  readonly pictures: number;
  readonly credits: number;
}

/** The words on a chart, in the reader's language. */
interface ChartWords {
  readonly title: string;
  readonly pictures: string;
  readonly credits: string;
  readonly waiting: string;
  readonly topUsers: string;
  readonly nothing: string;
}

export interface UsageChart {
  /** The oldest first. */
  readonly days: readonly ChartDay[];
  /** Who used most first. */
  readonly users: readonly ChartUser[];
  readonly words: ChartWords;
}

const WIDTH = 1200;
const MARGIN = 48;
const HEADER = 96;
const PANEL_HEIGHT = 190;
const PANEL_GAP = 56;
const USER_ROW = 40;
const MAX_USERS = 10;
/** Day labels that fit under the bars. */
const MAX_LABELS = 10;

/**
 * The panel brings its own background, so that it reads alike in Discord's dark and light themes. Each pair with the
 * background has a contrast of at least 4.5 to 1 (WCAG AA), and the two series differ in lightness as well as hue.
 */
export const CHART_COLOURS = {
  background: "#1e1f26",
  text: "#f2f3f5",
  quiet: "#b5bac1",
  grid: "#3a3d47",
  pictures: "#7aa2ff",
  credits: "#ffb454",
  waiting: "#5fd38d",
} as const;

/** What a server has drawn, as a PNG: pictures, credits and waiting times by day, and who used most. */
export async function drawUsageChart(chart: UsageChart): Promise<Uint8Array> {
  return sharp(Buffer.from(usageChartSvg(chart)))
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}

/** The chart before it is rasterized. */
export function usageChartSvg({ days, users, words }: UsageChart): string {
  const shown = users.slice(0, MAX_USERS);
  const panels = [
    panel(0, days, {
      name: words.pictures,
      colour: CHART_COLOURS.pictures,
      of: (day) => day.pictures,
    }),
    panel(1, days, {
      name: words.credits,
      colour: CHART_COLOURS.credits,
      of: (day) => day.credits,
    }),
    panel(2, days, {
      name: words.waiting,
      colour: CHART_COLOURS.waiting,
      of: (day) => day.medianWait ?? 0,
    }),
  ];
  const usersTop = HEADER + 3 * (PANEL_HEIGHT + PANEL_GAP) + 16;
  const height = usersTop + 48 + Math.max(1, shown.length) * USER_ROW + MARGIN / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans, Noto Sans, Noto Sans CJK JP, Arial, sans-serif">`,
    `<rect width="100%" height="100%" rx="16" fill="${CHART_COLOURS.background}"/>`,
    label(words.title, { x: MARGIN, y: 60, size: 34, colour: CHART_COLOURS.text, weight: 700 }),
    ...panels,
    userTable(shown, words, usersTop),
    "</svg>",
  ].join("\n");
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly of: (day: ChartDay) => number;
}

function panel(index: number, days: readonly ChartDay[], { name, colour, of }: Series): string {
  const top = HEADER + index * (PANEL_HEIGHT + PANEL_GAP);
  const base = top + PANEL_HEIGHT;
  const values = days.map(of);
  const max = niceCeiling(Math.max(0, ...values));
  const [left, right] = [MARGIN + 72, WIDTH - MARGIN];
  const slot = (right - left) / Math.max(1, days.length);
  const barWidth = Math.max(2, Math.min(56, slot * 0.7));
  const heightOf = (value: number): number => (value / max) * (PANEL_HEIGHT - 44);
  const grid = [0, 0.5, 1].map((part) => {
    const y = base - part * (PANEL_HEIGHT - 44);
    return [
      `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="${CHART_COLOURS.grid}" stroke-width="1"/>`,
      label(compact(part * max), {
        x: left - 12,
        y: y + 6,
        size: 18,
        colour: CHART_COLOURS.quiet,
        anchor: "end",
      }),
    ].join("");
  });
  const bars = values.map((value, day) => {
    const height = heightOf(value);
    const x = left + day * slot + (slot - barWidth) / 2;
    return height === 0
      ? ""
      : `<rect x="${round(x)}" y="${round(base - height)}" width="${round(barWidth)}" height="${round(height)}" rx="3" fill="${colour}"/>`;
  });
  const every = Math.ceil(days.length / MAX_LABELS);
  const labels = days.map((day, at) =>
    // Counted from the end, so that today has a label.
    (days.length - 1 - at) % every === 0
      ? label(day.label, {
          x: left + (at + 0.5) * slot,
          y: base + 26,
          size: 17,
          colour: CHART_COLOURS.quiet,
          anchor: "middle",
        })
      : "",
  );
  const title = `<rect x="${MARGIN}" y="${top + 4}" width="18" height="18" rx="4" fill="${colour}"/>${label(name, { x: MARGIN + 30, y: top + 20, size: 21, colour: CHART_COLOURS.text, weight: 600 })}`;
  return [title, ...grid, ...bars, ...labels].join("\n");
}

function userTable(users: readonly ChartUser[], words: ChartWords, top: number): string {
  const title = label(words.topUsers, {
    x: MARGIN,
    y: top + 20,
    size: 21,
    colour: CHART_COLOURS.text,
    weight: 600,
  });
  if (users.length === 0)
    return (
      title +
      label(words.nothing, { x: MARGIN, y: top + 62, size: 20, colour: CHART_COLOURS.quiet })
    );
  const max = Math.max(...users.map(({ credits }) => credits), 1e-9);
  const [left, right] = [MARGIN + 300, WIDTH - MARGIN - 300];
  const rows = users.map(({ name, pictures, credits }, index) => {
    const y = top + 62 + index * USER_ROW;
    const width = Math.max(3, (credits / max) * (right - left));
    return [
      label(shortened(name), { x: MARGIN, y, size: 20, colour: CHART_COLOURS.text }),
      `<rect x="${left}" y="${y - 17}" width="${round(width)}" height="20" rx="4" fill="${CHART_COLOURS.credits}"/>`,
      label(`${words.credits}: ${compact(credits)} · ${words.pictures}: ${compact(pictures)}`, {
        x: WIDTH - MARGIN,
        y,
        size: 18,
        colour: CHART_COLOURS.quiet,
        anchor: "end",
      }),
    ].join("");
  });
  return [title, ...rows].join("\n");
}

interface LabelStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly colour: string;
  readonly anchor?: "middle" | "end";
  readonly weight?: number;
}

function label(text: string, { x, y, size, colour, anchor, weight }: LabelStyle): string {
  const anchored = anchor === undefined ? "" : ` text-anchor="${anchor}"`;
  const weighted = weight === undefined ? "" : ` font-weight="${weight}"`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}"${anchored}${weighted}>${escapeXml(text)}</text>`;
}

/** Names come from people: nothing in them is markup, and what XML cannot hold is left out. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const MAX_NAME = 24;

function shortened(name: string): string {
  const letters = [...new Intl.Segmenter().segment(name)].map(({ segment }) => segment);
  return letters.length <= MAX_NAME ? name : `${letters.slice(0, MAX_NAME - 1).join("")}…`;
}

/** The next 1, 2, 5 or 10 times a power of ten: an axis that reads well. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((candidate) => value <= candidate * power) ?? 10;
  return step * power;
}

const compactNumber = new Intl.NumberFormat("en", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

function compact(value: number): string {
  return compactNumber.format(value);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
