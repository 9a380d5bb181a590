import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { parseMarkdown } from "../../src/playground/page/markdown/parse.ts";
import type { Inline } from "../../src/playground/page/markdown/parse-inline.ts";
import { formatRelative } from "../../src/playground/page/markdown/time.ts";

/** The parts of a text that is one paragraph. */
function inline(source: string): Inline[] {
  const [block] = parseMarkdown(source);
  assert.ok(block?.type === "paragraph");
  return block.children;
}

const text = (content: string): Inline => ({ type: "text", text: content });

describe("the playground's Markdown", () => {
  it("styles words, also within one another", () => {
    assert.deepEqual(inline("**bold *and* slanted** __under__ ~~gone~~ ||secret||"), [
      {
        type: "strong",
        children: [text("bold "), { type: "em", children: [text("and")] }, text(" slanted")],
      },
      text(" "),
      { type: "underline", children: [text("under")] },
      text(" "),
      { type: "strike", children: [text("gone")] },
      text(" "),
      { type: "spoiler", children: [text("secret")] },
    ]);
  });

  it("leaves alone what only looks like a style", () => {
    for (const plain of ["snake_case_name", "2 * 3 * 4", "a ** b", "**", "~", "f(x)[1]"])
      assert.deepEqual(inline(plain), [text(plain)]);
  });

  it("takes a backslash before a mark as that mark", () => {
    assert.equal(
      inline(String.raw`\*not slanted\*`)
        .map((part) => (part.type === "text" ? part.text : "?"))
        .join(""),
      "*not slanted*",
    );
  });

  it("makes links of web addresses alone", () => {
    assert.deepEqual(inline("[here](https://example.com/a_b), https://example.com/c."), [
      { type: "link", url: "https://example.com/a_b", children: [text("here")] },
      text(", "),
      {
        type: "link",
        url: "https://example.com/c",
        children: [text("https://example.com/c")],
      },
      text("."),
    ]);
    for (const url of ["javascript:alert(1)", "data:text/html,x", "//example.com"])
      assert.deepEqual(inline(`[x](${url})`), [text(`[x](${url})`)]);
  });

  it("reads mentions, commands, emoji and times", () => {
    assert.deepEqual(
      inline("<@123456> <@&234567> <#345678> </admin quota:4567> <:fox:567890> <t:60:R>").filter(
        ({ type }) => type !== "text",
      ),
      [
        { type: "user", id: "123456" },
        { type: "role", id: "234567" },
        { type: "channel", id: "345678" },
        { type: "command", name: "admin quota", id: "4567" },
        { type: "emoji", name: "fox" },
        { type: "time", seconds: 60, style: "R" },
      ],
    );
  });

  it("parts headings, small lines, quotes, lists and code", () => {
    const types = parseMarkdown(
      "# One\ntext\n-# small\n> quoted\n> more\n- a\n  - b\n1. c\n```ts\nconst x = **1**;\n```\nend",
    ).map(({ type }) => type);
    assert.deepEqual(types, [
      "heading",
      "paragraph",
      "small",
      "quote",
      "list",
      "list",
      "code",
      "paragraph",
    ]);
  });

  it("keeps code as it is", () => {
    assert.deepEqual(parseMarkdown("```ts\nconst x = **1**;\n```"), [
      { type: "code", language: "ts", text: "const x = **1**;" },
    ]);
    assert.deepEqual(inline("`**x**`"), [{ type: "code", text: "**x**" }]);
  });

  it("nests lists by their indentation", () => {
    const [list] = parseMarkdown("- a\n  - b\n  - c\n- d");
    assert.ok(list?.type === "list");
    assert.equal(list.items.length, 2);
    assert.equal(list.items[0]?.list?.items.length, 2);
  });

  it("loses no text of hostile input, whatever its depth", () => {
    const source = `${"**a".repeat(60)}${"||".repeat(300)}${"[".repeat(300)}`;
    assert.ok(JSON.stringify(parseMarkdown(source)).includes("[".repeat(300)));
  });
});

describe("relative times", () => {
  const NOW = Date.parse("2026-01-01T00:00:00Z");
  const at = (seconds: number): string => formatRelative(NOW / 1000 + seconds, NOW, "en-US");

  it("count in the largest unit that is full", () => {
    assert.equal(at(5), "in 5 seconds");
    assert.equal(at(-90), "1 minute ago");
    assert.equal(at(7200), "in 2 hours");
    assert.equal(at(-3 * 86_400), "3 days ago");
  });

  it("speak the reader's language", () => {
    assert.equal(formatRelative(NOW / 1000 + 5, NOW, "de"), "in 5 Sekunden");
  });
});
