import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { UserError } from "../../errors.ts";
import { isSnowflake } from "./snowflake.ts";
import type {
  WorldAttachment,
  WorldChannel,
  WorldCommand,
  WorldGuild,
  WorldInteraction,
  WorldMember,
  WorldMessage,
  WorldUser,
} from "./types.ts";

/** What is kept as a document of its own; messages have their own table. */
interface Documents {
  /** What signs links, in hexadecimal. */
  secret: string;
  user: WorldUser;
  guild: WorldGuild;
  member: WorldMember;
  channel: WorldChannel;
  command: WorldCommand;
  attachment: WorldAttachment;
  interaction: WorldInteraction;
}
type Kind = keyof Documents;

export interface MessageQuery {
  channelId: string;
  /** Exclusive. */
  before?: string | undefined;
  /** Exclusive; then the oldest ones after it. */
  after?: string | undefined;
  limit: number;
  /** Also the ephemeral ones of this user. */
  viewerId?: string | undefined;
}

const SCHEMA = `
  create table if not exists documents (
    kind text not null, id text not null, json text not null, primary key (kind, id)
  ) without rowid;
  create table if not exists messages (
    id integer primary key, channel_id text not null, author_id text not null, nonce text,
    ephemeral_for text, is_deleted integer not null, json text not null
  );
  create index if not exists messages_of_channel on messages (channel_id, id) where is_deleted = 0;
  create index if not exists messages_by_nonce on messages (author_id, nonce) where nonce is not null;
`;
/** Above every snowflake. */
const MAX_ID = 2n ** 63n - 1n;

/** The world on disk: one SQLite file, written at each change, so that a killed process loses nothing. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws {UserError} `disk` when the folder or the file cannot be used. */
  constructor(dir: string) {
    try {
      mkdirSync(dir, { recursive: true });
      this.#db = new DatabaseSync(join(dir, "world.sqlite"));
      this.#db.exec("pragma journal_mode = wal; pragma synchronous = normal;");
      this.#db.exec(SCHEMA);
    } catch (cause) {
      throw new UserError("disk", `The playground cannot keep its messages in ${dir}.`, { cause });
    }
  }

  all<K extends Kind>(kind: K): Documents[K][] {
    const rows = this.#sql("select json from documents where kind = ? order by length(id), id").all(
      kind,
    );
    return rows.map((row) => jsonOf(row) as Documents[K]);
  }

  get<K extends Kind>(kind: K, id: string): Documents[K] | null {
    const row = this.#sql("select json from documents where kind = ? and id = ?").get(kind, id);
    return row === undefined ? null : (jsonOf(row) as Documents[K]);
  }

  put<K extends Kind>(kind: K, id: string, value: Documents[K]): void {
    this.#sql(
      "insert into documents values (?, ?, ?) on conflict do update set json = excluded.json",
    ).run(kind, id, JSON.stringify(value));
  }

  delete(kind: Kind, id: string): void {
    this.#sql("delete from documents where kind = ? and id = ?").run(kind, id);
  }

  putMessage(message: WorldMessage): void {
    const { id, channelId, authorId, nonce, isDeleted } = message;
    // One that was dismissed is in nobody's list.
    const ephemeralFor = message.isDismissed ? "nobody" : message.ephemeralFor;
    this.#sql(
      `insert into messages values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set
         json = excluded.json, is_deleted = excluded.is_deleted, ephemeral_for = excluded.ephemeral_for`,
    ).run(
      BigInt(id),
      channelId,
      authorId,
      nonce,
      ephemeralFor,
      isDeleted ? 1 : 0,
      JSON.stringify(message),
    );
  }

  /** Null when there is none, it was deleted, or `id` is no id. */
  message(id: string): WorldMessage | null {
    if (!isSnowflake(id)) return null;
    const row = this.#sql("select json from messages where id = ? and is_deleted = 0").get(
      BigInt(id),
    );
    return row === undefined ? null : (jsonOf(row) as WorldMessage);
  }

  /** The newest message of this author with this nonce that is not older than `sinceId`. */
  messageByNonce(authorId: string, nonce: string, sinceId: string): WorldMessage | null {
    const row = this.#sql(
      `select json from messages where author_id = ? and nonce = ? and id >= ? and is_deleted = 0
       order by id desc limit 1`,
    ).get(authorId, nonce, BigInt(sinceId));
    return row === undefined ? null : (jsonOf(row) as WorldMessage);
  }

  /** Newest first, unless `after` is given. */
  messages({ channelId, before, after, limit, viewerId }: MessageQuery): WorldMessage[] {
    const order = after === undefined ? "desc" : "asc";
    const rows = this.#sql(
      `select json from messages where channel_id = ? and is_deleted = 0 and id < ? and id > ?
       and (ephemeral_for is null or ephemeral_for = ?) order by id ${order} limit ?`,
    ).all(
      channelId,
      before === undefined ? MAX_ID : BigInt(before),
      BigInt(after ?? 0),
      viewerId ?? "",
      limit,
    );
    return rows.map((row) => jsonOf(row) as WorldMessage);
  }

  /** Every message that ever was, deleted ones included, oldest first. */
  everyMessage(): WorldMessage[] {
    const rows = this.#sql("select json from messages order by id").all();
    return rows.map((row) => jsonOf(row) as WorldMessage);
  }

  /** The greatest id of a message, or "0". */
  lastMessageId(): string {
    const row = this.#sql("select cast(max(id) as text) as id from messages").get();
    return typeof row?.["id"] === "string" ? row["id"] : "0";
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function jsonOf(row: Record<string, unknown>): unknown {
  return JSON.parse(String(row["json"]));
}
