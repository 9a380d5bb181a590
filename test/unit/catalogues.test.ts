import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { IntlMessageFormat } from "intl-messageformat";

import { PROJECT_DIR } from "../../src/config.ts";
import { CATALOGUES, languageOf, type MessageKey, translate } from "../../src/i18n/translate.ts";

const KEYS = Object.keys(CATALOGUES.en) as MessageKey[];
const LANGUAGES = Object.keys(CATALOGUES) as (keyof typeof CATALOGUES)[];

/** Commands and their subcommands: those with options of their own among them are typed all the same. */
const COMMANDS = KEYS.flatMap((key) => /^(command\.(?!option)[\w.]+)\.name$/.exec(key)?.[1] ?? []);

/** An element of a parsed message: 0 is plain text. */
interface Part {
  readonly type: number;
  readonly value?: string;
  readonly options?: Record<string, { readonly value: readonly Part[] }>;
}

/** Names of what stands in for something, also inside the choices of others. */
function parametersOf(message: string): string[] {
  const names = (parts: readonly Part[]): string[] =>
    parts.flatMap(({ type, value, options = {} }) => [
      ...(value === undefined || type === 0 ? [] : [value]),
      ...Object.values(options).flatMap((option) => names(option.value)),
    ]);
  const format = new IntlMessageFormat(message, "en", undefined, { ignoreTag: true });
  return [...new Set(names(format.getAst()))].sort();
}

/** The keys of commands that a message names, such as `command.admin.quota`; what names none stands as it is written. */
function commandsIn(message: string, language: keyof typeof CATALOGUES): string[] {
  const typed = COMMANDS.map((key) => {
    const words = key.split(".").slice(1);
    const names = words.map((_, index) =>
      translate(language, `command.${words.slice(0, index + 1).join(".")}.name` as MessageKey),
    );
    return { key, text: `/${names.join(" ")}` };
  }).sort((a, b) => b.text.length - a.text.length);
  return [...message.matchAll(/(?<![\p{L}<./)])\/\p{L}[^]*/gu)].map(
    ([rest]) => typed.find(({ text }) => rest.startsWith(text))?.key ?? rest,
  );
}

/** Every `.ts` file of the program outside of the catalogues. */
function sources(): string {
  const files = ["src", "commands"].flatMap((folder) =>
    readdirSync(join(PROJECT_DIR, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !/^i18n[/\\](?:en|de|ja)/.test(name))
      .map((name) => join(PROJECT_DIR, folder, name)),
  );
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

describe("the message catalogues", () => {
  for (const language of LANGUAGES) {
    it(`have every message in ${language}, and no other`, () => {
      assert.deepEqual(Object.keys(CATALOGUES[language]).sort(), [...KEYS].sort());
      for (const key of KEYS) assert.notEqual(CATALOGUES[language][key].trim(), "", key);
    });

    it(`use in ${language} what the English messages use`, () => {
      for (const key of KEYS) {
        const english = parametersOf(CATALOGUES.en[key]);
        assert.deepEqual(parametersOf(CATALOGUES[language][key]), english, key);
      }
    });
  }

  for (const language of LANGUAGES)
    it(`name commands in ${language} as its readers type them`, () => {
      for (const key of KEYS.filter((one) => !one.startsWith("command."))) {
        const english = commandsIn(CATALOGUES.en[key], "en");
        assert.deepEqual(
          commandsIn(CATALOGUES[language][key], language).sort(),
          english.sort(),
          key,
        );
      }
    });

  it("hold nothing that no code asks for", () => {
    const code = sources();
    // Keys that are put together from a part that the code holds.
    const stems = /^(?:permission|command|choice)\./;
    const unused = KEYS.filter(
      (key) => !code.includes(`"${key}"`) && !stems.test(key) && !code.includes(`\`${stemOf(key)}`),
    );
    assert.deepEqual(unused, []);
  });

  it("serve Discord's locales by their language, others in English", () => {
    assert.equal(languageOf("de"), "de");
    assert.equal(languageOf("en-GB"), "en");
    assert.equal(languageOf("pt-BR"), "en");
    assert.equal(languageOf("constructor"), "en");
    assert.equal(translate("ja", "card.cancel"), "キャンセル");
  });

  it("leave Discord's own markup as it is", () => {
    assert.equal(translate("en", "card.ready", { user: "123" }), "<@123>, your picture is ready.");
  });
});

function stemOf(key: string): string {
  return key.slice(0, key.lastIndexOf(".") + 1);
}
