import { ComponentType } from "discord.js";

import type { QueueEntry, QueueView } from "../../generation/generation-port.ts";
import type { JobView } from "../../generation/types.ts";
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
/** Discord's limits of a select, and of what is completed. */
const MAX_OPTIONS = 25;
const MAX_LABEL = 100;

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

function lineOf({ job, position, etaSeconds, progress }: QueueEntry, reader: Reader): string {
  const { locale } = reader;
  const who = `<@${job.userId}>`;
  const prompt = escapeMarkdown(visiblePrompt(job, reader));
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
      label: queueLabel({ job, position }, { userId, locale }),
      value: shortId(job.id),
    })),
  });
}

/** A job in a list to choose from. */
export function queueLabel(
  { job, position }: Pick<QueueEntry, "job" | "position">,
  reader: Reader,
): string {
  return cut(`${position ?? "▶"} ${visiblePrompt(job, reader)}`, MAX_LABEL);
}

/** On one line; never empty, which Discord refuses as a label. A private one is its member's alone, whoever moderates. */
function visiblePrompt(job: JobView, { userId, locale }: Reader): string {
  if (job.isPrivate && job.userId !== userId) return translate(locale, "queue.private");
  return cut(promptOf(job).replaceAll(/\s+/g, " ").trim() || "–", MAX_PROMPT);
}
