import { and, count, eq, inArray, ne, or, sql } from "drizzle-orm";

import { SOFTWARE } from "../config.ts";
import type { Database } from "../db/database.ts";
import { patiently } from "../db/patience.ts";
import { guild, job } from "../db/schema.ts";
import { accept, type AcceptOptions } from "./accept.ts";
import type { AnswerBook } from "./answer-book.ts";
import { cancelJob } from "./cancel.ts";
import { checkRepost } from "./check-repost.ts";
import type {
  AboutView,
  GenerationPort,
  GuildView,
  QueueEntry,
  QueueView,
  QuotaView,
  StyleView,
} from "./generation-port.ts";
import {
  deletePictures,
  family,
  findPictureView,
  history,
  pictureViewsOf,
  toggleFavourite,
} from "./history.ts";
import { findJob } from "./job-store.ts";
import { factsOf } from "./model-directory.ts";
import type { PictureFiles } from "./picture-files.ts";
import { readSettings } from "./policy/guild-rules.ts";
import { loadPolicy, type Policy } from "./policy/load-policy.ts";
import { pauseAt, readOwnerSettings } from "./policy/owner-settings.ts";
import { exportOf, forget } from "./policy/privacy.ts";
import { listStyles } from "./policy/styles.ts";
import { callOff, recallWish } from "./proposals.ts";
import { quotaView } from "./quota-view.ts";
import type { ModelFacts, Requester } from "./types.ts";
import { changeUserSettings, readUserSettings, takeHint } from "./user-settings.ts";
import type { ModelReport } from "./worker-report.ts";

export interface GenerationOptions extends AcceptOptions {
  readonly answers: AnswerBook;
  readonly files: PictureFiles;
}

