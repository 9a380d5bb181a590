import type { Notice } from "../../generation/messenger.ts";
import type { JobView } from "../../generation/types.ts";
import type { CustomIds } from "../custom-id.ts";
import type { Card } from "./components.ts";
import { cancelledCard, failedCard, undeliveredCard } from "./ended-cards.ts";
import { finishedCard } from "./finished-card.ts";
import { queuedCard, runningCard } from "./running-cards.ts";

/** What a job's answer looks like, in the language of whoever asked. */
export function noticeCard(job: JobView, notice: Notice, ids: CustomIds): Card {
  switch (notice.kind) {
    case "queued":
      return queuedCard(job, notice, ids);
    case "running":
      return runningCard(job, notice, ids);
    case "finished":
      return finishedCard(job, notice, ids);
    case "failed":
      return failedCard(job, notice);
    case "undelivered":
      return undeliveredCard(job);
    case "cancelled":
      return cancelledCard(job, notice);
  }
}
