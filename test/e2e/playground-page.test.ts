import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import type { Page } from "playwright-core";

import { noBrowser } from "../support/browser.ts";
import { box, imagine, PageTrial, use, withText } from "../support/page-trial.ts";
import { pngOf } from "../support/pictures.ts";
import { until } from "../support/until.ts";

/** As if a picture were pasted, or dropped somewhere on the page. */
async function giveFile(page: Page, how: "paste" | "drop"): Promise<void> {
  const bytes = [...(await pngOf(20, 20))];
  await page.evaluate(`{
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array([${bytes.join()}])], "fox.png", { type: "image/png" }));
    const event = ${how === "paste"}
      ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
      : new DragEvent("drop", { dataTransfer: data, bubbles: true });
    document.body.dispatchEvent(event);
  }`);
}

/** Whether the messages stand still, from one look of the browser's to the next few: a turn of the wheel glides. */
const RESTS = `(async () => {
  const box = document.querySelector(".scroller");
  const places = new Set();
  for (let frame = 0; frame < 12; frame++) {
    await new Promise(requestAnimationFrame);
    places.add(box.scrollTop);
  }
  return places.size === 1;
})()`;

describe("the playground's page", { skip: noBrowser }, () => {
  let trial: PageTrial;

  before(async () => {
    trial = await PageTrial.start();
  });
  afterEach(async () => trial.endTest());
  after(async () => trial.close());

  describe("on the first visit", () => {
    it("has the message box ready and tells what to type", async () => {
      const page = await trial.visit();
      await page.getByText("This is the playground").waitFor();
      assert.equal(await box(page).evaluate((element) => element.matches(":focus")), true);
      const { origin } = new URL(page.url());
      await page.goto(`${origin}/`);
      await box(page).waitFor();
      assert.match(await page.title(), /#general/);
    });

    it("makes a picture with `/`, Enter, the prompt, Enter", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/");
      await page.getByRole("option", { name: /\/imagine/ }).waitFor();
      await page.keyboard.press("Enter");
      await page.keyboard.type("a lone lighthouse");
      await page.keyboard.press("Enter");
      const card = withText(page, "a lone lighthouse");
      await card.locator(".gallery img").waitFor();
      assert.match((await card.textContent()) ?? "", /Ada\s*used\s*\/imagine/);
    });

    it("keeps its note closed once it was closed", async () => {
      const page = await trial.visit();
      await page.getByRole("button", { name: "Close this note" }).click();
      await page.reload();
      await box(page).waitFor();
      assert.equal(await page.getByText("This is the playground").count(), 0);
    });
  });

  describe("the command picker", () => {
    it("speaks the acting member's language", async () => {
      const page = await trial.visit({ as: "bjoern" });
      await page.keyboard.type("/imag");
      await page.getByRole("option", { name: "Ein Bild aus Worten machen" }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("combobox", { name: "beschreibung (required)" }).waitFor();
    });

    it("lists only what the member may use", async () => {
      const member = await trial.visit({ as: "ada" });
      await member.keyboard.type("/");
      await member.getByRole("option", { name: /\/form/ }).waitFor();
      assert.equal(await member.getByRole("option", { name: /\/admin/ }).count(), 0);
      const owner = await trial.visit({ as: "olivia" });
      await owner.keyboard.type("/adm");
      await owner.getByRole("option", { name: /\/admin quota show/ }).waitFor();
    });

    it("takes choices, autocompletion and numbers by keyboard", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/imagine a wide fox");
      for (const [name, value, shown] of [
        ["style", "pix", "Pixel art"],
        ["aspect", "wid", "Wide"],
      ] as const) {
        await page.getByRole("combobox", { name: /Add an option/ }).focus();
        await page.keyboard.type(name);
        await page.keyboard.press("Enter");
        await page.keyboard.type(value);
        await page.getByRole("option", { name: shown }).waitFor();
        await page.keyboard.press("Enter");
      }
      await page.keyboard.type("count");
      await page.keyboard.press("Tab");
      await page.keyboard.type("3");
      await page.keyboard.press("Enter");
      const card = withText(page, "a wide fox");
      await card.getByText("style pixel art · aspect 16:9").waitFor();
      assert.equal(await card.locator(".gallery img").count(), 3);
    });

    it("says what is missing or out of range before anything is sent", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/imagine");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      await page.getByText("This option is required.").waitFor();
      await page.keyboard.type("a fox");
      await page.keyboard.press("Tab");
      await page.keyboard.type("count");
      await page.keyboard.press("Enter");
      await page.keyboard.type("11");
      await page.keyboard.press("Enter");
      await page.getByText("Write a number up to 10.").waitFor();
    });

    it("fills subcommands with people", async () => {
      const page = await trial.visit({ as: "olivia" });
      await page.keyboard.type("/admin quota show");
      await page.keyboard.press("Enter");
      await page.keyboard.type("yu");
      await page.getByRole("option", { name: /Yuki/ }).waitFor();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      await withText(page, "yuki: 50 left").waitFor();
    });

    it("uploads a pasted picture as the command's option", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/imagine a pasted fox");
      await giveFile(page, "paste");
      await page.getByRole("button", { name: "image: fox.png" }).waitFor();
    });

    it("is not needed to send a dropped picture with a message", async () => {
      const page = await trial.visit();
      await giveFile(page, "drop");
      await page.getByRole("list", { name: "Files to send" }).getByText("fox.png").waitFor();
      await page.keyboard.type("look at this");
      await page.keyboard.press("Enter");
      await withText(page, "look at this").getByRole("img", { name: "fox.png" }).waitFor();
    });

    it("lets go of the command with Escape", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/imagine");
      await page.keyboard.press("Enter");
      await page.getByRole("group", { name: "Command imagine" }).waitFor();
      await page.keyboard.press("Escape");
      await box(page).waitFor();
      assert.equal(await box(page).inputValue(), "");
    });
  });

  describe("an answer", () => {
    it("is awaited as `thinking`, then edited in place", async () => {
      const page = await trial.visit();
      await page.keyboard.type("/imagine silently a whale");
      await page.keyboard.press("Enter");
      await page.getByText("sanabot is thinking…").waitFor();
      const message = page.locator("article.message").last();
      const id = await message.getAttribute("data-message-id");
      trial.bot.finish();
      await message.locator(".gallery img").waitFor();
      assert.equal(await message.getAttribute("data-message-id"), id);
    });

    it("that does not come within Discord's time is said so, to its member alone", async () => {
      const page = await trial.visit();
      await use(page, "silent");
      await page.getByText("Sending command…").waitFor();
      trial.missDeadline();
      const failed = withText(page, "The application did not respond");
      await failed.waitFor();
      await failed.getByRole("button", { name: "Dismiss message" }).click();
      await failed.waitFor({ state: "detached" });
    });

    it("for one member is not shown to another, and can be dismissed", async () => {
      const page = await trial.visit();
      const card = await imagine(page, "a private press");
      const other = await trial.visit({ as: "yuki" });
      await card.getByRole("button", { name: "Favourite" }).click();
      const note = withText(page, "Kept among your favourites.");
      await note.getByText("Only you can see this").waitFor();
      await withText(other, "a private press").waitFor();
      assert.equal(await other.getByText("Kept among your favourites.").count(), 0);
      await note.getByRole("button", { name: "Dismiss message" }).click();
      await note.waitFor({ state: "detached" });
    });

    it("that is edited leaves the reader where they are, and a pill tells of new ones", async () => {
      const page = await trial.visit({ in: "art" });
      for (const prompt of ["first", "second", "third"])
        await (await imagine(page, prompt)).locator(".gallery img").waitFor();
      await page.keyboard.type("/imagine slowly a long scene");
      await page.keyboard.press("Enter");
      await page.getByText("Drawing, step 3 of 20").waitFor();
      const scroller = page.locator(".scroller");
      await scroller.hover();
      await page.mouse.wheel(0, -900);
      await until(() =>
        scroller.evaluate((all) => all.scrollHeight - all.scrollTop - all.clientHeight > 400),
      );
      await until(() => page.evaluate<boolean>(RESTS));
      const place = await withText(page, "second").boundingBox();
      trial.bot.finish();
      await withText(page, "slowly a long scene").locator(".gallery img").waitFor();
      const other = await trial.visit({ as: "yuki", in: "art" });
      await box(other).fill("hello from below");
      await other.keyboard.press("Enter");
      await page.getByRole("button", { name: "1 new message" }).waitFor();
      assert.deepEqual(await withText(page, "second").boundingBox(), place);
      await page.getByRole("button", { name: "1 new message" }).click();
      await withText(page, "hello from below").waitFor();
      await page.getByRole("button", { name: "1 new message" }).waitFor({ state: "detached" });
    });

    it("from long ago comes when the reader goes up, and leaves the reader's place", async () => {
      const channelId = trial.playground.channel("announcements");
      const write = async (content: string): Promise<void> => {
        const userId = trial.playground.member("olivia");
        const response = await fetch(`${trial.playground.url}/client/messages`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ userId, channelId, content }),
        });
        assert.equal(response.status, 200);
      };
      for (let number = 1; number <= 120; number += 1) await write(`message ${number} of many`);
      const page = await trial.visit({ as: "olivia", in: "announcements" });
      await withText(page, "message 120 of many").waitFor();
      assert.equal(await page.locator("article.message").count(), 50);
      const topmost = withText(page, "message 71 of many");
      await topmost.scrollIntoViewIfNeeded();
      await page.locator("article.message").nth(99).waitFor({ state: "attached" });
      assert.equal(await topmost.isVisible(), true);
      const shown = await topmost.boundingBox();
      assert.ok(shown !== null && shown.y > 0 && shown.y < 800, JSON.stringify(shown));
    });

    it("is text, whatever stands in it", async () => {
      const page = await trial.visit();
      await box(page).fill(
        "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) ||secret||",
      );
      await page.keyboard.press("Enter");
      const message = withText(page, "<img src=x onerror=alert(1)>");
      await message.waitFor();
      assert.equal(await message.locator("strong").textContent(), "bold");
      assert.equal(await message.locator("img, a").count(), 0);
      await message.getByRole("button", { name: "Spoiler: show" }).click();
      await message.getByText("secret").waitFor();
    });
  });
});
