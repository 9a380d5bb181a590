import { randomUUID } from "node:crypto";

import type {
  Family,
  Forgotten,
  GenerationPort,
  HistoryEntry,
  Hint,
  QuotaView,
  WishRequest,
} from "../../src/generation/generation-port.ts";
import type { Answer, Notice } from "../../src/generation/messenger.ts";
import type { Administration } from "../../src/generation/policy/administration.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { JobRequest } from "../../src/generation/job-request.ts";
import type {
  JobView,
  ModelFacts,
  Proposal,
  Requester,
  Shown,
  Wish,
} from "../../src/generation/types.ts";
import { MADE_AT, type StoredPicture, storedPicture } from "./memory-pictures.ts";

export const MODEL: ModelFacts = {
  name: "sana",
  title: "Sana",
  licence: "Apache-2.0",
  nativeSize: 1024,
  defaultSteps: 20,
  defaultGuidance: 4.5,
  ignoresNegativePrompt: false,
  isBuiltIn: false,
  languages: ["en"],
};

/** For tests whose commands administer nothing: whatever is called of it fails the test. */
export function noAdministration(): Administration {
  const unexpected = (_target: object, name: string | symbol) => {
    throw new Error(`Nothing is administered in this test: ${String(name)}`);
  };
  return new Proxy({}, { get: unexpected }) as Administration;
}

/**
 * The generation room as commands see it, in memory: it notes each wish, and a test says what becomes of it. Rules of
 * rights and quota are the real room's; here a test sets `refusal` to see one said.
 */
export class MemoryGeneration implements GenerationPort {
  readonly wishes: WishRequest[] = [];
  readonly jobs = new Map<string, JobView>();
  readonly pictures = new Map<string, StoredPicture>();
  readonly hints = new Set<string>();
  readonly cancelled: string[] = [];
  readonly forgotten: string[] = [];
  readonly favourites = new Set<string>();
  model: ModelFacts = MODEL;
  /** Thrown by the next wish, and by the next picture that is to be posted again. */
  refusal: Error | null = null;
  position = 1;
  etaSeconds: { median: number; p90: number } | null = null;
  answers = true;
  mention = true;
  /** What /privacy export says of pictures. */
  exported: readonly unknown[] = [];
  /** What /quota shows. */
  quota: QuotaView = { windows: [], picturesLeft: null, prices: [] };

  /** What is proposed, and who was asked. */
  readonly proposals = new Map<string, WishRequest>();
  /** Whether the next wish is a dear one. */
  isDear = false;

  readonly request: GenerationPort["request"] = async (asked) => {
    const { isDear } = this;
    this.#refuse();
    this.isDear = false;
    if (isDear) return this.#propose(asked);
    this.wishes.push(asked);
    const job = this.#jobOf(asked);
    this.jobs.set(job.id, job);
    const { position, etaSeconds } = this;
    return { kind: "accepted", job, isNew: true, position, etaSeconds };
  };

  readonly goOn: GenerationPort["goOn"] = async (proposalId, pressed) => {
    const { wish } = this.#takeProposal(proposalId, pressed.requester);
    return this.request({ ...pressed, wish, message: null, agreed: { proposalId, cost: 1000 } });
  };

  readonly callOff: GenerationPort["callOff"] = async (proposalId, requester) => {
    this.#takeProposal(proposalId, requester);
  };

  /** The newest job, drawn: its pictures are stored, and the notice says so. */
  async finish(count = 1): Promise<{ answer: Answer; notice: Notice }> {
    const job = this.lastJob;
    const made = {
      ...job,
      state: "done",
      startedAt: new Date(MADE_AT.getTime() + 4000),
      runMs: 12_300,
    } as const;
    this.jobs.set(job.id, made);
    const entries = await Promise.all(
      Array.from({ length: count }, (_, index) => storedPicture(made, index)),
    );
    for (const entry of entries) this.pictures.set(entry.picture.id, entry);
    const notice: Notice = {
      kind: "finished",
      pictures: entries.map(({ picture }) => picture),
      files: entries.map(({ picture, file }) => ({
        name: `${job.id.slice(0, 8)}-${picture.index}.png`,
        data: file,
        remark: null,
      })),
      originals: entries.map(() => null),
      mention: false,
      can: { upscale: true, creative: false },
    };
    return { answer: this.answerOf(made), notice };
  }

  answerOf(job: JobView): Answer {
    const asked = this.wishes.findLast(({ place }) => place === job.place);
    return { job, message: asked?.message ?? null, nonce: job.id.replaceAll("-", "").slice(0, 25) };
  }

