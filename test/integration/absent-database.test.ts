import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { count, eq } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import { job, reservation } from "../../src/db/schema.ts";
import { Generation } from "../../src/generation/generation.ts";
import { PictureFiles } from "../../src/generation/picture-files.ts";
import { openFreshPglite } from "../support/databases.ts";
import { asking, openRoom, type Room } from "../support/generation.ts";

/** As pg says it when the server goes, and as the server says it while it comes back. */
const GONE = new Error("Connection terminated unexpectedly");
const STARTING = Object.assign(new Error("the database system is starting up"), { code: "57P03" });

/** A database whose first transaction happens, and whose answer to that is lost. */
function deaf(db: Database): Database {
  let isHeard = false;
  return new Proxy(db, {
    get(target, name) {
      if (name !== "transaction" || isHeard) return Reflect.get(target, name, target) as unknown;
      return async (work: Parameters<Database["transaction"]>[0]) => {
        isHeard = true;
        await target.transaction(work);
        throw new Error("Failed query: commit", { cause: GONE });
      };
    },
  });
}

describe("a request while the database goes away", () => {
  let room: Room;

  before(async () => {
    room = await openRoom(await openFreshPglite());
  });
  after(() => room.close());

  function generation(change: Partial<Room>): Generation {
    return new Generation({ ...room, files: new PictureFiles(room.db, ""), ...change });
  }

  async function jobsOf(interactionId: string): Promise<number | undefined> {
    const [jobs] = await room.db
      .select({ count: count() })
      .from(job)
      .innerJoin(reservation, eq(reservation.id, job.id))
      .where(eq(job.interactionId, interactionId));
    return jobs?.count;
  }

  it("is accepted, once, where its commit got no answer", async () => {
    const asked = asking("a red apple");
    const answer = await generation({ db: deaf(room.db) }).request(asked);
    assert.equal(answer.kind, "accepted");
    assert.equal(await jobsOf(asked.interactionId), 1);
  });

  it("is accepted where its place in the queue could not be looked up at once", async () => {
    let tries = 0;
    const waiting: Room["engine"]["waiting"] = async () => {
      tries += 1;
      if (tries === 1) throw STARTING;
      return [];
    };
    const asked = asking("a red apple");
    const engine = { ...bound(room.engine), waiting };
    assert.equal((await generation({ engine }).request(asked)).kind, "accepted");
    assert.equal(tries, 2);
  });

  it("fails at once by any other fault", async () => {
    let tries = 0;
    const waiting: Room["engine"]["waiting"] = async () => {
      tries += 1;
      throw new TypeError("a bug");
    };
    const engine = { ...bound(room.engine), waiting };
    await assert.rejects(generation({ engine }).request(asking("a red apple")), /a bug/);
    assert.equal(tries, 1);
  });
});

/** What an acceptance needs of the engine, which is a class. */
function bound(engine: Room["engine"]): Room["engine"] {
  const enqueueGpu: Room["engine"]["enqueueGpu"] = (tx, added) => engine.enqueueGpu(tx, added);
  return { ...engine, enqueueGpu };
}
