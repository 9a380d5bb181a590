import { join } from "node:path";

import type { Config } from "../config.ts";
import { DiscordMessenger, type MessengerParts } from "../discord/messenger.ts";
import { AnswerBook } from "../generation/answer-book.ts";
import { JobRowLeases } from "../generation/edit-leases.ts";
import type { Messenger } from "../generation/messenger.ts";
import { NoticeWriter } from "../generation/notice.ts";
import { readUserSettings } from "../generation/user-settings.ts";
import type { Runtime, Speaking } from "./runtime.ts";

/** What shows answers; the one of each process edits none while another's does. */
export function messengerWith(
  { database, log }: Runtime,
  parts: Pick<MessengerParts, "rest" | "hasBotToken" | "customIds">,
): DiscordMessenger {
  return new DiscordMessenger({ ...parts, leases: new JobRowLeases(database.db), log });
}

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
