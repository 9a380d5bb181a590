import { existsSync } from "node:fs";
import { platform } from "node:os";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Where distributions put it; `CHROMIUM_PATH` names another. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
] as const;

/** How long a test waits for something to show, in ms, before it fails. */
const DEADLINE_MS = 15_000;

function chromiumPath(): string | null {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen !== undefined && chosen !== "") return chosen;
  return PLACES.find((path) => existsSync(path)) ?? null;
}

/** Why a browser test cannot run here, or false. */
export const noBrowser: string | false =
  chromiumPath() === null
    ? "there is no Chromium here; install Debian's package chromium, or set CHROMIUM_PATH"
    : false;

export async function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error(String(noBrowser));
  // As root, as in most containers, its sandbox does not start; the pages are the project's own.
  const args = platform() === "linux" ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

/** A page that notes what went wrong in it and what it asked of which server. */
export interface WatchedPage {
  page: Page;
  /** Errors and warnings of its console, blocked loads included. */
  complaints: string[];
  /** Origins of all requests. */
  origins: Set<string>;
}

export async function openPage(
  browser: Browser,
  { url, ...options }: BrowserContextOptions & { url: string },
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: "dark",
    locale: "en-US",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http")) origins.add(origin);
  });
  await page.goto(url);
  return { page, complaints, origins };
}