  get lastJob(): JobView {
    const job = [...this.jobs.values()].at(-1);
    if (job === undefined) throw new Error("Nothing was asked for");
    return job;
  }

  get lastWish(): Wish {
    const asked = this.wishes.at(-1);
    if (asked === undefined) throw new Error("Nothing was asked for");
    return asked.wish;
  }

  readonly cancel: GenerationPort["cancel"] = async (jobId) => {
    const job = this.jobs.get(jobId);
    if (job === undefined || job.state !== "waiting") throw new Refusal("refusal.job-ended");
    this.jobs.set(jobId, { ...job, state: "cancelled" });
    this.cancelled.push(jobId);
  };

  readonly queueOf: GenerationPort["queueOf"] = async () => ({
    pausedUntil: null,
    isPausedHere: false,
    elsewhere: 2,
    entries: [...this.jobs.values()]
      .filter(({ state }) => state === "waiting")
      .map((job, index) => ({ job, position: index + 1, etaSeconds: null, progress: null })),
  });

  readonly quotaOf: GenerationPort["quotaOf"] = async () => this.quota;

  readonly history: GenerationPort["history"] = async ({ userId }, query) => {
    const all = [...this.pictures.values()]
      .map((entry) => this.#entry(entry))
      .filter(({ picture }) => picture.userId === userId && picture.prompt.includes(query.search))
      .filter(({ isFavourite }) => isFavourite || !query.favouritesOnly)
      .reverse();
    const pages = Math.max(1, Math.ceil(all.length / 5));
    const page = Math.min(query.page, pages - 1);
    return { entries: all.slice(page * 5, page * 5 + 5), page, pages, total: all.length };
  };

  readonly family: GenerationPort["family"] = async (pictureId): Promise<Family> => {
    const found = this.pictures.get(pictureId);
    if (found === undefined) throw new Refusal("refusal.picture-gone");
    const parent = this.pictures.get(found.picture.parentId ?? "");
    const children = [...this.pictures.values()].filter(
      ({ picture }) => picture.parentId === pictureId,
    );
    return {
      picture: this.#entry(found),
      ancestors: parent === undefined ? [] : [this.#entry(parent)],
      children: children.map((child) => this.#entry(child)),
    };
  };

  readonly picture: GenerationPort["picture"] = async (id) =>
    this.pictures.get(id)?.picture ?? null;

  readonly picturesOf: GenerationPort["picturesOf"] = async (jobId) =>
    [...this.pictures.values()]
      .map(({ picture }) => picture)
      .filter((picture) => picture.jobId === jobId);

  readonly job: GenerationPort["job"] = async (jobId) => this.jobs.get(jobId) ?? null;

  readonly fileOf: GenerationPort["fileOf"] = async (pictureId) => {
    const found = this.pictures.get(pictureId);
    return found === undefined
      ? null
      : { name: `${pictureId}.png`, data: found.file, remark: null };
  };

  readonly checkRepost: GenerationPort["checkRepost"] = async () => this.#refuse();

  readonly favourite: GenerationPort["favourite"] = async (pictureId) => {
    if (!this.pictures.has(pictureId)) throw new Refusal("refusal.picture-gone");
    if (this.favourites.delete(pictureId)) return false;
    this.favourites.add(pictureId);
    return true;
  };

  readonly deletePictures: GenerationPort["deletePictures"] = async (
    { kind, id }: Shown,
    { userId, isModerator }: Requester,
  ) => {
    const owned = kind === "job" ? this.jobs.get(id) : this.pictures.get(id)?.picture;
    if (owned === undefined) throw new Refusal("refusal.picture-gone");
    if (owned.userId !== userId && !isModerator)
      throw new Refusal("refusal.not-yours", { user: `<@${owned.userId}>` });
    const pictures = kind === "job" ? await this.picturesOf(id) : [{ id }];
    for (const picture of pictures) this.pictures.delete(picture.id);
  };

  readonly models: GenerationPort["models"] = async () => [
    this.model,
    { ...MODEL, name: "sana-4k", title: "Sana 4K" },
  ];
  readonly styles: GenerationPort["styles"] = async () => [
    { name: "Watercolour", template: "a watercolour of {prompt}", negative: "ink" },
    { name: "Pixel art", template: "{prompt}, pixel art", negative: "" },
  ];
  readonly about: GenerationPort["about"] = async () => ({
    version: "sanabot 0.1.0",
    model: this.model,
    devices: ["2 CPU cores"],
    secondsPerPicture: 12.3,
    waiting: 1,
    pausedUntil: null,
  });
  readonly guild: GenerationPort["guild"] = async () => ({
    subtleStrength: 0.45,
    strongStrength: 0.75,
    allowsPrivate: true,
    can: { upscale: true, creative: false },
  });

  readonly userSettings: GenerationPort["userSettings"] = async () => ({ mention: this.mention });
  readonly changeUserSettings: GenerationPort["changeUserSettings"] = async (_userId, change) => {
    this.mention = change.mention ?? this.mention;
  };
  readonly takeHint: GenerationPort["takeHint"] = async (userId: string, hint: Hint) => {
    const key = `${userId} ${hint}`;
    if (this.hints.has(key)) return false;
    this.hints.add(key);
    return true;
  };
  readonly exportOf: GenerationPort["exportOf"] = async (userId) => ({
    userId,
    pictures: this.exported,
  });
  readonly forget: GenerationPort["forget"] = async (userId): Promise<Forgotten> => {
    this.forgotten.push(userId);
    const own = [...this.pictures.values()].filter(({ picture }) => picture.userId === userId);
    for (const { picture } of own) this.pictures.delete(picture.id);
    return { jobs: own.length, pictures: own.length, messages: [] };
  };
  readonly answersMessages: GenerationPort["answersMessages"] = async () => this.answers;

  #refuse(): void {
    const { refusal } = this;
    this.refusal = null;
    if (refusal !== null) throw refusal;
  }

  #propose(asked: WishRequest): Proposal {
    const id = randomUUID();
    this.proposals.set(id, asked);
    return {
      kind: "proposed",
      id,
      request: this.#requestOf(asked.wish),
      place: asked.place,
      usualPictures: 356.4,
      picturesLeft: 500,
      readySeconds: { from: 130, until: 400 },
      peakMemoryBytes: null,
    };
  }

  #takeProposal(id: string, { userId }: Requester): WishRequest {
    const asked = this.proposals.get(id);
    if (asked === undefined) throw new Refusal("refusal.proposal-gone");
    if (asked.requester.userId !== userId)
      throw new Refusal("refusal.proposal-not-yours", { user: `<@${asked.requester.userId}>` });
    this.proposals.delete(id);
    return asked;
  }

