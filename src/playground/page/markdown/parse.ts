/** Discord's Markdown as a tree. Nothing here makes HTML: views draw the tree, so that text stays text. */
import { type Inline, parseInline } from "./parse-inline.ts";

export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "heading"; level: 1 | 2 | 3; children: Inline[] }
  | { type: "small"; children: Inline[] }
  | { type: "quote"; children: Block[] }
  | { type: "code"; language: string; text: string }
  | ListBlock;

export interface ListBlock {
  type: "list";
  isOrdered: boolean;
  start: number;
  items: { children: Inline[]; list: ListBlock | null }[];
}

const FENCE = /```(?:(?<language>[\w+#.-]{1,20})\n)?(?<text>[^]+?)\n?```/;
const HEADING = /^(?<marks>#{1,3})\s+(?<text>\S.*)$/;
const SMALL = /^-#\s+(?<text>\S.*)$/;
const QUOTE = /^>\s(?<text>.*)$/;
const LONG_QUOTE = /^>>>\s?(?<text>[^]*)$/;
const ITEM = /^(?<indent>\s*)(?<mark>[-*]|\d{1,9}\.)\s+(?<text>\S.*)$/;
/** Quotes do not nest in Discord. */
const NO_QUOTES = { allowsQuotes: false };

export function parseMarkdown(source: string, { allowsQuotes = true } = {}): Block[] {
  const fence = FENCE.exec(source);
  if (fence?.groups === undefined) return parseLines(source, allowsQuotes);
  const before = source.slice(0, fence.index).replace(/\n$/, "");
  const after = source.slice(fence.index + fence[0].length).replace(/^\n/, "");
  // A quote that began before the fence and holds all that follows.
  if (allowsQuotes && /(?:^|\n)>>>\s/.test(before)) return parseLines(source, allowsQuotes);
  return [
    ...(before === "" ? [] : parseLines(before, allowsQuotes)),
    {
      type: "code",
      language: fence.groups["language"] ?? "",
      text: (fence.groups["text"] ?? "").replace(/^\n/, ""),
    },
    ...(after === "" ? [] : parseMarkdown(after, { allowsQuotes })),
  ];
}

function parseLines(source: string, allowsQuotes: boolean): Block[] {
  const lines = source.split("\n");
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    // Empty lines beside a heading, list or quote only part them.
    const text = paragraph.join("\n").replace(/^\n+(?=[^\n])|\n+$/g, "");
    if (text.trim() !== "") blocks.push({ type: "paragraph", children: parseInline(text) });
    paragraph = [];
  };
  for (let index = 0; index < lines.length;) {
    const block = blockAt(lines, index, allowsQuotes);
    if (block === null) {
      paragraph.push(lines[index] ?? "");
      index += 1;
      continue;
    }
    endParagraph();
    blocks.push(block.block);
    index += block.lines;
  }
  endParagraph();
  return blocks;
}

/** A block other than a paragraph that begins on this line, and how many lines it takes. */
function blockAt(
  lines: readonly string[],
  index: number,
  allowsQuotes: boolean,
): { block: Block; lines: number } | null {
  const line = lines[index] ?? "";
  const heading = HEADING.exec(line)?.groups;
  if (heading !== undefined) {
    const level = (heading["marks"] ?? "").length as 1 | 2 | 3;
    return {
      block: { type: "heading", level, children: parseInline(heading["text"] ?? "") },
      lines: 1,
    };
  }
  const small = SMALL.exec(line)?.groups;
  if (small !== undefined)
    return { block: { type: "small", children: parseInline(small["text"] ?? "") }, lines: 1 };
  if (allowsQuotes && line.startsWith(">")) return quoteAt(lines, index);
  return ITEM.test(line) ? listAt(lines, index) : null;
}

function quoteAt(lines: readonly string[], index: number): { block: Block; lines: number } | null {
  const long = LONG_QUOTE.exec(lines.slice(index).join("\n"))?.groups;
  if (long !== undefined)
    return {
      block: { type: "quote", children: parseMarkdown(long["text"] ?? "", NO_QUOTES) },
      lines: lines.length - index,
    };
  const quoted: string[] = [];
  for (const line of lines.slice(index)) {
    const text = QUOTE.exec(line)?.groups?.["text"];
    if (text === undefined) break;
    quoted.push(text);
  }
  if (quoted.length === 0) return null;
  return {
    block: { type: "quote", children: parseMarkdown(quoted.join("\n"), NO_QUOTES) },
    lines: quoted.length,
  };
}

interface Item {
  indent: number;
  isOrdered: boolean;
  number: number;
  text: string;
}

function listAt(lines: readonly string[], index: number): { block: ListBlock; lines: number } {
  const items: Item[] = [];
  for (const line of lines.slice(index)) {
    const groups = ITEM.exec(line)?.groups;
    if (groups === undefined) break;
    const mark = groups["mark"] ?? "-";
    const indent = (groups["indent"] ?? "").length;
    const isOrdered = mark.endsWith(".");
    // Dots after numbers, or the other way round, begin a list of their own.
    const [first] = items;
    if (first !== undefined && indent <= first.indent && isOrdered !== first.isOrdered) break;
    items.push({
      indent,
      isOrdered,
      number: Number.parseInt(mark, 10) || 1,
      text: groups["text"] ?? "",
    });
  }
  return { block: nest(items), lines: items.length };
}

/** Items that are further in than the first become lists of the item before them. */
function nest(items: readonly Item[]): ListBlock {
  const [first] = items;
  const list: ListBlock = {
    type: "list",
    isOrdered: first?.isOrdered ?? false,
    start: first?.number ?? 1,
    items: [],
  };
  for (let index = 0; index < items.length;) {
    const item = items[index];
    if (item === undefined) break;
    const next = items.findIndex(
      ({ indent }, at) => at > index && indent <= Math.max(item.indent, first?.indent ?? 0),
    );
    const end = next < 0 ? items.length : next;
    const inner = items.slice(index + 1, end);
    list.items.push({
      children: parseInline(item.text),
      list: inner.length === 0 ? null : nest(inner),
    });
    index = end;
  }
  return list;
}
