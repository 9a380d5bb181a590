import { IntlMessageFormat } from "intl-messageformat";

import { de } from "./de/index.ts";
import { en } from "./en/index.ts";
import { ja } from "./ja/index.ts";

/** A message's name, such as `refusal.paused`; the English catalogue has them all. */
export type MessageKey = keyof typeof en;
/** What stands in for `{name}` in a message. */
export type MessageParameters = Readonly<Record<string, string | number | Date>>;
/** Says a message in the language of whoever reads it. */
export type Say = (key: MessageKey, parameters?: MessageParameters) => string;

/** The languages that the bot speaks, by Discord's locale codes; others get English. */
export const CATALOGUES = { en, de, ja } satisfies Record<string, Record<MessageKey, string>>;
export type Language = keyof typeof CATALOGUES;

/** The catalogue for one of Discord's locales, such as `de` or `en-GB`. */
export function languageOf(locale: string): Language {
  const [language = ""] = locale.split("-");
  return Object.hasOwn(CATALOGUES, language) ? (language as Language) : "en";
}

const formats = new Map<string, IntlMessageFormat>();

/** A message in somebody's language; the catalogues are in ICU MessageFormat. */
export function translate(
  locale: string,
  key: MessageKey,
  parameters: MessageParameters = {},
): string {
  const language = languageOf(locale);
  const name = `${language} ${key}`;
  let format = formats.get(name);
  if (format === undefined) {
    // Discord's own markup, such as <@1> and <t:2:R>, looks like tags.
    format = new IntlMessageFormat(CATALOGUES[language][key], language, undefined, {
      ignoreTag: true,
    });
    formats.set(name, format);
  }
  return String(format.format({ ...parameters }));
}

/** Messages in the language of `reader`: an interaction, or the place of a job. */
export function sayTo({ locale }: { readonly locale: string }): Say {
  return (key, parameters) => translate(locale, key, parameters);
}
