import assert from "node:assert/strict";

import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

import { launchBrowser, openPage, type WatchedPage } from "./browser.ts";
import { PageBot } from "./page-bot.ts";
import { TestPlayground } from "./playground.ts";

/** Older than Discord's patience with a bot that says nothing, in ms. */
const PAST_DEADLINE_MS = 3100;

/** Who looks at which channel: names as in `default-world.ts`. */
interface Place extends BrowserContextOptions {
  as?: string;
  in?: string;
}

/** A playground, a bot that answers by itself, and a browser that looks at them. */
export class PageTrial {
  readonly playground: TestPlayground;
  readonly bot: PageBot;
  readonly #browser: Browser;
  #opened: WatchedPage[] = [];

  private constructor(playground: TestPlayground, parts: { bot: PageBot; browser: Browser }) {
    this.playground = playground;
    this.bot = parts.bot;
    this.#browser = parts.browser;
  }

  static async start(): Promise<PageTrial> {
    // Deadlines come when a test says so, however busy the machine is.
    const playground = await TestPlayground.start({ frozen: true });
    const bot = await PageBot.start(await playground.connect());
    return new PageTrial(playground, { bot, browser: await launchBrowser() });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.playground.close();
  }

  /** Closes the pages of a test. @throws {AssertionError} when one complained or asked another server for something */
  async endTest(): Promise<void> {
    this.bot.finish();
    const complaints = this.#opened.flatMap((watched) => watched.complaints);
    const origins = new Set(this.#opened.flatMap((watched) => [...watched.origins]));
    await Promise.all(this.#opened.map(async ({ page }) => page.context().close()));
    this.#opened = [];
    assert.deepEqual(complaints, [], "the browser had something to complain of");
    assert.deepEqual([...origins], [this.playground.url], "only the playground is asked");
  }

  async visit(place: Place = {}): Promise<Page> {
    const { as = "ada", in: channel = "general", ...options } = place;
    const address = `#/${this.playground.channel(channel, as)}?as=${this.playground.member(as)}`;
    const url = `${this.playground.url}/${address}`;
    const watched = await openPage(this.#browser, { url, ...options });
    this.#opened.push(watched);
    await watched.page.locator(".composer").waitFor();
    return watched.page;
  }

  /** More time than Discord gives a bot to say something goes by. */
  missDeadline(): void {
    this.playground.clock.advance(PAST_DEADLINE_MS);
  }
}

/** The message box. */
export const box = (page: Page): Locator => page.getByRole("combobox", { name: /^Message/ });

/**
 * The newest message in which this stands. Wait for the text that it should have: its `innerText` is empty until the browser
 * has drawn it (`content-visibility`).
 */
export const withText = (page: Page, text: string | RegExp): Locator =>
  page.locator("article.message", { hasText: text }).last();

/** A command without options. */
export async function use(page: Page, command: string): Promise<void> {
  await box(page).fill(`/${command}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
}

/** `/imagine`, until its card is there. */
export async function imagine(page: Page, prompt: string): Promise<Locator> {
  await box(page).fill(`/imagine ${prompt}`);
  await page.keyboard.press("Enter");
  const card = withText(page, prompt);
  await card.locator(".gallery img").first().waitFor();
  return card;
}
