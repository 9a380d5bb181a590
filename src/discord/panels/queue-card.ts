import { ComponentType } from "discord.js";

import type { QueueEntry, QueueView } from "../../generation/generation-port.ts";
import { sayTo, translate } from "../../i18n/translate.ts";
import {
  ACCENT,
  type Card,
  card,
  cut,
  pressButton,
  row,
  small,
  text,
} from "../cards/components.ts";
import { escapeMarkdown } from "../cards/markdown.ts";
import { describeProgress, promptOf } from "../cards/running-cards.ts";
import { relativeMoment, relativeTime } from "../cards/time.ts";
import { type CustomIds, shortId } from "../custom-id.ts";

const MAX_LINES = 20;
const MAX_PROMPT = 80;
/** Discord's limit of a select. */
const MAX_OPTIONS = 25;

interface Reader {
  readonly userId: string;
  readonly locale: string;
}

/** What runs and waits here, with a way to cancel one's own. */
export function queueCard(view: QueueView, reader: Reader, ids: CustomIds): Card {
  const say = sayTo(reader);
  const { entries, elsewhere, pausedUntil, isPausedHere } = view;
  const lines = entries.slice(0, MAX_LINES).map((entry) => lineOf(entry, reader));
  const more = entries.length - lines.length;
  const paused =
    pausedUntil === null
      ? []
      : [
          say("queue.paused", {
            when: pausedUntil === "unknown" ? pausedUntil : relativeMoment(pausedUntil),
          }),
        ];
  const refresh = ids.write({ action: "queue-refresh", id: "", index: 0 });
  return card(ACCENT.working, [
    text(say("queue.title")),
    text(
      [
        ...paused,
        ...(isPausedHere ? [say("queue.paused-here")] : []),
        ...(lines.length === 0 ? [say("queue.empty")] : lines),
        ...(more > 0 ? [say("queue.more", { count: more })] : []),
      ].join("\n"),
    ),
    small([elsewhere > 0 ? say("queue.elsewhere", { count: elsewhere }) : null]),
    cancelSelect(entries, reader, ids),
    row(pressButton(refresh, { label: say("queue.refresh"), emoji: "🔄" })),
  ]);
}

function lineOf(
  { job, position, etaSeconds, progress }: QueueEntry,
  { userId, locale }: Reader,
): string {
  const who = `<@${job.userId}>`;
  const prompt =
    job.isPrivate && job.userId !== userId
      ? translate(locale, "queue.private")
      : escapeMarkdown(shortPrompt(promptOf(job)));
  if (position === null) {
    const running = progress ?? { stage: "load" as const };
    return translate(locale, "queue.running", {
      who,
      prompt,
      progress: describeProgress(running, locale),
    });
  }
  const eta =
    etaSeconds === null
      ? translate(locale, "queue.soon")
      : translate(locale, "queue.starts", { when: relativeTime(etaSeconds.median) });
  return translate(locale, "queue.waiting", { position, who, prompt, eta });
}

function cancelSelect(entries: readonly QueueEntry[], { userId, locale }: Reader, ids: CustomIds) {
  const own = entries.filter(({ job }) => job.userId === userId).slice(0, MAX_OPTIONS);
  if (own.length === 0) return null;
  return row({
    type: ComponentType.StringSelect,
    custom_id: ids.write({ action: "queue-cancel", id: "", index: 0 }),
    placeholder: translate(locale, "queue.cancel"),
    options: own.map(({ job, position }) => ({
      label: cut(`${position ?? "▶"} ${shortPrompt(promptOf(job))}`, 100),
      value: shortId(job.id),
    })),
  });
}

/** On one line; never empty, which Discord refuses as a label. */
function shortPrompt(prompt: string): string {
  return cut(prompt.replaceAll(/\s+/g, " ").trim() || "–", MAX_PROMPT);
}
