import { Hono } from "hono";
import { z } from "zod";

import { jsonOf } from "../client/json.ts";
import { Refusal } from "../client/refusal.ts";
import type { Context } from "../context.ts";

const selection = {
  method: z.string().optional(),
  path: z.string().optional(),
  count: z.int().min(1).optional(),
};
const faultSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("rate_limit"),
    retryAfterMs: z.number().min(0),
    isGlobal: z.boolean().optional(),
    scope: z.enum(["user", "shared"]).optional(),
    ...selection,
  }),
  z.object({
    kind: z.literal("server_error"),
    status: z.int().min(500).max(599),
    applied: z.boolean(),
    ...selection,
  }),
  z.object({ kind: z.literal("disconnect"), applied: z.boolean(), ...selection }),
  z.object({
    kind: z.literal("error"),
    error: z.object({ status: z.int().min(400).max(599), code: z.int(), message: z.string() }),
    ...selection,
  }),
  z.object({ kind: z.literal("latency"), ms: z.number().min(0).max(600_000), ...selection }),
]);
const gatewaySchema = z.discriminatedUnion("action", [
  z.object({ action: z.literal("disconnect"), code: z.int().default(1006) }),
  z.object({ action: z.literal("reconnect") }),
  z.object({ action: z.literal("invalidate") }),
]);

/** For tests in other processes: time, faults, and what the bot did. Only with `--control`. */
export function createControl(context: Context): Hono {
  const { transcript } = context;
  const control = new Hono();
  control.onError((error, c) =>
    c.json({ message: error.message }, error instanceof Refusal ? error.status : 500),
  );
  clockRoutes(control, context);
  faultRoutes(control, context);
  gatewayRoutes(control, context);
  control.delete("/tokens", () => {
    context.interactions.expire();
    return done();
  });
  control.get("/transcript", (c) =>
    c.json({
      calls: transcript.calls,
      messages: transcript.messages,
      creationsByNonce: transcript.creationsByNonce,
    }),
  );
  control.delete("/transcript", () => {
    transcript.clear();
    return done();
  });
  return control;
}

function clockRoutes(control: Hono, { clock, events }: Context): void {
  control.get("/clock", (c) => c.json({ now: clock.now(), offsetMs: clock.offsetMs }));
  control.post("/clock", async (c) => {
    const schema = z.object({
      advanceMs: z.number().min(0).optional(),
      frozen: z.boolean().optional(),
    });
    const { advanceMs, frozen } = read(schema, await jsonOf(c));
    if (frozen === true) clock.freeze();
    if (advanceMs !== undefined) clock.advance(advanceMs);
    if (frozen === false) clock.thaw();
    events.emit("stateChange");
    return c.json({ now: clock.now(), offsetMs: clock.offsetMs });
  });
}

function faultRoutes(control: Hono, context: Context): void {
  const { faults } = context;
  control.post("/faults", async (c) => {
    faults.add(read(faultSchema, await jsonOf(c)));
    return done();
  });
  control.delete("/faults", () => {
    faults.clear();
    return done();
  });
  control.put("/outage", async (c) => {
    const { on } = read(z.object({ on: z.boolean() }), await jsonOf(c));
    setOutage(context, on);
    return done();
  });
}

function gatewayRoutes(control: Hono, { gateway }: Context): void {
  control.post("/gateway", async (c) => {
    const given = read(gatewaySchema, await jsonOf(c));
    if (given.action === "disconnect") gateway.disconnect(given.code);
    else if (given.action === "reconnect") gateway.askToReconnect();
    else gateway.invalidate();
    return done();
  });
  control.put("/gateway/intents", async (c) => {
    gateway.allowedIntents = read(z.object({ allowed: z.int().min(0) }), await jsonOf(c)).allowed;
    return done();
  });
}

function done(): Response {
  return new Response(null, { status: 204 });
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, z.prettifyError(parsed.error));
}

/** Discord is down: no request is answered, and the gateway is shut. */
export function setOutage({ faults, gateway }: Context, on: boolean): void {
  faults.isOutage = on;
  if (on) gateway.disconnect(1006);
}
