/** Why a request is not taken; each says what would be. */
export const refusals = {
  "refusal.paused":
    "The bot is paused by its owner. {when, select, unknown {Try again later.} other {It resumes {when}.}}",
  "refusal.no-worker":
    "No GPU worker is running at the moment. Try again in a minute; if it stays so, tell the bot's owner.",
  "refusal.unknown-model": "There is no model “{model}” here. Installed: {models}.",
  "refusal.unknown-style": "There is no style “{style}” here. Available: {styles}.",
  "refusal.blocked":
    "You cannot use the bot {until, select, none {here} other {before {until}}}.{reason, select, none { } other {\nReason: {reason}\n}}If that seems wrong, ask the moderators.",
  "refusal.guild-pending": "This server still waits for the approval of the bot's owner.",
  "refusal.guild-refused": "The bot's owner has not approved this server.",
  "refusal.direct-messages-off":
    "The bot draws in servers only; its owner has not switched direct messages on.",
  "refusal.channel":
    "The bot may not be used in this channel. {channels, select, none {} other {Try {channels}.}}",
  "refusal.role": "The bot is for members with one of these roles: {roles}.",
  "refusal.account-age":
    "Your account must be at least {days, plural, one {# day} other {# days}} old to use the bot here.",
  "refusal.membership-age":
    "You must have been a member here for at least {days, plural, one {# day} other {# days}} to use the bot.",
  "refusal.word":
    "Your text holds something that is not allowed here: “{word}”. Change it and try again.",
  "refusal.picture-word":
    "This picture's prompt holds something that is not allowed in this channel: “{word}”. Post it where that is allowed.",
  "refusal.private-off": "Private pictures are switched off on this server.",
  "refusal.foreign-pictures-off": "Only pictures that the bot made can be used here.",
  "refusal.prompt-empty": "The prompt is empty. Say what to draw, for example “a red apple”.",
  "refusal.size": "{width} × {height} is larger than allowed here ({max} × {max}).",
  "refusal.rate": "That was a bit fast. Try again {when}.",
  "refusal.waiting-user":
    "You have {count, plural, one {# picture} other {# pictures}} waiting already, the most at once here. Cancel one with /queue, or wait for it.",
  "refusal.waiting-guild":
    "This server has {count, plural, one {# request} other {# requests}} waiting already, the most at once. Try again when some are done.",
  "refusal.quota":
    "That would go over {scope, select, global {the limit of everyone together} guild {this server's limit} guild_ceiling {this server's limit} guild_user {your limit here} other {your limit}} for {period, select, minute {this minute} hour {this hour} day {today} month {this month} other {good}}. {renews, select, never {It does not renew by itself; ask an admin.} other {It renews {renews}.}} {fits, plural, =0 {Nothing fits until then.} one {About # picture like the usual would still fit.} other {About # pictures like the usual would still fit.}}",
  "refusal.permissions":
    "I cannot post pictures in this channel. I need these permissions here: {permissions}.",
  "refusal.picture-gone":
    "That picture is no longer stored, and its message does not show it either.",
  "refusal.not-yours": "Only {user} or a moderator can do that.",
  "refusal.proposal-gone":
    "That question is no longer open: it was answered already, or too long ago. Ask again if you still want it.",
  "refusal.proposal-not-yours": "Only {user} can answer that.",
  "refusal.buttons-owner-only":
    "On this server, only the person who asked for a picture can use its buttons.",
  "refusal.forged": "That button is not one of mine, or it is older than my signing key.",
  "refusal.job-ended": "That job has ended already.",
  "refusal.no-picture": "There is no picture in that message.",
  "refusal.upscale-max": "That picture is already {longest} pixels long; nothing would be gained.",
} as const;
