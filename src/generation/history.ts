import { and, asc, desc, eq, exists, ilike, inArray, isNull, or, type SQL, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { delivery, favourite, picture } from "../db/schema.ts";
import type { Family, HistoryEntry, HistoryPage, HistoryQuery } from "./generation-port.ts";
import { pictureView } from "./notice.ts";
import { Refusal } from "./refusal.ts";
import { checkOwnership } from "./rights.ts";
import type { PictureView, Requester, Shown } from "./types.ts";

/** As many as a card shows. */
const PAGE = 5;
const MAX_CHILDREN = 25;
/** A family's depth that is followed; a card shows far fewer. */
const MAX_ANCESTORS = 25;

type Row = typeof picture.$inferSelect;

/** A member's own pictures, the newest first: in a server, those of that server; in a direct message, all. */
export async function history(
  db: Database,
  { userId, guildId }: Pick<Requester, "userId" | "guildId">,
  { search, favouritesOnly, page }: HistoryQuery,
): Promise<HistoryPage> {
  const words = search.split(/\s+/).filter((word) => word !== "");
  const isFavourite = exists(
    db
      .select({ one: sql`1` })
      .from(favourite)
      .where(and(eq(favourite.pictureId, picture.id), eq(favourite.userId, userId))),
  );
  // A favourite may be another member's picture of the same server.
  const mine = favouritesOnly ? and(isFavourite, visibleTo(userId)) : eq(picture.userId, userId);
  const where = and(
    mine,
    isNull(picture.deletedAt),
    guildId === null ? undefined : eq(picture.guildId, guildId),
    ...words.map((word) => ilike(picture.prompt, `%${escapeLike(word)}%`)),
  );
  const total = await db.$count(picture, where);
  const pages = Math.max(1, Math.ceil(total / PAGE));
  const shown = Math.min(Math.max(0, page), pages - 1);
  const rows = await db
    .select()
    .from(picture)
    .where(where)
    .orderBy(desc(picture.createdAt), asc(picture.index))
    .limit(PAGE)
    .offset(shown * PAGE);
  return { entries: await entriesOf(db, rows, userId), page: shown, pages, total };
}

function visibleTo(userId: string): SQL | undefined {
  return or(eq(picture.isPrivate, false), eq(picture.userId, userId));
}

function escapeLike(word: string): string {
  return word.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

/** @throws {Refusal} `refusal.picture-gone`, also for what the requester may not see */
export async function family(
  db: Database,
  pictureId: string,
  { userId }: Pick<Requester, "userId">,
): Promise<Family> {
  const [row] = await visible(db, userId, [pictureId]);
  if (row === undefined) throw new Refusal("refusal.picture-gone");
  const ancestors: Row[] = [];
  for (let parentId = row.parentId; parentId !== null && ancestors.length < MAX_ANCESTORS;) {
    const [parent] = await visible(db, userId, [parentId]);
    if (parent === undefined) break;
    ancestors.unshift(parent);
    ({ parentId } = parent);
  }
  const children = await db
    .select()
    .from(picture)
    .where(and(eq(picture.parentId, pictureId), isNull(picture.deletedAt), visibleTo(userId)))
    .orderBy(asc(picture.createdAt), asc(picture.index))
    .limit(MAX_CHILDREN);
  const entries = await entriesOf(db, [...ancestors, row, ...children], userId);
  const [own] = entries.slice(ancestors.length, ancestors.length + 1);
  if (own === undefined) throw new Refusal("refusal.picture-gone");
  return {
    picture: own,
    ancestors: entries.slice(0, ancestors.length),
    children: entries.slice(ancestors.length + 1),
  };
}

async function visible(db: Database, userId: string, ids: readonly string[]): Promise<Row[]> {
  return db
    .select()
    .from(picture)
    .where(and(inArray(picture.id, [...ids]), isNull(picture.deletedAt), visibleTo(userId)));
}

async function entriesOf(
  db: Database,
  rows: readonly Row[],
  userId: string,
): Promise<HistoryEntry[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const marked = await db
    .select({ id: favourite.pictureId })
    .from(favourite)
    .where(and(eq(favourite.userId, userId), inArray(favourite.pictureId, ids)));
  const favourites = new Set(marked.map(({ id }) => id));
  const messages = await messagesOf(db, rows);
  return rows.map((row) => ({
    picture: pictureView(row, messages.get(row.jobId) ?? null),
    isFavourite: favourites.has(row.id),
    thumbnail: row.thumbnail,
  }));
}

async function messagesOf(db: Database, rows: readonly Row[]): Promise<Map<string, string>> {
  const found = await db
    .select({ jobId: delivery.jobId, messageId: delivery.messageId })
    .from(delivery)
    .where(inArray(delivery.jobId, [...new Set(rows.map(({ jobId }) => jobId))]));
  return new Map(
    found.flatMap(({ jobId, messageId }) => (messageId === null ? [] : [[jobId, messageId]])),
  );
}

/** A picture that is still there, or null. */
export async function findPictureView(db: Database, id: string): Promise<PictureView | null> {
  const rows = await db
    .select()
    .from(picture)
    .where(and(eq(picture.id, id), isNull(picture.deletedAt)));
  return (await viewsOf(db, rows))[0] ?? null;
}

/** A job's pictures that are still there, in the order of its card. */
export async function pictureViewsOf(db: Database, jobId: string): Promise<PictureView[]> {
  const rows = await db
    .select()
    .from(picture)
    .where(and(eq(picture.jobId, jobId), isNull(picture.deletedAt)))
    .orderBy(asc(picture.index));
  return viewsOf(db, rows);
}

async function viewsOf(db: Database, rows: readonly Row[]): Promise<PictureView[]> {
  if (rows.length === 0) return [];
  const messages = await messagesOf(db, rows);
  return rows.map((row) => pictureView(row, messages.get(row.jobId) ?? null));
}

/** Marks a picture, or takes the mark away; one statement each, so that two clicks end as one or none. @returns what it is now */
export async function toggleFavourite(
  db: Database,
  pictureId: string,
  { userId }: Pick<Requester, "userId">,
): Promise<boolean> {
  const [row] = await visible(db, userId, [pictureId]);
  if (row === undefined) throw new Refusal("refusal.picture-gone");
  const removed = await db
    .delete(favourite)
    .where(and(eq(favourite.userId, userId), eq(favourite.pictureId, pictureId)))
    .returning({ id: favourite.pictureId });
  if (removed.length > 0) return false;
  await db.insert(favourite).values({ userId, pictureId }).onConflictDoNothing();
  return true;
}

/** Those that a card shows, for a query's condition. */
export function picturesShown({ kind, id }: Shown): SQL {
  return kind === "job" ? eq(picture.jobId, id) : eq(picture.id, id);
}

/**
 * Deletes what a card shows for its requester or a moderator of its server; what could be seen of them goes at once, the
 * rows with the retention, so that a report about them can still be weighed.
 */
export async function deletePictures(
  db: Database,
  shown: Shown,
  requester: Pick<Requester, "userId" | "guildId" | "isModerator" | "isOwner">,
): Promise<void> {
  const [row] = await db.select().from(picture).where(picturesShown(shown)).limit(1);
  if (row === undefined) throw new Refusal("refusal.picture-gone");
  checkOwnership(row, requester);
  await db
    .update(picture)
    .set({ deletedAt: sql`now()`, latents: null, thumbnail: null, original: null })
    .where(and(picturesShown(shown), isNull(picture.deletedAt)));
}