/** What commands and buttons may ask for; each method is one line of the straight line or one look into the database. */
export class Generation implements GenerationPort {
  readonly #options: GenerationOptions;
  readonly #db: Database;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  readonly request: GenerationPort["request"] = async (asked) => {
    const { answers, engine } = this.#options;
    // An interaction makes one job, however often it is tried: a commit without an answer is no failure yet.
    const taken = await patiently(() => accept(this.#options, asked));
    if (taken.kind === "proposed") return taken;
    const { row, isNew } = taken;
    const place = await patiently(async () =>
      (await engine.waiting()).find(({ id }) => id === row.id),
    );
    return {
      kind: "accepted",
      job: await patiently(() => answers.view(row)),
      isNew,
      position: place?.position ?? 0,
      etaSeconds: place?.etaSeconds ?? null,
    };
  };

  readonly goOn: GenerationPort["goOn"] = async (proposalId, pressed) =>
    this.request(await recallWish(this.#db, proposalId, pressed));

  readonly callOff: GenerationPort["callOff"] = (proposalId, requester) =>
    callOff(this.#db, proposalId, requester);

  readonly cancel = (jobId: string, requester: Requester): Promise<void> =>
    cancelJob(this.#options, jobId, requester);

  readonly queueOf = async (requester: Requester): Promise<QueueView> => {
    const { guildId, userId } = requester;
    const mine = guildId === null ? eq(job.userId, userId) : eq(job.guildId, guildId);
    const rows = await this.#db
      .select()
      .from(job)
      .where(and(mine, inArray(job.state, ["waiting", "running"])));
    const places = new Map(
      (await this.#options.engine.waiting()).map((place) => [place.id, place]),
    );
    const entries = await Promise.all(
      rows.map(async (row): Promise<QueueEntry> => {
        const place = places.get(row.id);
        const isRunning = row.state === "running";
        return {
          job: await this.#options.answers.view(row),
          position: isRunning ? null : (place?.position ?? null),
          etaSeconds: isRunning ? null : (place?.etaSeconds ?? null),
          progress: isRunning ? (row.progress as QueueEntry["progress"]) : null,
        };
      }),
    );
    const others = guildId === null ? ne(job.userId, userId) : ne(job.guildId, guildId);
    const [elsewhere] = await this.#db
      .select({ jobs: count() })
      .from(job)
      .where(and(eq(job.state, "waiting"), or(others, sql`${job.guildId} is null`)));
    return {
      pausedUntil: await this.#pausedUntil(),
      isPausedHere: guildId !== null && (await readSettings(this.#db, guildId)).isPaused,
      entries: entries.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0)),
      elsewhere: guildId === null ? 0 : (elsewhere?.jobs ?? 0),
    };
  };

  readonly quotaOf = async (requester: Requester): Promise<QuotaView> => {
    const policy = await loadPolicy(this.#db, requester);
    const [model = null] = await this.#inOrder(policy);
    const { settings } = policy;
    return quotaView(this.#db, { requester, settings }, { model, models: this.#options.models });
  };

  readonly history: GenerationPort["history"] = (requester, query) =>
    history(this.#db, requester, query);
  readonly family: GenerationPort["family"] = (pictureId, requester) =>
    family(this.#db, pictureId, requester);
  readonly picture: GenerationPort["picture"] = (id) => findPictureView(this.#db, id);
  readonly picturesOf: GenerationPort["picturesOf"] = (jobId) => pictureViewsOf(this.#db, jobId);
  readonly fileOf: GenerationPort["fileOf"] = (pictureId, limitBytes) =>
    this.#options.files.fileOf(pictureId, limitBytes);
  readonly checkRepost: GenerationPort["checkRepost"] = (shown, requester) =>
    checkRepost(this.#db, shown, requester);
  readonly favourite: GenerationPort["favourite"] = (pictureId, requester) =>
    toggleFavourite(this.#db, pictureId, requester);
  readonly deletePictures: GenerationPort["deletePictures"] = (shown, requester) =>
    deletePictures(this.#db, shown, requester);

  readonly job: GenerationPort["job"] = async (jobId) => {
    const row = await findJob(this.#db, jobId);
    return row === null ? null : this.#options.answers.view(row);
  };

  readonly models = async (guildId: string | null): Promise<readonly ModelFacts[]> => {
    const policy = await loadPolicy(this.#db, { guildId, userId: "" });
    return (await this.#inOrder(policy)).map(factsOf);
  };

  readonly styles = async (guildId: string | null): Promise<readonly StyleView[]> =>
    listStyles(this.#db, guildId);

  readonly about = async (): Promise<AboutView> => {
    const reports = await this.#options.models.reports();
    const policy = await loadPolicy(this.#db, { guildId: null, userId: "" });
    const [model = null] = await this.#inOrder(policy);
    const [waiting] = await this.#db
      .select({ jobs: count() })
      .from(job)
      .where(eq(job.state, "waiting"));
    return {
      version: SOFTWARE,
      model: model === null ? null : factsOf(model),
      devices: reports.map(({ device }) => device),
      secondsPerPicture: model === null ? null : await this.#secondsPerPicture(model.name),
      waiting: waiting?.jobs ?? 0,
      pausedUntil: await this.#pausedUntil(),
    };
  };

  readonly guild = async (guildId: string | null): Promise<GuildView> => {
    const { settings } = await loadPolicy(this.#db, { guildId, userId: "" });
    const { subtleStrength, strongStrength, allowsPrivate } = settings;
    const can = await this.#options.models.abilities();
    return { subtleStrength, strongStrength, allowsPrivate, can };
  };

  readonly userSettings: GenerationPort["userSettings"] = (userId) =>
    readUserSettings(this.#db, userId);
  readonly changeUserSettings: GenerationPort["changeUserSettings"] = (userId, change) =>
    changeUserSettings(this.#db, userId, change);
  readonly takeHint: GenerationPort["takeHint"] = (userId, hint) =>
    takeHint(this.#db, userId, hint);
  readonly exportOf: GenerationPort["exportOf"] = (userId) => exportOf(this.#db, userId);
  readonly forget: GenerationPort["forget"] = (userId) => forget(this.#db, userId);

  readonly answersMessages: GenerationPort["answersMessages"] = async (guildId) => {
    const { owner, settings } = await loadPolicy(this.#db, { guildId, userId: "" });
    return guildId === null ? owner.directMessages : settings.answersMentions;
  };

  /** Whether messages are answered anywhere: without that, the bot need not be told of any. */
  async wantsMessages(): Promise<boolean> {
    const { directMessages } = await readOwnerSettings(this.#db);
    const answering = sql`${guild.settings} ->> 'answersMentions' = 'true'`;
    return directMessages || (await this.#db.$count(guild, answering)) > 0;
  }

  /** The models, the one that is taken without a name first. */
  async #inOrder(policy: Policy): Promise<ModelReport[]> {
    const { models, defaultModel } = this.#options;
    return models.inOrder(policy, defaultModel);
  }

  async #pausedUntil(): Promise<Date | "unknown" | null> {
    const pause = pauseAt(await readOwnerSettings(this.#db), new Date());
    return pause === null ? null : (pause.until ?? "unknown");
  }

  /** The median of the last day's single drawings; null before the first. */
  async #secondsPerPicture(model: string): Promise<number | null> {
    const each = sql<string | null>`percentile_cont(0.5) within group
      (order by ${job.runMs} / greatest(1, (${job.request} ->> 'count')::int))`;
    const [row] = await this.#db
      .select({ milliseconds: each })
      .from(job)
      .where(
        and(
          eq(job.model, model),
          eq(job.kind, "generate"),
          eq(job.state, "done"),
          sql`${job.endedAt} > now() - interval '1 day'`,
        ),
      );
    const { milliseconds = null } = row ?? {};
    return milliseconds === null ? null : Number(milliseconds) / 1000;
  }
}
