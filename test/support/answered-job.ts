import type { JobRow } from "../../src/generation/job-store.ts";
import type { TestBot } from "./discord-bot.ts";
import { asking, type Room, take } from "./generation.ts";
import { until } from "./until.ts";

/** A job that waits in the room, and the interaction whose answer is a real one; the bot itself shows nothing of it. */
export async function takeAnswered(
  test: TestBot,
  room: Room,
): Promise<{ row: JobRow; interactionId: string }> {
  const begun = await test.playground.slash("imagine", { prompt: "a tree" });
  const wish = await until(() =>
    test.generation.wishes.find(({ interactionId }) => interactionId === begun.id),
  );
  await begun.reply();
  await test.generation.finish();
  const asked = asking("a tree", { interactionId: begun.id });
  const { row } = await take(room, { ...asked, place: wish.place });
  return { row, interactionId: begun.id };
}
