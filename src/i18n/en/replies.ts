/** What is said about commands and buttons in general. */
export const replies = {
  "permission.viewChannel": "View Channel",
  "permission.sendMessages": "Send Messages",
  "permission.embedLinks": "Embed Links",
  "permission.attachFiles": "Attach Files",
  "permission.readMessageHistory": "Read Message History",
  "permission.sendMessagesInThreads": "Send Messages in Threads",
  "approval.waits":
    "**{name}** (`{id}`) has added the bot and waits for your approval. Until then, nobody can draw there.",
  "approval.approve": "Approve",
  "approval.refuse": "Refuse",
  "approval.done":
    "Server {server} {state, select, approved {is served from now on} other {is not served}}. You can change that with /owner guilds.",
  "reply.apology":
    "Something went wrong on my side, and nothing was charged. If it happens again, give the bot's owner this number: {id}",
  "reply.unknown-command": "I do not know that command any more. Reload Discord, then try again.",
  "reply.begun": "Reading your prompt …",
  "reply.favourite-on": "⭐ Added to your favourites. See them with /history.",
  "reply.favourite-off": "Removed from your favourites.",
  "reply.favourite-which": "Which picture?",
  "delete.title": "Delete this card?",
  "delete.text":
    "The card and its pictures are deleted for everyone, from /history as well. This cannot be undone.",
  "delete.text-one":
    "This card and its picture are deleted for everyone, from /history as well. Other cards that show it stay. This cannot be undone.",
  "hint.built-in-model":
    "This is the small built-in model: it draws what has an emoji, everyday things best. For real pictures the bot's owner runs `npx sanabot models recommend`.",
  "hint.english-prompts":
    "Tip: {model} understands English best. Prompts in English give better pictures.",
} as const;
