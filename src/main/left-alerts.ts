import { randomUUID } from "node:crypto";

import { like } from "drizzle-orm";
import { z } from "zod";

import type { Database } from "../db/database.ts";
import { botState } from "../db/schema.ts";

const PREFIX = "alert:";

/** Leaves words for the bot's owner: a worker cannot write direct messages, and a gateway on the same database can. */
export async function leaveAlert(db: Database, text: string): Promise<void> {
  await db.insert(botState).values({ key: `${PREFIX}${randomUUID()}`, value: text });
}

/** Takes what was left; of several gateways, one gets it. */
export async function takeAlerts(db: Database): Promise<readonly string[]> {
  const left = await db
    .delete(botState)
    .where(like(botState.key, `${PREFIX}%`))
    .returning({ text: botState.value });
  return left.map(({ text }) => z.string().parse(text));
}
