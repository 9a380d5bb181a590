import type { Logger } from "pino";

import type { Config } from "../config.ts";
import type { OpenDatabase } from "../db/open-database.ts";
import type { AnswerBook } from "../generation/answer-book.ts";
import type { Caretaker } from "../generation/caretaker.ts";
import type { ModelDirectory } from "../generation/model-directory.ts";
import type { NoticeWriter } from "../generation/notice.ts";
import type { OriginalLinks } from "../http/original-links.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { OwnerAlerts } from "./owner-alerts.ts";

/** What every role of the program stands on. */
export interface Runtime {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly database: OpenDatabase;
  readonly engine: JobEngine;
  readonly models: ModelDirectory;
  readonly links: OriginalLinks;
  /** The key that signs buttons. */
  readonly key: Uint8Array;
  readonly caretaker: Caretaker;
  readonly alerts: OwnerAlerts;
}

/** What speaks to Discord, with the bot's token or without. */
export interface Speaking {
  readonly answers: AnswerBook;
  readonly notices: NoticeWriter;
}

/** A part that runs; stop() may be called twice. */
export interface Running {
  readonly stop: () => Promise<void>;
}
