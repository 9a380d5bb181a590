import type { IncomingHttpHeaders } from "node:http";

import { isLoopback, nameInHost } from "../config/loopback.ts";

/** Whether a request may be answered. A page elsewhere in the user's browser can reach loopback: `Host` or `Origin` tell. */
export function isTrustedRequest(headers: IncomingHttpHeaders, isLocalOnly: boolean): boolean {
  const { host = "", origin } = headers;
  if (isLocalOnly && !isLoopback(nameInHost(host))) return false;
  // What another page embeds comes without an origin; following a link from there is fine.
  if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
    return false;
  // A page of ours asks under the very name by which it was opened; programs send no origin.
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
