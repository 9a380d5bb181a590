import { basename } from "node:path";

import type { APIMessage } from "discord-api-types/v10";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import { guild } from "../../src/db/schema.ts";
import { openFreshPglite } from "./databases.ts";
import { TestBot } from "./discord-bot.ts";
import { controls, type Scene, type TestPlayground, textOf } from "./playground.ts";
import { emptyTables } from "./personal-rows.ts";

const DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 20;

type Options = Record<string, string | number | boolean>;

/** The bot on a playground, with a real database behind the commands of admins, moderators and the owner. */
export class AdminBot {
  readonly test: TestBot;
  readonly db: Database;
  /** Servers whose queue was put into a new order. */
  readonly retagged: string[];
  readonly #database: OpenDatabase;

  private constructor(parts: { test: TestBot; database: OpenDatabase; retagged: string[] }) {
    this.test = parts.test;
    this.#database = parts.database;
    this.db = parts.database.db;
    this.retagged = parts.retagged;
  }

  static async start(): Promise<AdminBot> {
    const database = await openFreshPglite();
    const retagged: string[] = [];
    const retag = async (_tx: Database, guildId: string): Promise<void> => {
      retagged.push(guildId);
    };
    const administration = { db: database.db, retag };
    const test = await TestBot.start({ context: { administration } });
    return new AdminBot({ test, database, retagged });
  }

  get playground(): TestPlayground {
    return this.test.playground;
  }

  get guildId(): string {
    return this.playground.guildId;
  }

  /** As on the first day: one approved server, nothing set. */
  async reset(): Promise<void> {
    await emptyTables(this.db);
    await this.db.insert(guild).values({ id: this.guildId, name: "Playground", state: "approved" });
    this.retagged.length = 0;
  }

  /** What a command answers; by default Olivia gives it, who owns the server and the bot. */
  async told(command: string, options: Options = {}, scene: Scene = {}): Promise<string> {
    return textOf(await this.answer(command, options, scene));
  }

  async answer(command: string, options: Options = {}, scene: Scene = {}): Promise<APIMessage> {
    const begun = await this.playground.slash(command, options, { as: "olivia", ...scene });
    return begun.answer();
  }

  /** Resolves when something in the database is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error(`It did not come to this: ${String(isSo)}`);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  /** The files that a message shows, by name. */
  async filesOf(message: APIMessage): Promise<ReadonlyMap<string, Buffer>> {
    const urls = [...controls(message.components)].flatMap((part) => {
      const items = (part["items"] ?? []) as { media: { url: string } }[];
      const file = part["file"] as { url: string } | undefined;
      return file === undefined ? items.map(({ media }) => media.url) : [file.url];
    });
    const files = urls.map(async (url) => {
      const address = new URL(url, this.playground.url);
      const answer = await fetch(address);
      return [basename(address.pathname), Buffer.from(await answer.arrayBuffer())] as const;
    });
    return new Map(await Promise.all(files));
  }

  async close(): Promise<void> {
    await this.test[Symbol.asyncDispose]();
    await this.#database.close();
  }
}
