import { join } from "node:path";

import type { Config } from "../config.ts";
import { AnswerBook } from "../generation/answer-book.ts";
import type { Messenger } from "../generation/messenger.ts";
import { NoticeWriter } from "../generation/notice.ts";
import { readUserSettings } from "../generation/user-settings.ts";
import type { Runtime, Speaking } from "./runtime.ts";

/** What puts a job's answer together, for whoever posts it. */
export function speakingParts(
  { database, models, links }: Runtime,
  messenger: Messenger,
): Speaking {
  const { db } = database;
  return {
    answers: new AnswerBook({ db, models, messenger }),
    notices: new NoticeWriter({
      wantsMention: async (userId) => (await readUserSettings(db, userId)).mention,
      linkTo: (original) => links.linkTo(original),
      abilities: () => models.abilities(),
    }),
  };
}

/** Where lossless originals are kept. */
export function originalsDir({ dataDir }: Pick<Config, "dataDir">): string {
  return join(dataDir, "originals");
}
