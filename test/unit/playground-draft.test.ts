import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { APIApplicationCommandBasicOption } from "discord-api-types/v10";

import {
  addField,
  changeField,
  checkDraft,
  type Draft,
  remainingOptions,
  startDraft,
  toOptions,
} from "../../src/playground/page/composer/draft.ts";
import {
  type CommandEntry,
  searchEntries,
  spelledEntry,
} from "../../src/playground/page/composer/entries.ts";
import { encodeMentions, mentionAt } from "../../src/playground/page/composer/mentions.ts";

const PROMPT = { type: 3, name: "prompt", description: "", required: true, max_length: 10 };
const COUNT = { type: 4, name: "count", description: "", min_value: 1, max_value: 4 };
const SHAPE = { type: 3, name: "shape", description: "", choices: [{ name: "Wide", value: "w" }] };

function entry(fullName: string, options: readonly object[] = []): CommandEntry {
  const [, ...path] = fullName.split(" ");
  return {
    commandId: fullName,
    path: path.map((name, index) => ({ type: index === path.length - 1 ? 1 : 2, name })),
    fullName,
    label: fullName,
    description: "",
    options: options as readonly APIApplicationCommandBasicOption[],
  };
}

const IMAGINE = entry("imagine", [PROMPT, COUNT, SHAPE]);
const withCount = (text: string): Draft =>
  changeField(addField(startDraft(IMAGINE, "a fox"), IMAGINE.options[1] as never), "count", {
    text,
  });
const errorsOf = (draft: Draft): (string | null)[] =>
  checkDraft(draft).draft.fields.map(({ error }) => error);

describe("a command that is filled in", () => {
  it("begins with its required options, the first with the text that was typed", () => {
    const { fields } = startDraft(IMAGINE, "a fox");
    assert.deepEqual(
      fields.map(({ option, text }) => [option.name, text]),
      [["prompt", "a fox"]],
    );
    assert.deepEqual(
      remainingOptions(startDraft(IMAGINE)).map(({ name }) => name),
      ["count", "shape"],
    );
  });

  it("is complete only within each option's limits", () => {
    assert.deepEqual(errorsOf(startDraft(IMAGINE)), ["This option is required."]);
    assert.deepEqual(errorsOf(startDraft(IMAGINE, "far too long")), [
      "Write at most 10 characters (now 12).",
    ]);
    assert.deepEqual(errorsOf(withCount("5")), [null, "Write a number up to 4."]);
    assert.deepEqual(errorsOf(withCount("1.5")), [null, "Write a whole number."]);
    assert.deepEqual(errorsOf(withCount("two")), [null, "Write a number."]);
    assert.equal(checkDraft(withCount("2")).isComplete, true);
  });

  it("takes only what a list of choices offers", () => {
    const draft = addField(startDraft(IMAGINE, "a fox"), IMAGINE.options[2] as never);
    const typed = changeField(draft, "shape", { text: "round" });
    assert.deepEqual(errorsOf(typed), [null, "Choose one from the list."]);
    const chosen = changeField(draft, "shape", { text: "Wide", chosen: "w" });
    assert.equal(checkDraft(chosen).isComplete, true);
  });

  it("is sent with numbers as numbers and without what was left empty", () => {
    assert.deepEqual(toOptions(withCount("2")), [
      { name: "prompt", type: 3, value: "a fox" },
      { name: "count", type: 4, value: 2 },
    ]);
    assert.deepEqual(
      toOptions(withCount("")).map(({ name }) => name),
      ["prompt"],
    );
  });

  it("is sent below its subcommands", () => {
    assert.deepEqual(toOptions(startDraft(entry("admin quota show"))), [
      { name: "quota", type: 2, options: [{ name: "show", type: 1, options: [] }] },
    ]);
  });

  it("asks for completion with the text as it stands, faulty or not", () => {
    assert.deepEqual(toOptions(withCount("tw"), "count"), [
      { name: "prompt", type: 3, value: "a fox" },
      { name: "count", type: 4, value: "tw", focused: true },
    ]);
  });
});

describe("the list of commands", () => {
  const all = [entry("imagine"), entry("queue"), entry("admin quota show"), entry("quota")];

  it("puts beginnings before words within", () => {
    assert.deepEqual(
      searchEntries(all, "quo").map(({ fullName }) => fullName),
      ["quota", "admin quota show"],
    );
  });

  it("keeps the bot's order while nothing is typed", () => {
    assert.deepEqual(searchEntries(all, ""), all);
  });

  it("knows a command that was spelled out, and what follows", () => {
    const spelled = spelledEntry(all, "/imagine a red apple");
    assert.equal(spelled?.entry.fullName, "imagine");
    assert.equal(spelled?.rest, "a red apple");
    assert.equal(spelledEntry(all, "/imagine"), null);
    assert.equal(spelledEntry(all, "imagine a fox"), null);
  });
});

describe("mentions in the message box", () => {
  const people = [
    { key: "1", label: "Ada", description: "ada" },
    { key: "2", label: "Ada Lovelace", description: "lovelace" },
    { key: "3", label: "C++ (fan)", description: "cpp" },
  ];

  it("become ids, the longest name first", () => {
    assert.equal(encodeMentions("@Ada Lovelace and @ada", people), "<@2> and <@1>");
  });

  it("are names that stand alone, whatever is in them", () => {
    assert.equal(encodeMentions("mail@Ada.com @Adamant", people), "mail@Ada.com @Adamant");
    assert.equal(encodeMentions("hi @C++ (fan)!", people), "hi <@3>!");
  });

  it("are offered while the name before the caret is typed", () => {
    assert.deepEqual(mentionAt("hello @ad", 9), { start: 6, query: "ad" });
    assert.equal(mentionAt("a@b", 3), null);
  });
});
