import { randomInt } from "node:crypto";

import type { Database } from "../db/database.ts";
import { sprintSteps } from "../pipeline/sprint-steps.ts";
import type { GuildSettings } from "./policy/guild-settings.ts";
import { type GenerateJob, type JobRequest, parseJobRequest } from "./job-request.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { type FoundPicture, findPicture } from "./picture-reference.ts";
import { Refusal } from "./refusal.ts";
import { enlarged, parseAspect, type Size, sizeOf } from "./sizes.ts";
import { applyStyle, findStyle, listStyles, type Style } from "./policy/styles.ts";
import type { ImagineOptions, JobOrigin, Requester, Wish } from "./types.ts";
import type { ModelReport } from "./worker-report.ts";

/** How far a picture to start from is left, where nobody says: enough for a new style, near enough to know it again. */
const DEFAULT_STRENGTH = 0.6;
/** How far creative upscaling leaves the picture: details, not shapes. */
const CREATIVE_STRENGTH = 0.35;
const UPSCALED_SIDE_PX = 4096;
/** Discord's numbers are exact to 2^53, but a seed of nine digits can be read out aloud. */
const MAX_RANDOM_SEED = 1_000_000_000;

export interface WishContext {
  readonly db: Database;
  readonly models: ModelDirectory;
  readonly requester: Requester;
  readonly settings: GuildSettings;
  /** The owner's choice. */
  readonly defaultModel: string;
  /** Pictures that a command draws where nobody says: fewer on slow hardware. */
  readonly defaultCount: number;
}

/** A wish with every default filled in. */
export interface ResolvedWish {
  readonly request: JobRequest;
  readonly origin: JobOrigin;
  readonly model: ModelReport;
  /** Of one finished picture. */
  readonly size: Size;
  readonly parentId: string | null;
  /** What a member wrote, for the word lists. */
  readonly texts: readonly string[];
  /** Whether it begins from a picture that the bot did not make. */
  readonly usesForeignPicture: boolean;
  /** Who asked for the picture that it begins from; null where that is not known. */
  readonly pictureOwnerId: string | null;
}

/** @throws {Refusal} for an unknown model or style, an empty prompt, or a picture that is gone */
export async function resolveWish(wish: Wish, context: WishContext): Promise<ResolvedWish> {
  switch (wish.kind) {
    case "imagine":
      return imagine(wish.options, wish.origin, context);
    case "vary": {
      const found = await findPicture(wish.picture, context);
      const { settings } = context;
      const usual = wish.how === "subtle" ? settings.subtleStrength : settings.strongStrength;
      const change = {
        seed: newSeed(),
        count: wish.count ?? 1,
        source: found.source,
        strength: wish.strength ?? usual,
      };
      return changed(found, { origin: "variation", change }, context);
    }
    case "reroll": {
      const found = await findPicture(wish.picture, context);
      return changed(found, { origin: "reroll", change: { seed: newSeed() } }, context);
    }
    case "edit":
    case "remix": {
      const found = await findPicture(wish.picture, context);
      const given = wish.options.picture;
      const source = given === undefined ? found : await findPicture(given, context);
      const change = await edited(wish.options, found, context);
      const startsFromPicture = wish.kind === "remix" || given !== undefined;
      const start = startsFromPicture
        ? { source: source.source, strength: wish.options.strength ?? DEFAULT_STRENGTH }
        : ownReference(found.request, wish.options);
      return changed(found, { origin: wish.kind, change: { ...change, ...start } }, context);
    }
    case "upscale":
      return upscale(wish, await findPicture(wish.picture, context), context);
  }
}

