import type { Notice } from "../../generation/messenger.ts";
import type { JobView } from "../../generation/types.ts";
import { ACCENT, type Card, card, cut, small, text } from "./components.ts";
import { escapeMarkdown } from "./markdown.ts";
import { promptOf, speaker } from "./running-cards.ts";

const MAX_PROMPT = 600;
const MAX_REASON = 1000;

type Failed = Extract<Notice, { kind: "failed" }>;
type Cancelled = Extract<Notice, { kind: "cancelled" }>;

export function failedCard(job: JobView, { code, message, errorId }: Failed): Card {
  const say = speaker(job);
  const reason =
    code === "out_of_memory"
      ? say("card.failed-memory")
      : errorId === null
        ? escapeMarkdown(cut(message, MAX_REASON))
        : say("card.failed-bug", { id: errorId });
  return card(ACCENT.bad, [text(`${say("card.failed")}\n${reason}`), small([shortPrompt(job)])]);
}

export function cancelledCard(job: JobView, { byUserId }: Cancelled): Card {
  const say = speaker(job);
  const line =
    byUserId === null || byUserId === job.userId
      ? say("card.cancelled")
      : say("card.cancelled-by", { user: byUserId });
  return card(ACCENT.quiet, [text(line), small([shortPrompt(job)])]);
}

function shortPrompt(job: JobView): string {
  return escapeMarkdown(cut(promptOf(job).replaceAll(/\s+/g, " "), MAX_PROMPT));
}
