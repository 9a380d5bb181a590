import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { escapeMarkdown, unescapeMarkdown } from "../../src/discord/cards/markdown.ts";

describe("a member's text on a card", () => {
  const texts = [
    "a red apple",
    "*bold* _slanted_ ~~struck~~ ||hidden|| `code` ```block```",
    "# not a heading\n> not a quotation\n- not a list\n1. nor this\n-# nor small",
    "<@123> <#5> <t:0:R> [text](https://example.com)",
    String.raw`a \*b\* c:\temp`,
    "  3.5 apples, 2 - 1, a_b_c",
    "甲虫と*花*",
    "",
  ];
  for (const text of texts)
    it(`comes back whole from ${JSON.stringify(text)}`, () => {
      assert.equal(unescapeMarkdown(escapeMarkdown(text)), text);
    });

  it("starts no heading, list or quotation, and mentions nobody", () => {
    const escaped = escapeMarkdown("# a\n> b\n- c\n-# d\n1. e\n<@1>");
    assert.equal(
      escaped,
      String.raw`\# a
\> b
\- c
\-# d
1\. e
\<@1>`,
    );
  });
});
