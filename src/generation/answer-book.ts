import type { Database } from "../db/database.ts";
import type { DeliveryRole } from "../queue/job-engine.ts";
import { parseJobRequest } from "./job-request.ts";
import { findDelivery, type DeliveryRow, type JobRow } from "./job-store.ts";
import type { Answer, Messenger } from "./messenger.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { parsePlace } from "./place.ts";
import type { JobView } from "./types.ts";

/** Looks up where a job's answer stands, in the shape that cards and the messenger take. */
export class AnswerBook {
  readonly #db: Database;
  readonly #models: ModelDirectory;
  readonly #messenger: Messenger;

  constructor(parts: { db: Database; models: ModelDirectory; messenger: Messenger }) {
    this.#db = parts.db;
    this.#models = parts.models;
    this.#messenger = parts.messenger;
  }

  async of(row: JobRow, known?: DeliveryRow): Promise<Answer> {
    const delivery = known ?? (await findDelivery(this.#db, row.id));
    if (delivery === null) throw new Error(`The job ${row.id} has no delivery`);
    const { channelId, messageId, nonce } = delivery;
    const message = channelId === null || messageId === null ? null : { channelId, messageId };
    return { job: await this.view(row), message, nonce };
  }

  async view(row: JobRow): Promise<JobView> {
    return {
      ...row,
      request: parseJobRequest(row.request),
      place: parsePlace(row.place),
      model: await this.#models.facts(row.model),
    };
  }

  /** Which kind of process can deliver it; a token that dies meanwhile is found out by the one that tries. */
  async deliveryRole(row: JobRow): Promise<DeliveryRole> {
    return this.#messenger.canReach(await this.of(row)) ? "token" : "bot";
  }
}
