import type { Context as HonoContext } from "hono";

import { Refusal } from "./refusal.ts";

/** @throws {Refusal} 400 */
export async function jsonOf(c: HonoContext): Promise<unknown> {
  try {
    return await c.req.json<unknown>();
  } catch (cause) {
    throw Object.assign(new Refusal(400, "The body is not JSON."), { cause });
  }
}