  #entry(entry: StoredPicture): HistoryEntry {
    return { ...entry, isFavourite: this.favourites.has(entry.picture.id) };
  }

  #jobOf({ wish, requester, place }: WishRequest): JobView {
    return {
      id: randomUUID(),
      origin: originOf(wish),
      state: "waiting",
      attempt: 0,
      request: this.#requestOf(wish),
      place,
      guildId: requester.guildId,
      channelId: requester.channelId,
      userId: requester.userId,
      model: this.model,
      isPrivate: place.isPrivate,
      parentId: parentOf(wish),
      cost: 1000,
      createdAt: MADE_AT,
      startedAt: null,
      endedAt: null,
      runMs: null,
    };
  }

  #requestOf(wish: Wish): JobRequest {
    const options = "options" in wish ? wish.options : { prompt: this.#promptOf(wish) };
    if (wish.kind === "upscale")
      return {
        kind: "upscale",
        source: { kind: "picture", pictureId: parentOf(wish) ?? randomUUID() },
        mode: wish.mode,
        longestSide: 4096,
        prompt: options.prompt,
        strength: null,
        seed: 1,
      };
    return {
      kind: "generate",
      prompt: options.prompt,
      userPrompt: options.prompt,
      negativePrompt: options.negativePrompt ?? "",
      style: options.style ?? null,
      width: 1024,
      height: 1024,
      count: options.count ?? 1,
      steps: options.steps ?? 20,
      guidanceScale: options.guidanceScale ?? 4.5,
      seed: options.seed ?? 42,
      source: null,
      strength: null,
    };
  }

  #promptOf(wish: Exclude<Wish, { options: unknown }>): string {
    const parent = this.pictures.get(parentOf(wish) ?? "");
    const shown = wish.picture.kind === "stored" ? wish.picture.fallback : wish.picture.picture;
    return parent?.picture.prompt ?? shown?.prompt ?? "";
  }
}

function originOf(wish: Wish): JobView["origin"] {
  if (wish.kind === "imagine") return wish.origin;
  return wish.kind === "vary" ? "variation" : wish.kind;
}

function parentOf(wish: Wish): string | null {
  const picture = "picture" in wish ? wish.picture : wish.options.picture;
  return picture?.kind === "stored" ? picture.pictureId : null;
}
