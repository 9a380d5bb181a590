import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { editForm } from "../../src/discord/edit-form.ts";

const VALUES = {
  prompt: "p".repeat(6000),
  negativePrompt: "n".repeat(6000),
  style: "Style 30",
  strength: 0.456,
};
const STYLES = Array.from({ length: 40 }, (_, n) => `Style ${n} `.padEnd(64, "x"));

describe("the dialogs of Edit and Remix", () => {
  for (const locale of ["en-US", "de", "ja"])
    for (const last of ["upload", { pictures: 10 }] as const)
      it(`stay within Discord's limits in ${locale} with ${JSON.stringify(last)}`, () => {
        const title = last === "upload" ? "form.edit" : "form.remix";
        const styles = ["Style 30", ...STYLES];
        const form = editForm({ customId: "x", title, locale, values: VALUES, styles, last });
        assert.ok(form.title.length <= 45);
        assert.equal(form.components.length, 5);
        for (const label of form.components) {
          assert.ok("label" in label && "component" in label);
          assert.ok(label.label.length >= 1 && label.label.length <= 45, label.label);
          assert.ok((label.description ?? "").length <= 100, label.description);
          const { component } = label;
          if ("value" in component) assert.ok(component.value.length <= 4000);
          if (!("options" in component)) continue;
          assert.ok(component.options.length <= 25);
          for (const option of component.options) {
            assert.ok("label" in option && option.label.length <= 100);
            assert.ok("value" in option && option.value.length <= 100);
          }
        }
      });

  it("show the strength in whole percent, and the style that there was", () => {
    const form = editForm({
      customId: "x",
      title: "form.edit",
      locale: "en-US",
      values: VALUES,
      styles: ["Style 30"],
      last: "upload",
    });
    const json = JSON.stringify(form);
    assert.match(json, /"custom_id":"strength"[^}]*"value":"46"/);
    assert.match(json, /"label":"Style 30","value":"Style 30","default":true/);
  });
});
