import type { HistoryQuery } from "../../generation/generation-port.ts";
import type { CustomId } from "../custom-id.ts";

/** A picture's id in 22 characters, the search in what a custom id has left. */
export const MAX_SEARCH_BYTES = 33;
const PICTURE = /^(?<picture>[\w-]{22})(?<search>[\w-]*)$/;

/** A list of pictures, as a custom id holds it: the search as its id, page and choice of favourites as its index. */
export function writeQuery(query: HistoryQuery, action: string): CustomId {
  return {
    action,
    id: encodeSearch(query.search),
    index: query.page * 2 + Number(query.favouritesOnly),
  };
}

export function readQuery({ id, index }: Pick<CustomId, "id" | "index">): HistoryQuery {
  return {
    search: Buffer.from(id, "base64url").toString("utf8"),
    favouritesOnly: index % 2 === 1,
    page: Math.floor(index / 2),
  };
}

/** One picture opened from such a list, which its Back button returns to. */
export function writeOpened(picture: string, query: HistoryQuery, action: string): CustomId {
  const list = writeQuery(query, action);
  return { ...list, id: `${picture}${list.id}` };
}

/** The short id of the picture, and the list. */
export function readOpened({ id, index }: CustomId): { picture: string; query: HistoryQuery } {
  const { picture = "", search = "" } = PICTURE.exec(id)?.groups ?? {};
  return { picture, query: readQuery({ id: search, index }) };
}

function encodeSearch(search: string): string {
  let short = search;
  while (Buffer.byteLength(short) > MAX_SEARCH_BYTES) short = short.slice(0, -1).toWellFormed();
  return Buffer.from(short).toString("base64url");
}
