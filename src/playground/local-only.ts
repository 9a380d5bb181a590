import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether an address that is listened on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Whether a request may be answered. A page elsewhere in the user's browser can reach loopback, by another `Origin` or by
 * a name of its own that resolves to 127.0.0.1 (DNS rebinding): then `Host` gives it away.
 */
export function isTrustedRequest(headers: IncomingHttpHeaders, isLocalOnly: boolean): boolean {
  const { host = "", origin } = headers;
  const name = host.replace(/:\d+$/, "");
  if (isLocalOnly && !LOOPBACK_NAMES.has(name)) return false;
  // What another page embeds comes without an origin; following a link from there is fine.
  if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
    return false;
  // A page of ours asks under the very name by which it was opened; programs send no origin.
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
