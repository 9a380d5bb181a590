import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { noBrowser } from "../support/browser.ts";
import { box, imagine, PageTrial, use, withText } from "../support/page-trial.ts";
import { pngOf } from "../support/pictures.ts";
import { until } from "../support/until.ts";

/** A narrow window of a computer, with all that moves in it. */
const NARROW = {
  viewport: { width: 600, height: 780 },
  reducedMotion: "no-preference",
} as const;
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const;

describe("the controls of the playground's page", { skip: noBrowser }, () => {
  let trial: PageTrial;

  before(async () => {
    trial = await PageTrial.start();
  });
  afterEach(async () => trial.endTest());
  after(async () => trial.close());

  describe("controls", () => {
    it("say when a press got no answer", async () => {
      const page = await trial.visit();
      const card = await imagine(page, "a card to press");
      await card.getByRole("button", { name: "Vary strong" }).click();
      await card.locator('[aria-busy="true"]').waitFor();
      trial.missDeadline();
      await card.getByText("The application did not respond").waitFor();
    });

    it("that are disabled cannot be pressed", async () => {
      const page = await trial.visit();
      const card = await imagine(page, "a card with a dead button");
      assert.equal(await card.getByRole("button", { name: "Upscale to 4K" }).isDisabled(), true);
    });

    it("delete the card", async () => {
      const page = await trial.visit();
      const card = await imagine(page, "a card to delete");
      await card.getByRole("button", { name: "Delete", exact: true }).click();
      await withText(page, "a card to delete").waitFor({ state: "detached" });
    });

    it("select by keyboard", async () => {
      const page = await trial.visit();
      await use(page, "gallery");
      const select = page.getByRole("combobox", { name: "Pick a picture" }).last();
      await select.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("option", { name: "Picture 1" }).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await withText(page, "You picked 2").waitFor();
    });

    it("select several people, and send them when the list closes", async () => {
      const page = await trial.visit();
      await use(page, "gallery");
      await page.getByRole("combobox", { name: "Whose pictures" }).last().click();
      await page.getByRole("option", { name: /Yuki/ }).click();
      await page.getByRole("option", { name: /Morgan/ }).click();
      await page.keyboard.press("Escape");
      const chosen = page.getByRole("combobox", { name: "Whose pictures: Morgan, Yuki" });
      await chosen.waitFor();
    });

    it("hide a spoiler until it is asked for, and show pictures in full by keyboard", async () => {
      const page = await trial.visit();
      await use(page, "gallery");
      const message = withText(page, "Your pictures");
      await message.getByRole("button", { name: "Spoiler picture: show" }).click();
      const gallery = message.getByRole("group", { name: "4 pictures" });
      await gallery.getByRole("button", { name: "Picture 1 (open)" }).press("Enter");
      await page.getByRole("dialog", { name: "Picture 1" }).waitFor();
      await page.keyboard.press("ArrowRight");
      await page.getByRole("dialog", { name: "Picture 2" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    });
  });

  it("leave typing to the message box", async () => {
    const page = await trial.visit();
    const card = await imagine(page, "a card before typing");
    await card.getByRole("button", { name: "Favourite" }).click();
    await page.getByRole("button", { name: "Dismiss message" }).last().click();
    await page.keyboard.type("hello");
    assert.equal(await box(page).inputValue(), "hello");
  });

  describe("a dialog", () => {
    it("asks for what is missing, takes every kind of field, and closes on the answer", async () => {
      const page = await trial.visit();
      await use(page, "form");
      const dialog = page.getByRole("dialog", { name: "Edit the picture" });
      await dialog.waitFor();
      await dialog.getByRole("button", { name: "Submit" }).click();
      await dialog.getByText("This field is required.").waitFor();
      await page.keyboard.type("a castle");
      await dialog.getByRole("combobox", { name: "Style" }).click();
      await page.getByRole("option", { name: "Pencil" }).click();
      await dialog.getByRole("radio", { name: /Strong/ }).check();
      await dialog.getByRole("checkbox", { name: "Keep the seed" }).check();
      await dialog
        .getByLabel("Reference picture")
        .first()
        .setInputFiles({ name: "fox.png", mimeType: "image/png", buffer: await pngOf(8, 8) });
      await dialog.getByText("fox.png").waitFor();
      await dialog.getByRole("button", { name: "Submit" }).click();
      const chosen =
        /Form: \{"prompt":"a castle","style":\["pencil"\],"strength":"strong","extras":\["seed"\],"files":\["fox.png"\]\}/;
      await withText(page, chosen).waitFor();
      await dialog.waitFor({ state: "detached" });
    });

    it("keeps the keyboard inside, and Escape gives it back", async () => {
      const page = await trial.visit();
      const card = await imagine(page, "a card with a dialog");
      await card.getByRole("button", { name: "Edit" }).press("Enter");
      const dialog = page.getByRole("dialog", { name: "Edit the picture" });
      await dialog.waitFor();
      for (let press = 0; press < 20; press += 1) {
        await page.keyboard.press("Tab");
        // The browser's own controls take their turn between the last field and the first.
        const isInside = await page.evaluate(
          "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
        );
        assert.equal(isInside, true);
      }
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await page.locator(":focus", { hasText: "Edit" }).waitFor();
    });
  });

  describe("a message's menu", () => {
    it("runs the bot's commands for messages after a right click", async () => {
      const page = await trial.visit();
      await imagine(page, "a fox to remix");
      await withText(page, "a fox to remix").locator("h2").click({ button: "right" });
      await page.getByRole("menuitem", { name: "Remix" }).click();
      await page.getByRole("dialog", { name: "Remix" }).waitFor();
      await page.keyboard.type(" in the snow");
      await page.getByRole("button", { name: "Submit" }).click();
      await withText(page, /Remixed into: .*in the snow/).waitFor();
    });

    it("is reached by the keyboard alone", async () => {
      const page = await trial.visit();
      await imagine(page, "a fox for the keyboard");
      await page.keyboard.press("Shift+ArrowUp");
      await page.keyboard.press("Shift+F10");
      await page.getByRole("menuitem", { name: "Remix" }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Remix" }).waitFor();
    });

    it("answers a message", async () => {
      const page = await trial.visit();
      await box(page).fill("what do you think?");
      await page.keyboard.press("Enter");
      await withText(page, "what do you think?").locator("p").first().click({ button: "right" });
      await page.getByRole("menuitem", { name: "Reply" }).click();
      await page.getByText("Replying to").waitFor();
      await page.keyboard.type("lovely");
      await page.keyboard.press("Enter");
      await withText(page, /what do you think\?[^]*lovely/).waitFor();
    });
  });

  describe("the surroundings", () => {
    it("change with who one is", async () => {
      const page = await trial.visit({ as: "ada" });
      await page.getByRole("button", { name: /You act as Ada/ }).click();
      await page.getByRole("radio", { name: /Morgan/ }).click();
      await page.getByRole("button", { name: /You act as Morgan, Moderator/ }).waitFor();
      await page.getByRole("button", { name: "moderators", exact: true }).waitFor();
    });

    it("change with roles and language", async () => {
      const page = await trial.visit({ as: "nova" });
      await page.getByRole("button", { name: /You act as Nova/ }).click();
      await page.getByRole("switch", { name: "Moderator" }).check();
      await page.getByLabel("Language of the Discord client").selectOption("ja");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /You act as Nova, Moderator/ }).waitFor();
    });

    it("show and change that a channel is age-restricted", async () => {
      const page = await trial.visit({ as: "olivia", in: "no-files" });
      await page.getByRole("button", { name: "Channel settings", exact: true }).click();
      await page.getByRole("switch", { name: /Age-restricted/ }).check();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "no-files, age-restricted" }).waitFor();
    });

    it("follow the system's theme, and the toggle's before it", async () => {
      const page = await trial.visit({ colorScheme: "light" });
      const background = async (): Promise<string> =>
        page
          .locator(".chat")
          .evaluate((element) => element.computedStyleMap().get("background-color").toString());
      const light = await background();
      await page.getByRole("button", { name: "Use the dark theme" }).click();
      assert.notEqual(await background(), light);
      await page.reload();
      await box(page).waitFor();
      assert.notEqual(await background(), light);
    });

    it("are drawers on a phone, where a long press opens a message's menu", async () => {
      const page = await trial.visit(PHONE);
      const channels = page.getByRole("button", { name: "art", exact: true });
      assert.equal(await channels.isVisible(), false);
      await page.getByRole("button", { name: "Servers and channels" }).tap();
      await channels.tap();
      // `waitForFunction` would evaluate in the page, whose content security policy forbids it.
      await until(async () => (await page.title()).includes("#art"));
      await channels.waitFor({ state: "hidden" });
      await imagine(page, "a fox on the phone");
      const message = withText(page, "a fox on the phone");
      const width = await message.evaluate((element) => element.scrollWidth);
      assert.ok(width <= PHONE.viewport.width);
      await message.locator("h2").dispatchEvent("pointerdown", { pointerType: "touch" });
      await page.getByRole("menuitem", { name: "Remix" }).waitFor();
    });

    it("take the keyboard in when they open as drawers, and give it back when they close", async () => {
      const page = await trial.visit(NARROW);
      for (const [name, id] of [
        ["Servers and channels", "channels"],
        ["Members", "members"],
      ] as const) {
        const opener = page.getByRole("button", { name, exact: true });
        await opener.press("Enter");
        await page.locator(`#${id} button:focus`).first().waitFor();
        for (let press = 0; press < 20; press += 1) {
          await page.keyboard.press("Tab");
          assert.equal(await page.locator("main:focus-within").count(), 0);
        }
        await page.keyboard.press("Escape");
        await page.locator(`main [aria-controls="${id}"]:focus`).waitFor();
      }
    });

    it("close as drawers after the dialog above them, for a channel, and when the window widens", async () => {
      const page = await trial.visit(NARROW);
      const opener = page.getByRole("button", { name: "Servers and channels" });
      await opener.press("Enter");
      await page.getByRole("button", { name: /You act as Ada/ }).press("Enter");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.locator("#channels .user-panel:focus").waitFor();
      await page.getByRole("button", { name: "art", exact: true }).press("Enter");
      await page.locator(".composer textarea:focus").waitFor();
      await opener.press("Enter");
      await page.locator("#channels button:focus").waitFor();
      await page.setViewportSize({ width: 1280, height: 780 });
      await box(page).click();
      await page.getByRole("button", { name: "general", exact: true }).click();
    });
  });
});
