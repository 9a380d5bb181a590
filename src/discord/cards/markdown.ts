/** What Discord's Markdown takes for more than itself anywhere; and what it does at the start of a line. */
const SPECIAL = /[\\*_~`|<[]/g;
const SPECIAL_AT_START = /^(?<before>[^\S\n]*\d*)(?<mark>[>#+\-.])/gm;
/** Discord shows the character after a backslash as it is, unless it is a letter, a digit or a space. */
const ESCAPED = /\\(?<mark>[^0-9A-Za-z\s])/g;

/** A member's text so that Discord shows it as it was written: no headings, links, mentions or hidden text. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(SPECIAL, String.raw`\$&`)
    .replaceAll(SPECIAL_AT_START, String.raw`$<before>\$<mark>`);
}

/** What {@link escapeMarkdown} was given. */
export function unescapeMarkdown(text: string): string {
  return text.replaceAll(ESCAPED, "$<mark>");
}
