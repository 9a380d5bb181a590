/** Marks of kana, which make another letter of it: が is not か. */
const KANA_MARKS = /[\u3099\u309A]/u;

/**
 * Brings a text into the form in which words are compared: compatibility forms, case, accents and invisible characters
 * do not count, and white space is one blank. `ＮＵＤＥ`, `nüde` and `nu<zero-width space>de` all become `nude`.
 */
export function foldText(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, (mark) => (KANA_MARKS.test(mark) ? mark : ""))
    .replaceAll(/\p{Cf}/gu, "")
    .normalize("NFC")
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

/** Letters and digits, which a whole word has none of on either side. */
const WORD_CHARACTER = /[\p{L}\p{N}]/u;
/** Scripts that are written without blanks between words: there, a word is found anywhere. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Whether a folded text holds a folded word or phrase as whole words. */
export function holdsWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (isBoundary(text.slice(0, at), word, "before")) {
      if (isBoundary(text.slice(at + word.length), word, "after")) return true;
    }
  }
  return false;
}

function isBoundary(rest: string, word: string, side: "before" | "after"): boolean {
  const [outside, inside] =
    side === "before" ? [lastOf(rest), firstOf(word)] : [firstOf(rest), lastOf(word)];
  if (UNSPACED.test(inside)) return true;
  return !WORD_CHARACTER.test(outside) || !WORD_CHARACTER.test(inside);
}

function firstOf(text: string): string {
  const code = text.codePointAt(0);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** The last character, also where it takes two code units. */
function lastOf(text: string): string {
  return /.$/su.exec(text.slice(-2))?.[0] ?? "";
}
