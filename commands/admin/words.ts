import type { ChatInputCommandInteraction } from "discord.js";

import { addWord, listWords, removeWord } from "../../src/generation/policy/guild-rules.ts";
import { loadPolicy } from "../../src/generation/policy/load-policy.ts";
import { findForbidden, type WordRule } from "../../src/generation/policy/word-rules.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { code, tellChange, tellList } from "../administration/answers.ts";
import { asAdmin } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

/** Characters of the rules that a list names, well within what a message's list has room for. */
const MAX_LISTED = 3200;

function ruleOf({ options }: ChatInputCommandInteraction): WordRule {
  const kind = options.getString("kind") === "pattern" ? "pattern" : "word";
  return { kind, text: options.getString("text", true) };
}

function ruleText(say: Say, rule: WordRule | null): string {
  if (rule === null) return say("admin.word-none");
  return say(rule.kind === "word" ? "admin.word-is-word" : "admin.word-is-pattern", {
    text: code(rule.text),
  });
}

export const wordAdd: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const rule = ruleOf(interaction);
  const changed = await addWord(context.administration.db, actor, rule);
  await tellChange(interaction, {
    title: say("admin.word-title", { text: code(rule.text) }),
    before: ruleText(say, changed.before),
    after: ruleText(say, changed.after),
    isNew: changed.isNew,
  });
};

export const wordRemove: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const { db } = context.administration;
  const wanted = interaction.options.getString("text", true);
  // As the list completes it: a kind before a colon; else a word as it was typed.
  const [, kind = "word", text = wanted] = /^(word|pattern):(.*)$/s.exec(wanted) ?? [];
  const rule: WordRule = { kind: kind === "pattern" ? "pattern" : "word", text };
  const changed = await removeWord(db, actor, rule);
  await tellChange(interaction, {
    title: say("admin.word-title", { text: code(text) }),
    before: ruleText(say, changed.before),
    after: ruleText(say, changed.after),
    isNew: changed.isNew,
  });
};

export const completeWord: Completion = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const words = await listWords(context.administration.db, actor.guildId);
  const choices = words
    .map(({ kind, text }) => ({ name: text, value: `${kind}:${text}` }))
    // Discord takes no longer value; such a rule is removed by its whole text.
    .filter(({ value }) => value.length <= 100);
  return matching(interaction, choices);
};

/** As many as can be named whole. */
function listable(rules: readonly WordRule[]): readonly WordRule[] {
  let length = 0;
  const end = rules.findIndex(({ text }) => {
    length += `${code(text)}, `.length;
    return length > MAX_LISTED;
  });
  return end === -1 ? rules : rules.slice(0, end);
}

export const wordList: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const words = await listWords(context.administration.db, actor.guildId);
  const listed = listable(words);
  const ofKind = (kind: WordRule["kind"]): string =>
    listed
      .filter((rule) => rule.kind === kind)
      .map(({ text }) => code(text))
      .join(", ");
  const [plain, patterns] = [ofKind("word"), ofKind("pattern")];
  const more = words.length - listed.length;
  await tellList(interaction, {
    title: say("admin.words-title"),
    lines: [
      ...(plain === "" ? [] : [plain]),
      ...(patterns === "" ? [] : [say("admin.words-patterns", { patterns })]),
      ...(more > 0 ? [say("admin.words-more", { count: more })] : []),
    ],
    empty: say("admin.words-empty"),
    remark: say("admin.words-starter"),
  });
};

export const wordTest: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const { guildId, userId } = actor;
  const { words } = await loadPolicy(context.administration.db, { guildId, userId });
  const texts = [interaction.options.getString("text", true)];
  const isAgeRestricted = requester.isAgeRestrictedChannel;
  const forbidden = findForbidden(texts, words, { isAgeRestricted });
  const result =
    forbidden === null
      ? say("admin.test-allowed")
      : say("admin.test-refused", {
          found: code(forbidden.found),
          rule: code(forbidden.rule.text),
          source: forbidden.isBuiltIn ? "builtin" : forbidden.rule.kind,
        });
  await tellList(interaction, {
    title: say("admin.test-title"),
    lines: [result],
    empty: "",
    remark: say(isAgeRestricted ? "admin.test-restricted" : "admin.test-open"),
  });
};
