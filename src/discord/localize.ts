import { Locale } from "discord.js";

import { CATALOGUES, type Language, type MessageKey, translate } from "../i18n/translate.ts";

/** Discord's codes of the catalogues' languages; English is what Discord shows everyone else. */
const LOCALES: Readonly<Record<Exclude<Language, "en">, Locale>> = {
  de: Locale.German,
  ja: Locale.Japanese,
};

/** The part of a message's name between `command.` and `.description`, such as `imagine` or `imagine.prompt`. */
type CommandText = {
  [Key in MessageKey]: Key extends `command.${infer Text}.description` ? Text : never;
}[MessageKey];

/** A message in every language, as definitions of commands take it. */
function inAllLanguages(key: MessageKey): {
  readonly text: string;
  readonly localizations: Partial<Record<Locale, string>>;
} {
  const others = Object.keys(CATALOGUES).filter((language) => language in LOCALES);
  return {
    text: translate("en", key),
    localizations: Object.fromEntries(
      others.map((language) => [
        LOCALES[language as keyof typeof LOCALES],
        translate(language, key),
      ]),
    ),
  };
}

/** Name and description of a command or option, from `command.<text>.name` and `.description`. */
export function named(text: CommandText) {
  const name = inAllLanguages(`command.${text}.name` as MessageKey);
  const description = inAllLanguages(`command.${text}.description` as MessageKey);
  return {
    name: name.text,
    name_localizations: name.localizations,
    description: description.text,
    description_localizations: description.localizations,
  };
}

/** The name of a context menu's entry, or of a choice. */
export function titled(key: MessageKey) {
  const { text, localizations } = inAllLanguages(key);
  return { name: text, name_localizations: localizations };
}
