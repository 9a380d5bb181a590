import type { Notice } from "../../generation/messenger.ts";
import type { JobView } from "../../generation/types.ts";
import { type Say, sayTo } from "../../i18n/translate.ts";
import { ACCENT, type Card, card, cut, small, text } from "./components.ts";
import { escapeMarkdown } from "./markdown.ts";
import { promptOf } from "./running-cards.ts";

const MAX_PROMPT = 600;
const MAX_REASON = 1000;

type Failed = Extract<Notice, { kind: "failed" }>;
type Cancelled = Extract<Notice, { kind: "cancelled" }>;

export function failedCard(job: JobView, { code, message, errorId }: Failed): Card {
  const say = sayTo(job.place);
  const reason = reasonOf({ code, message, errorId }, say);
  return card(ACCENT.bad, [text(`${say("card.failed")}\n${reason}`), small([shortPrompt(job)])]);
}

/** For a picture that waits in /history, since Discord refuses it here. */
export function undeliveredCard(job: JobView): Card {
  const words = sayTo(job.place)("card.undelivered");
  return card(ACCENT.bad, [text(words), small([shortPrompt(job)])]);
}

/** In the requester's language where it is one that every machine knows. */
function reasonOf({ code, message, errorId }: Omit<Failed, "kind">, say: Say): string {
  if (code === "out_of_memory") return say("problem.memory");
  if (code === "crashed") return say("card.failed-crashed");
  if (errorId !== null) return say("card.failed-bug", { id: errorId });
  return escapeMarkdown(cut(message, MAX_REASON));
}

export function cancelledCard(job: JobView, { byUserId }: Cancelled): Card {
  const say = sayTo(job.place);
  const line =
    byUserId === null || byUserId === job.userId
      ? say("card.cancelled")
      : say("card.cancelled-by", { user: byUserId });
  return card(ACCENT.quiet, [text(line), small([shortPrompt(job)])]);
}

function shortPrompt(job: JobView): string {
  return escapeMarkdown(cut(promptOf(job).replaceAll(/\s+/g, " "), MAX_PROMPT));
}
