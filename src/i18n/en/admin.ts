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
  "refusal.guild-unknown":
    "The bot has never been in a server with the id {id}. Choose one from the list that opens while you type.",
  "refusal.block-self": "You cannot block yourself.",
  "refusal.job-unknown":
    "There is no such request here. Choose one from the list that opens while you type; where it is empty, nothing runs or waits.",
  "refusal.scope-only":
    "{what, select, server {A server} other {A user}} can be named only with the scope “{scope}”.",
  "refusal.report-gone":
    "That report is not kept any more: its time was up, or it belongs to another server.",
  "refusal.not-admin": "That is for admins of this server (permission Manage Server).",
  "refusal.not-moderator": "That is for moderators of this server (permission Moderate Members).",
  "refusal.not-owner": "That is for the owner of the bot alone.",
  "refusal.target": "Name whom it is for: a member or a role.",
  "refusal.limit-needed":
    "Say how many credits the limit allows, or choose no-limit to take it away: one of the two.",
  "refusal.reset-target":
    "Name the member, or choose whole-server to forgive what the whole server has used: one of the two.",
  "refusal.message-link":
    "That is no link of a message. Open the message's menu, choose Copy Message Link, and paste it here.",
  "refusal.message-elsewhere": "That message is on another server.",
  "refusal.not-ours": "That message is not one of mine.",
  "refusal.number": "{name}: “{written}” is no whole number.",
  "refusal.range": "{name}: choose a number from {min, number} to {max, number}.",
  "refusal.server-needed": "Name a server, or give the command on it.",
  "refusal.time": "Give both times as HH:MM, for example 22:00 and 07:30, or choose off alone.",
  "refusal.time-zone": "There is no time zone “{zone}”. Write it as Europe/Berlin or Asia/Tokyo.",
  "admin.before-after": "Before: {before}\nNow: {after}",
  "admin.same": "Unchanged: {value}",
  "admin.repeated": "This was done already; it was not done a second time.",
  "admin.credits":
    "{credits, plural, one {# credit} other {# credits}}{pictures, plural, =-1 {} =0 { (less than a usual picture)} one { (about # usual picture)} other { (about # usual pictures)}}",
  "admin.no-limit": "no limit",
  "admin.on": "on",
  "admin.off": "off",
  "admin.not-blocked": "may use the bot",
  "admin.blocked":
    "blocked {until, select, none {until somebody lifts it} other {(ends {until})}}{reason, select, none {} other {: {reason}}}",
  "admin.target-guild": "this server",
  "admin.target-everyone": "each member",
  "admin.limit-title":
    "Limit {period, select, minute {a minute} hour {an hour} day {a day} month {a month} other {in total}}: {target}",
  "admin.role-limit":
    "Each member with the role has this limit; of several roles the most generous counts.",
  "admin.grant-title": "Credits on top of the limits: {target}",
  "admin.grant-expires":
    "{when, select, never {They do not expire.} other {They expire {when}.}} They are spent when a limit has no room left.",
  "admin.grant-role":
    "Members with the role share them. {when, select, never {They do not expire.} other {They expire {when}.}}",
  "admin.reset-title": "Use so far: {target}",
  "admin.reset-remark":
    "What is being drawn now still counts, and so do the limits of the bot's owner.",
  "admin.exempt-title": "Free of limits: {target}",
  "admin.exempt-remark": "From this server's own limits; those of the bot's owner go on counting.",
  "admin.quota-title": "What holds for {target}",
  "admin.own-limit":
    "Limit {period, select, minute {a minute} hour {an hour} day {a day} month {a month} other {in total}}: {limit}",
  "admin.ceiling":
    "The bot's owner gives the whole server {period, select, minute {a minute} hour {an hour} day {a day} month {a month} other {in total}}: {limit}",
  "admin.is-exempt": "Free of this server's limits",
  "admin.grant-line": "On top: {credits}{when, select, never {} other {, expires {when}}}",
  "admin.window":
    "{scope, select, global {Everyone together} guild_ceiling {The owner's for this server} guild {This server} guild_user {Here} other {Everywhere}}, {period, select, minute {this minute} hour {this hour} day {today} month {this month} other {in total}}: {used} of {limit}{renews, select, never {} other {, renews {renews}}}",
  "admin.nothing-limits": "Nothing is limited here.",
  "admin.history-title": "Entries: {target}",
  "admin.history-empty": "No entries yet.",
  "admin.export-lines": "{count, plural, one {# entry} other {# entries}}, the oldest first",
  "admin.ledger-line":
    "{when}: {kind, select, hold {held} settle {charged} release {given back} reset {forgiven} grant {granted} expire {expired} other {{kind}}} {credits, number}{user, select, none {} other { · {user}}}{actor, select, none {} other { by {actor}}}",
  "admin.block-title": "Use of the bot by {user}",
  "admin.channel-title": "The bot in {channel}",
  "admin.channel-allowed": "allowed",
  "admin.channel-denied": "denied",
  "admin.channel-none": "no rule",
  "admin.channel-remark":
    "As soon as a channel is allowed, the bot may be used only in allowed ones.",
  "admin.channels-title": "Where the bot may be used",
  "admin.channels-empty": "Everywhere.",
  "admin.role-title": "The bot for {role}",
  "admin.role-remark":
    "As soon as a role is allowed, the bot is for members with an allowed role only.",
  "admin.roles-title": "Who may use the bot",
  "admin.roles-empty": "Everyone.",
  "admin.word-title": "Rule {text}",
  "admin.word-none": "not a rule",
  "admin.word-is-word": "refused as a whole word: {text}",
  "admin.word-is-pattern": "refused as a pattern: {text}",
  "admin.words-title": "What prompts may not hold here",
  "admin.words-patterns": "Patterns: {patterns}",
  "admin.words-more": "{count, plural, one {and # more} other {and # more}}",
  "admin.words-empty": "This server has no rules of its own.",
  "admin.words-starter": "A built-in list holds as well, outside of age-restricted channels.",
  "admin.test-title": "Test",
  "admin.test-allowed": "That text would be allowed.",
  "admin.test-refused":
    "That text would be refused: {found}, by {source, select, builtin {the built-in list} pattern {the pattern {rule}} other {the word {rule}}}.",
  "admin.test-open": "Tested as in a channel for everyone.",
  "admin.test-restricted": "Tested as in an age-restricted channel.",
  "admin.pause-title": "Pause on this server",
  "admin.pause-remark": "What waits already is still drawn; /admin queue clear cancels it.",
  "admin.clear-title": "Queue of this server",
  "admin.waiting":
    "{count, plural, =0 {nothing waits} one {# request waits} other {# requests wait}}",
  "admin.clear-remark":
    "Nothing was charged for them. What is being drawn goes on; cancel it with /admin queue cancel.",
  "admin.cancel-title": "Request of {user}",
  "admin.job-state":
    "{state, select, waiting {waiting} running {being drawn} cancelled {cancelled} other {{state}}}",
  "admin.style-title": "Style {name}",
  "admin.style-none": "none",
  "admin.styles-title": "Styles that can be chosen here",
  "admin.delete-title": "Message",
  "admin.deleted": "deleted with its pictures",
  "admin.usage-title": "Usage of the last {count, plural, one {# day} other {# days}}",
  "admin.usage-pictures": "pictures",
  "admin.usage-credits": "credits",
  "admin.usage-waiting": "median wait in seconds",
  "admin.usage-top": "Most by credits",
  "admin.usage-nothing": "Nothing was drawn.",
  "admin.usage-summary": "{count, plural, =0 {No pictures} one {# picture} other {# pictures}}",
  "admin.usage-remark": "Days by this server's time zone, {zone}.",
  "admin.audit-title": "Changes, page {page, number}",
  "admin.audit-empty": "Nothing on this page.",
  "admin.audit-line":
    "{when} {actor}: {action} {target}: {same, select, yes {unchanged, {after}} other {{before} → {after}}}{reason, select, none {} other { ({reason})}}",
} as const;
