import { Hono } from "hono";

/** For a scrape or a picture's first byte, in ms. */
const TIMEOUT_MS = 30_000;
/** Of the answer; the rest belongs to the connection between the two. */
const PASSED_HEADERS = [
  "content-type",
  "content-length",
  "content-disposition",
  "cache-control",
  "etag",
  "last-modified",
  "location",
];

/** What the bot serves itself, at the address that people know: health, metrics, originals. */
export function createProxy(botHttp: string | null): Hono {
  const proxy = new Hono();
  for (const path of ["/livez", "/readyz", "/startupz", "/metrics", "/originals/*"])
    proxy.get(path, async (c) => {
      if (botHttp === null) return c.text("No bot has been started with this playground.\n", 503);
      const { pathname, search } = new URL(c.req.url);
      try {
        const answer = await fetch(new URL(pathname + search, botHttp), {
          redirect: "manual",
          signal: AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        const headers = new Headers({ "x-content-type-options": "nosniff" });
        for (const name of PASSED_HEADERS) {
          const value = answer.headers.get(name);
          // fetch has taken the answer's compression off, so its length is not that of the text.
          const isStale = name === "content-length" && answer.headers.has("content-encoding");
          if (value !== null && !isStale) headers.set(name, value);
        }
        return new Response(answer.body, { status: answer.status, headers });
      } catch {
        return c.text("The bot is not there. It may be starting; try again in a moment.\n", 503);
      }
    });
  return proxy;
}
