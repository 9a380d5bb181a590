import type { Message } from "discord.js";

import type { Shown } from "../generation/types.ts";
import { type CustomIds, longId, shortId } from "./custom-id.ts";
import { customIdsOf } from "./own-message.ts";

/** The Delete button of a job's own card, and of a card that shows one of its pictures again. */
export const DELETE_ACTIONS: Readonly<Record<Shown["kind"], string>> = {
  job: "delete",
  picture: "delete-one",
};

/** What a Delete button bears, so that it and whoever reads the card later know what is shown. */
export function deleteId({ kind, id }: Shown, customIds: CustomIds): string {
  return customIds.write({ action: DELETE_ACTIONS[kind], id: shortId(id), index: 0 });
}

/** What a message of ours shows, by its own Delete button: for one that the database has no record of. */
export function shownBy(message: Message, customIds: CustomIds): Shown | null {
  if (message.author.id !== message.client.user.id) return null;
  const components = message.components.map((component) => component.toJSON());
  for (const target of customIdsOf({ components }).map((text) => customIds.read(text))) {
    if (target?.action === DELETE_ACTIONS.job) return { kind: "job", id: longId(target.id) };
    if (target?.action === DELETE_ACTIONS.picture)
      return { kind: "picture", id: longId(target.id) };
  }
  return null;
}
