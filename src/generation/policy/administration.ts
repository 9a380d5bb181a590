import type { Database } from "../../db/database.ts";
import type { JobEngine } from "../../queue/job-engine.ts";

/** What the commands for admins, moderators and the owner change things with: the functions of this folder take it. */
export interface Administration {
  readonly db: Database;
  /** Puts what waits in a server in its new order after a change of weights, in the same transaction. */
  readonly retag: JobEngine["retag"];
}
