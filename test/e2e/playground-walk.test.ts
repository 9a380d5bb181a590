import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";

import { PROJECT_DIR } from "../../src/config.ts";
import { launchBrowser, noBrowser, openPage, type WatchedPage } from "../support/browser.ts";
import { box, use, withText } from "../support/page-trial.ts";
import { Program } from "../support/program.ts";

/** What the walk looked like, for people: CI keeps it. */
const SCREENSHOTS = join(PROJECT_DIR, "test-output", "playground");
/** A picture of the embedded model on a busy machine, in ms. */
const PICTURE_MS = 120_000;

/** The steps go on from one another, as a newcomer's do. */
describe("a newcomer's walk through the playground", { skip: noBrowser, concurrency: 1 }, () => {
  let program: Program;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  before(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    program = await Program.start({ environment: { DISCORD_TOKEN: "", DATABASE_URL: "" } });
    const [, url = ""] = await program.waitForOutput(/^Playground: (\S+)/m);
    browser = await launchBrowser();
    watched = await openPage(browser, { url, viewport: { width: 1280, height: 1000 } });
    ({ page } = watched);
    page.setDefaultTimeout(PICTURE_MS);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
    await program?.remove();
  });

  const shot = async (name: string): Promise<void> => {
    // The emoji on buttons and pictures that have just come are drawn by then.
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: "disabled" });
  };
  /** The newest card with a picture that is not the one that stood there before. */
  const finishedCard = (prompt: string): Locator =>
    page
      .locator("article.message", { hasText: prompt })
      .filter({ has: page.getByRole("button", { name: "Reroll" }) })
      .last();
  const draws = async (prompt: string): Promise<Locator> => {
    const card = finishedCard(prompt);
    await card.locator(".gallery img").first().waitFor();
    return card;
  };

  it("finds the page ready to draw", async () => {
    await box(page).waitFor();
    await page.getByText("This is the playground").waitFor();
    await shot("1-first-visit");
    await page.keyboard.type("/");
    await page.getByRole("option", { name: /\/imagine/ }).waitFor();
    await shot("2-commands");
  });

  it("types `/imagine a red apple`, sees that it is understood, and then the pictures", async () => {
    await box(page).fill("/imagine a red apple");
    await page.keyboard.press("Tab");
    await page.keyboard.type("count");
    await page.keyboard.press("Enter");
    await page.keyboard.type("4");
    await shot("3-options");
    await page.keyboard.press("Enter");
    const cancel = page.getByRole("button", { name: "Cancel" });
    await cancel.or(page.getByText("sanabot is thinking…")).first().waitFor();
    // A machine that needs less than three seconds for all shows no progress.
    await cancel.or(page.locator(".gallery img")).first().waitFor();
    await shot("4-progress");
    const card = await draws("a red apple");
    assert.equal(await card.locator(".gallery img").count(), 4);
    assert.match((await card.locator("img").first().getAttribute("alt")) ?? "", /a red apple/);
    await shot("5-pictures");
  });

  it("presses V1 and gets variations on a card of their own", async () => {
    const earlier = await page.getByRole("button", { name: "Reroll" }).count();
    await finishedCard("a red apple").getByRole("button", { name: "V1" }).click();
    await page.getByRole("button", { name: "Reroll" }).nth(earlier).waitFor();
    await shot("6-variation");
  });

  it("edits the prompt in a dialog", async () => {
    await page.getByRole("button", { name: "Edit" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await dialog.getByLabel("Prompt").fill("a green apple");
    await shot("7-dialog");
    await dialog.getByRole("button", { name: "Submit" }).click();
    await draws("a green apple");
    await shot("8-edited");
  });

  it("is told what 4K costs, goes on, and cancels it all the same", async () => {
    await finishedCard("a green apple").getByRole("button", { name: "4K 1" }).click();
    const question = withText(page, /as much as \d+ usual pictures/);
    await question.getByRole("button", { name: "Cancel" }).waitFor();
    await shot("9-price");
    await question.getByRole("button", { name: "Go on" }).click();
    const running = withText(page, /Next in the queue|Loading the model|Enlarging/);
    await running.getByRole("button", { name: "Cancel" }).click();
    await withText(page, "Cancelled.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Go on" }).count(), 0);
  });

  it("keeps a favourite and finds it in /history", async () => {
    await finishedCard("a green apple").getByRole("button", { name: "Favourite" }).click();
    const question = withText(page, "Which picture?");
    await question.getByRole("button", { name: "1", exact: true }).click();
    await use(page, "history");
    const history = withText(page, /Your pictures.*a green apple/s);
    await history.locator(".thumbnail img").first().waitFor();
    await shot("10-history");
  });

  it("deletes a card, when it has said so twice", async () => {
    const cards = page.getByRole("button", { name: "Reroll" });
    const earlier = await cards.count();
    await finishedCard("a green apple").getByRole("button", { name: "Delete" }).last().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("This cannot be undone.").waitFor();
    await shot("11-delete");
    await dialog.getByRole("button", { name: "Submit" }).click();
    await page
      .getByRole("button", { name: "Reroll" })
      .nth(earlier - 1)
      .waitFor({ state: "detached" });
    await shot("12-deleted");
  });

  it("asks no other machine for anything, and nothing goes wrong in the browser", () => {
    assert.deepEqual(watched.complaints, []);
    assert.deepEqual([...watched.origins], [new URL(page.url()).origin]);
  });
});
