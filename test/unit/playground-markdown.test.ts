import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";

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
const em = (...children: Inline[]): Inline => ({ type: "em", children });
const strong = (...children: Inline[]): Inline => ({ type: "strong", children });
const underline = (...children: Inline[]): Inline => ({ type: "underline", children });
const link = (url: string, ...children: Inline[]): Inline => ({ type: "link", url, children });

/** The longest text of a message. */
const MAX_LENGTH = 4000;
/** What styles, links and blocks are made of, over and over: an expression that can read it in two ways takes for ever. */
const REPEATED = [
  "\\ ` * _ ~ | < [ ] @ h > - #".split(" "),
  ["**a**b", "__a__b", "~~a~~b", "||a||b", "`a``b", "*a**", "_a__", "*a_b", "**a__b~~"],
  ["[[a]", "[(\\]", "[a](https://b", '[a](https://b "', "<https://", "<t:1", "</a"],
  ["```a", "> ", "- a\n", "\n"],
].flat();
const BEFORE = ["", "*x", "_x", "[x", "> "];

/** Run on a thread of its own, since only that can be ended while an expression is at work. */
const PARSE_ALL = `import(${JSON.stringify(import.meta.resolve("../../src/playground/page/markdown/parse.ts"))})
  .then(({ parseMarkdown }) => require("node:worker_threads").workerData.forEach((source) => parseMarkdown(source)))`;

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

  it("styles words that begin or end in two styles", () => {
    const cases: [string, Inline[]][] = [
      ["***both***", [strong(em(text("both")))]],
      ["*a **b** c*", [em(text("a "), strong(text("b")), text(" c"))]],
      ["*a **b***", [em(text("a "), strong(text("b")))]],
      ["**a *b***", [strong(text("a "), em(text("b")))]],
      [
        "*a **b** c **d**e*",
        [em(text("a "), strong(text("b")), text(" c "), strong(text("d")), text("e"))],
      ],
      ["_a __b__ c_", [em(text("a "), underline(text("b")), text(" c"))]],
      ["*x**a**b", [text("*x"), strong(text("a")), text("b")]],
    ];
    for (const [source, parts] of cases) assert.deepEqual(inline(source), parts, source);
  });

  it("leaves alone what only looks like a style", () => {
    for (const plain of ["snake_case_name", "2 * 3 * 4", "a ** b", "**", "~", "f(x)[1]"])
      assert.deepEqual(inline(plain), [text(plain)]);
  });

  it("takes a backslash before a mark as that mark", () => {
    const shown = (source: string): string =>
      inline(source)
        .map((part) => (part.type === "text" ? part.text : "?"))
        .join("");
    assert.equal(shown(String.raw`\*not slanted\*`), "*not slanted*");
    assert.equal(shown(String.raw`\_nor\_ this, a\_b`), "_nor_ this, a_b");
    assert.equal(shown(String.raw`C:\folder`), String.raw`C:\folder`);
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

  it("takes brackets into a link's words, in pairs or after a backslash", () => {
    assert.deepEqual(inline("[[a] b](https://example.com/)"), [
      link("https://example.com/", text("[a] b")),
    ]);
    assert.deepEqual(inline(String.raw`[a\] b](https://example.com/)`), [
      link("https://example.com/", text("a"), text("]"), text(" b")),
    ]);
    assert.deepEqual(inline(String.raw`[[a\]] b](https://example.com/)`), [
      link("https://example.com/", text("[a"), text("]"), text("] b")),
    ]);
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

  it("comes to an end, whatever marks fill the longest message", { timeout: 60_000 }, async (t) => {
    const workerData = BEFORE.flatMap((before) =>
      REPEATED.map((unit) => (before + unit.repeat(MAX_LENGTH)).slice(0, MAX_LENGTH)),
    );
    const worker = new Worker(PARSE_ALL, { eval: true, workerData });
    t.after(async () => worker.terminate());
    const [code] = await once(worker, "exit");
    assert.equal(code, 0);
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
