/** What admins, moderators and the owner are told. */
export const admin = {
  "refusal.guild-paused":
    "An admin of this server has paused the bot here. Try again when it is resumed.",
  "refusal.rule-long": "A word or pattern may have {max} characters; this one has {length}.",
  "refusal.rule-empty": "That holds no letters or digits to look for.",
  "refusal.rule-many": "This server has {max} rules of that kind already, the most there may be.",
  "refusal.pattern-invalid":
    "That is no regular expression that can be used here: {problem}. There is no look-around and there are no back-references, so that every text is checked in linear time.",
  "refusal.pattern-large":
    "That pattern is too large: it takes {size} steps, and {max} are allowed. Repeat less often in it.",
  "refusal.pattern-matches-all":
    "That pattern also matches an empty text, so it would refuse everything.",
  "refusal.setting": "{name} cannot be set to that: {problem}.",
  "refusal.style-many": "This server has {max} styles of its own already, the most there may be.",
  "refusal.style-name": "A style needs a name of 1 to {max} characters.",
  "refusal.style-template":
    "The template must say '{prompt}' where the prompt goes, for example: a watercolour painting of '{prompt}'.",
  "refusal.style-long": "A template or negative prompt may have {max} characters.",
  "refusal.style-unknown": "This server has no style of its own named “{name}”.",
  "refusal.rule-unknown": "This server has no such rule: “{text}”. See /admin words list.",
  "refusal.ceiling":
    "The bot's owner gives this server {credits, number} credits {period, select, minute {a minute} hour {an hour} day {a day} month {a month} other {in all}}; no limit inside it can be higher.",
  "refusal.guild-unknown": "The bot has never been in a server with the id {id}.",
  "refusal.report-gone":
    "That report is not kept any more: its time was up, or it belongs to another server.",
} as const;
