import { performance } from "node:perf_hooks";

import { routeOf } from "./transcript.ts";

interface Limit {
  method: RegExp;
  route: RegExp;
  requests: number;
  perMs: number;
}

/**
 * Discord publishes no numbers ("should not be hard coded"); these are the ones that its headers show for these routes,
 * or kinder. Answers to interactions have none.
 */
const LIMITS: readonly Limit[] = [
  { method: /POST/, route: /^\/interactions\//, requests: Number.POSITIVE_INFINITY, perMs: 1000 },
  { method: /PUT|DELETE/, route: /\/reactions\//, requests: 1, perMs: 250 },
  { method: /POST|PATCH/, route: /^\/channels\/:id\/messages/, requests: 5, perMs: 5000 },
  { method: /POST/, route: /^\/channels\/:id\/typing/, requests: 5, perMs: 5000 },
  { method: /POST|PATCH|DELETE/, route: /^\/webhooks\//, requests: 5, perMs: 2000 },
  { method: /POST|PUT|PATCH|DELETE/, route: /\/commands/, requests: 5, perMs: 20_000 },
  { method: /POST/, route: /^\/users\/@me\/channels/, requests: 10, perMs: 10_000 },
  { method: /./, route: /./, requests: 50, perMs: 1000 },
];
const GLOBAL = { requests: 50, perMs: 1000 };
/** Discord counts these apart for each of them: channels, guilds, webhooks with their token. */
const MAJOR = /^\/(?:(?:channels|guilds)\/\d+|webhooks\/\d+\/[^/]+)/;
/** When buckets are looked through for those that have refilled. */
const SWEEP_AT = 5000;

interface Bucket {
  used: number;
  /** By the machine's monotonic clock, in ms. */
  resetsAtMs: number;
}

export type RateLimitOutcome =
  | { isAllowed: true; headers: Record<string, string> }
  | { isAllowed: false; headers: Record<string, string>; retryAfterMs: number; isGlobal: boolean };

/** Buckets that refill, by real time: a client waits for them in real time too. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();
  /** Tests that look at something else do not wait for buckets. */
  isOff = false;

  /** Counts a request. @param isGlobal - Whether it counts against the bot's 50 requests a second too. */
  take(method: string, path: string, isGlobal: boolean): RateLimitOutcome {
    if (this.#buckets.size > SWEEP_AT) this.#sweep();
    const route = routeOf(path);
    const limit = LIMITS.find((one) => one.method.test(method) && one.route.test(route));
    if (limit === undefined || this.isOff || !Number.isFinite(limit.requests))
      return { isAllowed: true, headers: {} };
    if (isGlobal) {
      const all = this.#use("global", GLOBAL);
      if (all.remaining < 0)
        return {
          isAllowed: false,
          headers: { "x-ratelimit-global": "true", "x-ratelimit-scope": "global" },
          retryAfterMs: all.resetAfterMs,
          isGlobal: true,
        };
    }
    const index = LIMITS.indexOf(limit);
    const name = `${method}-${index}`;
    const { remaining, resetAfterMs } = this.#use(`${name} ${MAJOR.exec(path)?.[0] ?? ""}`, limit);
    const headers = {
      "x-ratelimit-limit": String(limit.requests),
      "x-ratelimit-remaining": String(Math.max(remaining, 0)),
      "x-ratelimit-reset": ((Date.now() + resetAfterMs) / 1000).toFixed(3),
      "x-ratelimit-reset-after": (resetAfterMs / 1000).toFixed(3),
      "x-ratelimit-bucket": Buffer.from(name).toString("hex").padEnd(32, "0"),
    };
    if (remaining >= 0) return { isAllowed: true, headers };
    return {
      isAllowed: false,
      headers: { ...headers, "x-ratelimit-scope": "user" },
      retryAfterMs: resetAfterMs,
      isGlobal: false,
    };
  }

  #use(
    key: string,
    { requests, perMs }: { requests: number; perMs: number },
  ): { remaining: number; resetAfterMs: number } {
    const nowMs = performance.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined || bucket.resetsAtMs <= nowMs) {
      bucket = { used: 0, resetsAtMs: nowMs + perMs };
      this.#buckets.set(key, bucket);
    }
    if (bucket.used <= requests) bucket.used += 1;
    return { remaining: requests - bucket.used, resetAfterMs: bucket.resetsAtMs - nowMs };
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [key, { resetsAtMs }] of this.#buckets)
      if (resetsAtMs <= nowMs) this.#buckets.delete(key);
  }
}
