import type { Database } from "../db/database.ts";
import { type QuotaUsage, type ReserveOutcome, usage } from "../quota/quota.ts";
import type { Price, QuotaView, QuotaWindow } from "./generation-port.ts";
import type { JobRequest } from "./job-request.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { GuildSettings } from "./policy/guild-settings.ts";
import { costOf, inUsualPictures, usualCost } from "./price.ts";
import { Refusal } from "./refusal.ts";
import { enlarged } from "./sizes.ts";
import type { Requester } from "./types.ts";
import type { ModelReport } from "./worker-report.ts";

/** Larger pictures that a member may ask the price of, by the model's own size and up to the server's cap. */
const SIZE_FACTORS = [1, 2, 4] as const;
const MAX_PRICED_SIDE = 4096;

/** Where a member stands, and what things cost, both in pictures like the usual one. */
export async function quotaView(
  db: Database,
  { requester, settings }: { requester: Requester; settings: GuildSettings },
  { model, models }: { model: ModelReport | null; models: ModelDirectory },
): Promise<QuotaView> {
  const used = await usage(db, { ...requester, timeZone: settings.timeZone });
  const each = model === null ? null : usualCost(model);
  const windows = used.map((window) => windowOf(window, each));
  return {
    windows,
    picturesLeft:
      windows.length === 0 ? null : Math.min(...windows.map(({ picturesLeft }) => picturesLeft)),
    prices: model === null ? [] : await pricesOf(model, models, settings),
  };
}

function windowOf(window: QuotaUsage, each: number | null): QuotaWindow {
  const { scope, period, limit, used, held, renewsAt } = window;
  return { scope, period, limit, used, held, renewsAt, picturesLeft: left(window, each) };
}

/** Usual pictures that fit into a window, with what grants add to it. */
function left({ limit, used, held, granted }: QuotaUsage, each: number | null): number {
  return each === null ? 0 : Math.floor((Math.max(0, limit - used - held) + granted) / each);
}

async function pricesOf(
  model: ModelReport,
  models: ModelDirectory,
  { maxSize }: GuildSettings,
): Promise<Price[]> {
  const price = (kind: Price["kind"], size: number, cost: number): Price => ({
    kind,
    size,
    cost,
    inUsualPictures: inUsualPictures(cost, model),
  });
  const largest = Math.min(MAX_PRICED_SIDE, maxSize);
  const sides = SIZE_FACTORS.map((factor) => Math.min(largest, factor * model.nativeSize));
  const drawn = await Promise.all(
    [...new Set(sides)].map(async (side) => {
      const size = { width: side, height: side };
      const request = usualRequest(model, side);
      return price("generate", side, await costOf({ request, size, model }, models));
    }),
  );
  const own = { width: model.defaultWidth, height: model.defaultHeight };
  const size = enlarged(MAX_PRICED_SIDE, own);
  const upscaled = await costOf({ request: UPSCALE, size, model }, models);
  return [...drawn, price("upscale", MAX_PRICED_SIDE, upscaled)];
}

function usualRequest(model: ModelReport, side: number): JobRequest {
  return {
    kind: "generate",
    prompt: "",
    userPrompt: "",
    negativePrompt: "",
    style: null,
    width: side,
    height: side,
    count: 1,
    steps: model.defaultSteps,
    guidanceScale: model.defaultGuidance,
    seed: 0,
    source: null,
    strength: null,
  };
}

/** Only its kind and mode have a price; the source stands for any. */
const UPSCALE: JobRequest = {
  kind: "upscale",
  source: { kind: "picture", pictureId: "00000000-0000-4000-8000-000000000000" },
  mode: "faithful",
  longestSide: MAX_PRICED_SIDE,
  prompt: "",
  strength: null,
  seed: 0,
};

/** The refusal for a request that went over a limit: which, when it renews, and what would still fit. */
export function quotaRefusal(
  { scope, period, renewsAt, fits }: Extract<ReserveOutcome, { outcome: "refused" }>,
  usual: ModelReport,
): Refusal {
  const renews = renewsAt === null ? "never" : `<t:${Math.ceil(renewsAt.getTime() / 1000)}:R>`;
  return new Refusal("refusal.quota", {
    scope,
    period,
    renews,
    fits: Math.floor(fits / usualCost(usual)),
  });
}
