import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { ApplicationCommandOptionType, ApplicationCommandType } from "discord.js";

import { COMMANDS, COMPONENTS } from "../../commands/index.ts";

/** What Discord counts of a command: names, descriptions and values, each in its longest language. */
const MAX_CHARACTERS = 8000;
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

interface Described {
  readonly name: string;
  readonly name_localizations?: Record<string, string | null> | null;
  readonly description?: string;
  readonly description_localizations?: Record<string, string | null> | null;
  readonly type?: number;
  readonly required?: boolean;
  readonly options?: readonly Described[];
  readonly choices?: readonly (Described & { readonly value: string | number })[];
}

const SLASH = COMMANDS.filter(({ kind }) => kind === "slash").map(({ data }) => data as Described);
const MENUS = COMMANDS.filter(({ kind }) => kind === "message").map(
  ({ data }) => data as Described,
);

function textsOf(text: string | undefined, localizations: Described["name_localizations"]) {
  return [text ?? "", ...Object.values(localizations ?? {}).map(String)];
}

function* withOptions(command: Described): Generator<Described> {
  yield command;
  for (const option of command.options ?? []) yield* withOptions(option);
}

function sizeOf(described: Described): number {
  const longest = (texts: string[]) => Math.max(...texts.map(({ length }) => length));
  const own =
    longest(textsOf(described.name, described.name_localizations)) +
    longest(textsOf(described.description, described.description_localizations));
  const choices = (described.choices ?? []).map(
    (choice) =>
      longest(textsOf(choice.name, choice.name_localizations)) + String(choice.value).length,
  );
  const options = (described.options ?? []).map(sizeOf);
  return [own, ...choices, ...options].reduce((sum, size) => sum + size, 0);
}

describe("the commands", () => {
  it("are there", () => {
    assert.ok(SLASH.length >= 7);
    assert.ok(MENUS.length >= 3);
  });

  for (const command of SLASH)
    describe(`/${command.name}`, () => {
      it("has names and descriptions that Discord takes, in each language", () => {
        for (const part of withOptions(command)) {
          for (const name of textsOf(part.name, part.name_localizations)) {
            assert.match(name, NAME);
            assert.equal(name, name.toLowerCase());
          }
          for (const text of textsOf(part.description, part.description_localizations))
            assert.ok(text.length >= 1 && text.length <= 100, `${part.name}: ${text}`);
        }
      });

      it("has no more options and choices than Discord takes, the required ones first, none named twice", () => {
        for (const part of withOptions(command)) {
          const options = part.options ?? [];
          assert.ok(options.length <= 25 && (part.choices ?? []).length <= 25, part.name);
          const required = options.map((option) => option.required === true);
          assert.deepEqual(
            required,
            required.toSorted((a, b) => Number(b) - Number(a)),
          );
          for (const language of ["en", "de", "ja"]) {
            const names = options.map(
              ({ name, name_localizations: all }) => all?.[language] ?? name,
            );
            assert.equal(new Set(names).size, names.length, `${part.name} in ${language}`);
          }
          for (const choice of part.choices ?? [])
            for (const name of textsOf(choice.name, choice.name_localizations))
              assert.ok(name.length >= 1 && name.length <= 100, name);
        }
      });

      it("stays within Discord's 8000 characters", () => {
        assert.ok(sizeOf(command) <= MAX_CHARACTERS, String(sizeOf(command)));
      });

      it("has German and Japanese texts for everything", () => {
        for (const part of withOptions(command)) {
          assert.deepEqual(Object.keys(part.name_localizations ?? {}), ["de", "ja"], part.name);
          assert.deepEqual(Object.keys(part.description_localizations ?? {}), ["de", "ja"]);
        }
      });
    });

  it("have menu entries of at most 32 characters in each language, without a description", () => {
    for (const menu of MENUS) {
      assert.equal(menu.type, ApplicationCommandType.Message);
      assert.equal(menu.description, undefined);
      for (const name of textsOf(menu.name, menu.name_localizations))
        assert.ok(name.length >= 1 && name.length <= 32, name);
    }
  });

  it("have no two of one kind with one name in any language", () => {
    for (const kind of [SLASH, MENUS])
      for (const language of ["en", "de", "ja"]) {
        const names = kind.map(({ name, name_localizations: all }) => all?.[language] ?? name);
        assert.equal(new Set(names).size, names.length, language);
      }
  });

  it("ask for choices where an option completes itself", () => {
    const completing = COMMANDS.filter(({ kind }) => kind === "slash").filter(({ data }) =>
      [...withOptions(data as Described)].some(
        (part) => "autocomplete" in part && part.autocomplete === true,
      ),
    );
    assert.ok(completing.length > 0);
    for (const command of completing)
      assert.equal("autocomplete" in command && typeof command.autocomplete, "function");
  });

  it("take files where they say so", () => {
    const imagine = SLASH.find(({ name }) => name === "imagine");
    const image = imagine?.options?.find(({ name }) => name === "image");
    assert.equal(image?.type, ApplicationCommandOptionType.Attachment);
  });
});

describe("the components", () => {
  it("have each an action of its own", () => {
    const actions = COMPONENTS.map(({ action }) => action);
    assert.equal(new Set(actions).size, actions.length);
    for (const action of actions) assert.match(action, /^[a-z-]{1,20}$/);
  });
});
