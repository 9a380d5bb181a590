/** The part of Discord's Markdown that stands within a line. */
export type Inline =
  | { type: "text"; text: string }
  | { type: "strong" | "em" | "underline" | "strike" | "spoiler"; children: Inline[] }
  | { type: "code"; text: string }
  | { type: "link"; url: string; children: Inline[] }
  | { type: "user" | "role" | "channel"; id: string }
  | { type: "everyone"; text: string }
  | { type: "command"; name: string; id: string }
  | { type: "emoji"; name: string }
  | { type: "time"; seconds: number; style: string };

type Groups = Readonly<Record<string, string | undefined>>;

interface Rule {
  pattern: RegExp;
  /** Characters that a match can begin with: all others are skipped without trying. */
  read: (groups: Groups, depth: number) => Inline | null;
}

/** Deeper styles are left as text: no message needs them, and a hostile one gains nothing. */
const MAX_DEPTH = 12;
/** Where a rule can begin. */
const SPECIAL = /[\\`*_~|<[@h]/;

const styled = (type: "strong" | "em" | "underline" | "strike" | "spoiler"): Rule["read"] => {
  return ({ inner = "" }, depth) => ({ type, children: parseInline(inner, depth + 1) });
};

/**
 * In order: the first that matches wins. All are sticky, so they match only at the place asked for. No repeated group may
 * read a text in two ways, or a few marks without their end take years.
 */
const RULES: readonly Rule[] = [
  { pattern: /\\(?<text>[^0-9A-Za-z\s])/uy, read: ({ text = "" }) => ({ type: "text", text }) },
  {
    pattern: /(?<ticks>`{1,2})(?!`)(?<text>[^]*?[^`])\k<ticks>(?!`)/y,
    read: ({ text = "" }) => ({ type: "code", text: text.replace(/^ (?=`)|(?<=`) $/g, "") }),
  },
  {
    pattern: /\*\*(?=\S)(?<inner>(?:\\[^]|[^\\])+?)\*\*(?!\*)/y,
    read: styled("strong"),
  },
  { pattern: /__(?=\S)(?<inner>(?:\\[^]|[^\\])+?)__(?!_)/y, read: styled("underline") },
  {
    pattern:
      /\*(?![\s*])(?<inner>(?:\\[^]|\*\*(?:\\[^]|(?!\*\*)[^\\])+?\*\*|[^\\*])+?)(?<!\s)\*(?!\*)/y,
    read: styled("em"),
  },
  {
    pattern: /(?<![\p{L}\p{N}])_(?![\s_])(?<inner>(?:\\[^]|[^\\_]|__)+?)_(?![\p{L}\p{N}_])/uy,
    read: styled("em"),
  },
  { pattern: /~~(?=\S)(?<inner>(?:\\[^]|[^\\])+?)~~(?!~)/y, read: styled("strike") },
  { pattern: /\|\|(?<inner>(?:\\[^]|[^\\])+?)\|\|/y, read: styled("spoiler") },
  { pattern: /<@!?(?<id>\d{5,20})>/y, read: ({ id = "" }) => ({ type: "user", id }) },
  { pattern: /<@&(?<id>\d{5,20})>/y, read: ({ id = "" }) => ({ type: "role", id }) },
  { pattern: /<#(?<id>\d{5,20})>/y, read: ({ id = "" }) => ({ type: "channel", id }) },
  {
    pattern: /<\/(?<name>[\p{L}\p{N}_' -]{1,100}):(?<id>\d{1,20})>/uy,
    read: ({ name = "", id = "" }) => ({ type: "command", name, id }),
  },
  {
    pattern: /<a?:(?<name>\w{2,32}):\d{5,20}>/y,
    read: ({ name = "" }) => ({ type: "emoji", name }),
  },
  {
    pattern: /<t:(?<seconds>-?\d{1,13})(?::(?<style>[tTdDfFsSR]))?>/y,
    read: ({ seconds, style = "f" }) => ({ type: "time", seconds: Number(seconds), style }),
  },
  {
    pattern:
      /\[(?<inner>(?:\\[^]|\[(?:\\[^]|[^\\[\]])*\]|[^\\\]])+?)\]\(<?(?<url>https?:\/\/[^\s<>)]+)>?(?:\s+"[^"]*")?\)/y,
    read: ({ inner = "", url = "" }, depth) => linkTo(url, parseInline(inner, depth + 1)),
  },
  { pattern: /<(?<url>https?:\/\/[^\s<>]+)>/y, read: ({ url = "" }) => linkTo(url) },
  {
    // A closing bracket or a full stop at the end belongs to the sentence.
    pattern: /(?<url>https?:\/\/[^\s<>]*[^\s<>"'.,;:!?)\]*_~|])/y,
    read: ({ url = "" }) => linkTo(url),
  },
  {
    pattern: /(?<text>@everyone|@here)\b/y,
    read: ({ text = "" }) => ({ type: "everyone", text }),
  },
];

export function parseInline(source: string, depth = 0): Inline[] {
  if (depth > MAX_DEPTH) return [{ type: "text", text: source }];
  const found: Inline[] = [];
  let text = "";
  for (let index = 0; index < source.length;) {
    const match = SPECIAL.test(source[index] ?? "") ? matchAt(source, index, depth) : null;
    if (match === null) {
      text += source[index];
      index += 1;
      continue;
    }
    if (text !== "") found.push({ type: "text", text });
    text = "";
    found.push(match.inline);
    index = match.end;
  }
  if (text !== "") found.push({ type: "text", text });
  return found;
}

function matchAt(
  source: string,
  index: number,
  depth: number,
): { inline: Inline; end: number } | null {
  for (const { pattern, read } of RULES) {
    pattern.lastIndex = index;
    const match = pattern.exec(source);
    if (match === null) continue;
    // Reading the inside uses the same patterns, so their place is taken now.
    const end = pattern.lastIndex;
    const inline = read(match.groups ?? {}, depth);
    if (inline !== null) return { inline, end };
  }
  return null;
}

/** Only addresses that are whole; the text itself where none is given. */
function linkTo(url: string, children?: Inline[]): Inline | null {
  if (!URL.canParse(url)) return null;
  return { type: "link", url, children: children ?? [{ type: "text", text: url }] };
}