async function imagine(
  options: ImagineOptions,
  origin: "imagine" | "mention",
  context: WishContext,
): Promise<ResolvedWish> {
  const model = await pickModel(options.model, context);
  const found = options.picture === undefined ? null : await findPicture(options.picture, context);
  const styled = await styledPrompt(options, context);
  const request: GenerateJob = {
    kind: "generate",
    ...styled,
    ...pickSize(options, { model, found, settings: context.settings }),
    count: options.count ?? context.defaultCount,
    steps: options.steps ?? model.defaultSteps,
    guidanceScale: options.guidanceScale ?? model.defaultGuidance,
    seed: options.seed ?? newSeed(),
    source: found?.source ?? null,
    strength: found === null ? null : (options.strength ?? DEFAULT_STRENGTH),
  };
  return finish(request, { origin, model, found });
}

/** The picture's own request with some of it changed. */
async function changed(
  found: FoundPicture,
  { origin, change }: { origin: JobOrigin; change: Partial<GenerateJob> },
  context: WishContext,
): Promise<ResolvedWish> {
  const model = await pickModel(found.model ?? undefined, context, { orDefault: true });
  // Of somebody's picture there is no prompt but the one that is asked for.
  const prompt = change.userPrompt ?? found.prompt;
  const own = found.request ?? (await requestFor({ ...found, prompt }, model, context));
  return finish({ ...own, ...change }, { origin, model, found });
}

/** For a picture whose request is not known: what its prompt would draw now. */
async function requestFor(
  found: FoundPicture,
  model: ModelReport,
  context: WishContext,
): Promise<GenerateJob> {
  const styled = await styledPrompt({ prompt: found.prompt ?? "" }, context);
  return {
    kind: "generate",
    ...styled,
    ...pickSize({}, { model, found, settings: context.settings }),
    count: 1,
    steps: model.defaultSteps,
    guidanceScale: model.defaultGuidance,
    seed: newSeed(),
    source: null,
    strength: null,
  };
}

/**
 * What an edited request still begins from: the picture that its member once gave. The parent of a variation is let go,
 * since it would hold the new prompt back.
 */
function ownReference(
  request: GenerateJob | null,
  options: ImagineOptions,
): Pick<GenerateJob, "source" | "strength"> {
  if (request?.source?.kind !== "attachment") return { source: null, strength: null };
  return { source: request.source, strength: options.strength ?? request.strength };
}

async function edited(
  options: ImagineOptions,
  found: FoundPicture,
  context: WishContext,
): Promise<Partial<GenerateJob>> {
  const own = found.request;
  const negativePrompt = options.negativePrompt ?? own?.userNegative;
  // The dialog sends the picture's own style back, which may be gone meanwhile.
  const style = options.style === own?.style ? undefined : options.style;
  const styled = await styledPrompt({ ...options, negativePrompt, style }, context, own?.style);
  const { count, steps, guidanceScale } = options;
  return {
    ...styled,
    seed: options.seed ?? newSeed(),
    ...(count === undefined ? {} : { count }),
    ...(steps === undefined ? {} : { steps }),
    ...(guidanceScale === undefined ? {} : { guidanceScale }),
  };
}

async function upscale(
  { mode, longestSide = UPSCALED_SIDE_PX }: Extract<Wish, { kind: "upscale" }>,
  found: FoundPicture,
  context: WishContext,
): Promise<ResolvedWish> {
  const own = await pickModel(found.model ?? undefined, context, { orDefault: true });
  const model = mode === "creative" ? ((await context.models.creativeModel()) ?? own) : own;
  const from = found.size ?? { width: model.defaultWidth, height: model.defaultHeight };
  const longest = Math.max(from.width, from.height);
  if (longest >= longestSide) throw new Refusal("refusal.upscale-max", { longest });
  const request: JobRequest = {
    kind: "upscale",
    source: found.source,
    mode,
    longestSide,
    prompt: found.prompt ?? "",
    strength: mode === "creative" ? CREATIVE_STRENGTH : null,
    seed: newSeed(),
  };
  return {
    request: parseJobRequest(request),
    origin: "upscale",
    model,
    size: enlarged(longestSide, from),
    parentId: found.pictureId,
    texts: [],
    usesForeignPicture: found.isForeign,
    pictureOwnerId: found.userId,
  };
}

function finish(
  request: GenerateJob,
  facts: { origin: JobOrigin; model: ModelReport; found: FoundPicture | null },
): ResolvedWish {
  const { origin, model, found } = facts;
  if (request.prompt.trim() === "") throw new Refusal("refusal.prompt-empty");
  const { width, height, userPrompt, steps, strength } = request;
  // What ignores a negative prompt is a Sprint model; from a picture the two steps of its drawing may not do.
  const isSprintStart = model.ignoresNegativePrompt && strength !== null;
  return {
    request: parseJobRequest(
      isSprintStart ? { ...request, steps: sprintSteps(steps, strength) } : request,
    ),
    origin,
    model,
    size: { width, height },
    parentId: found?.pictureId ?? null,
    texts: [userPrompt, request.prompt, request.negativePrompt],
    usesForeignPicture: found?.isForeign ?? false,
    pictureOwnerId: found?.userId ?? null,
  };
}

type Prompts = Pick<
  GenerateJob,
  "prompt" | "userPrompt" | "negativePrompt" | "userNegative" | "style"
>;

/** @param keptStyle - Of the picture that is changed; the server's usual one where it has none. */
async function styledPrompt(
  options: ImagineOptions,
  context: WishContext,
  keptStyle?: string | null,
): Promise<Prompts> {
  const style = await pickStyle(options.style, keptStyle ?? context.settings.style, context);
  const userPrompt = options.prompt.trim();
  const userNegative = options.negativePrompt?.trim() ?? "";
  if (userPrompt === "") throw new Refusal("refusal.prompt-empty");
  const own = { userPrompt, userNegative };
  if (style === null)
    return { ...own, prompt: userPrompt, negativePrompt: userNegative, style: null };
  const styled = applyStyle(style, { prompt: userPrompt, negative: userNegative });
  return { ...own, ...styled, style: style.name };
}

/** A style that somebody asks for has to be there; one that only was there before is let go. The empty name is none. */
async function pickStyle(
  given: string | undefined,
  usual: string | null,
  { db, requester: { guildId } }: WishContext,
): Promise<Style | null> {
  const name = given ?? usual ?? "";
  if (name.trim() === "") return null;
  const style = await findStyle(db, guildId, name);
  if (style === null && given !== undefined) {
    const styles = await listStyles(db, guildId);
    throw new Refusal("refusal.unknown-style", {
      style: given,
      styles: styles.map((known) => known.name).join(", "),
    });
  }
  return style;
}

interface SizeContext extends Pick<WishContext, "settings"> {
  readonly model: ModelReport;
  readonly found: FoundPicture | null;
}

/** Where nobody says, the model's own size, or the server's cap where that is smaller. */
function pickSize(
  { aspect, size }: Pick<ImagineOptions, "aspect" | "size">,
  { model, found, settings }: SizeContext,
): Size {
  const own = { width: model.defaultWidth, height: model.defaultHeight };
  const proportions = (aspect === undefined ? null : parseAspect(aspect)) ?? found?.size ?? own;
  const usual = Math.min(Math.sqrt(own.width * own.height), settings.maxSize);
  return sizeOf(size ?? usual, proportions);
}

async function pickModel(
  name: string | undefined,
  { models, settings, defaultModel }: WishContext,
  { orDefault = false } = {},
): Promise<ModelReport> {
  const known = await models.list();
  if (known.length === 0) throw new Refusal("refusal.no-worker");
  const usual = [settings.model, defaultModel].map((each) =>
    known.find((model) => model.name === each),
  );
  const wanted = known.find((model) => model.name === name);
  if (name !== undefined && wanted === undefined && !orDefault)
    throw new Refusal("refusal.unknown-model", {
      model: name,
      models: known.map((model) => model.name).join(", "),
    });
  const model = wanted ?? usual.find((each) => each !== undefined) ?? known[0];
  if (model === undefined) throw new Refusal("refusal.no-worker");
  return model;
}

function newSeed(): number {
  return randomInt(MAX_RANDOM_SEED);
}
