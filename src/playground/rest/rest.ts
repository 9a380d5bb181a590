import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

import type { Context } from "../context.ts";
import { ApiError, apiErrors } from "../rules/api-error.ts";
import { applicationRoutes } from "./application-routes.ts";
import { callbackRoutes } from "./callback-routes.ts";
import { channelRoutes } from "./channel-routes.ts";
import type { Fault } from "./faults.ts";
import { guildRoutes } from "./guild-routes.ts";
import { readBody, type RestContext, type RestEnv } from "./request.ts";
import { digestOf, routeOf } from "./transcript.ts";
import { webhookRoutes } from "./webhook-routes.ts";

/** No request may be larger: Discord's highest limit of one file, and what is around it. */
const MAX_BODY_BYTES = 110 * 2 ** 20;
/** Answered by their token alone, and outside the bot's global limit. */
const BY_TOKEN = /^\/(interactions\/|webhooks\/\d+\/.)/;

/** Discord's REST API under any base, as `/api/v10`: faults, rights, rate limits, body, route, transcript. */
export function createRest(context: Context): Hono<RestEnv> {
  const rest = new Hono<RestEnv>();
  rest.onError((error, c) => answerError(error, { c, context }));
  rest.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw apiErrors.entityTooLarge();
      },
    }),
  );
  rest.use(async (c, next) => {
    const path = apiPath(c);
    const { method } = c.req;
    const fault = context.faults.isOutage
      ? ({ kind: "disconnect", applied: false } as const)
      : context.faults.take(method, path);
    const body = await readBody(c.req.raw).catch((error: unknown) => error);
    const call = recordCall(context, { method, path, body });
    try {
      if (body instanceof Error) throw body;
      c.set("body", body as RestEnv["Variables"]["body"]);
      const broken = await strikeBefore(fault, c);
      if (broken === undefined) await serve(next, { c, context, path });
      else c.res = broken;
    } catch (error) {
      c.res = answerError(error, { c, context });
    }
    if (fault !== null && "applied" in fault && fault.applied) c.res = strikeAfter(fault, c);
    call.finish(c.res, fault?.kind === "disconnect");
  });
  applicationRoutes(rest, context);
  callbackRoutes(rest, context);
  webhookRoutes(rest, context);
  channelRoutes(rest, context);
  guildRoutes(rest, context);
  rest.all("*", () => {
    throw apiErrors.notFound();
  });
  return rest;
}

/** The path after `/api/v10` or `/api`. */
function apiPath(c: RestContext): string {
  return c.req.path.replace(/^\/api(\/v\d+)?/, "");
}

async function serve(
  next: () => Promise<void>,
  { c, context, path }: { c: RestContext; context: Context; path: string },
): Promise<void> {
  const isByToken = BY_TOKEN.test(path);
  if (!isByToken && c.req.header("authorization") !== `Bot ${context.token}`)
    throw apiErrors.unauthorized();
  const outcome = context.rateLimits.take(c.req.method, path, !isByToken);
  if (outcome.isAllowed) await next();
  else c.res = rateLimited(outcome);
  for (const [name, value] of Object.entries(outcome.headers)) c.res.headers.set(name, value);
}

function rateLimited({
  retryAfterMs,
  isGlobal,
}: {
  retryAfterMs: number;
  isGlobal: boolean;
}): Response {
  const retryAfter = Math.ceil(retryAfterMs) / 1000;
  return Response.json(
    {
      message: "You are being rate limited.",
      retry_after: retryAfter,
      global: isGlobal,
    },
    {
      status: 429,
      headers: { "retry-after": String(Math.ceil(retryAfter)), via: "1.1 playground" },
    },
  );
}

/** @returns the answer in place of the route's, or undefined when the route is to run. */
async function strikeBefore(fault: Fault | null, c: RestContext): Promise<Response | undefined> {
  switch (fault?.kind) {
    case undefined:
      return undefined;
    case "latency":
      await wait(fault.ms);
      return undefined;
    case "rate_limit": {
      const answer = rateLimited({
        retryAfterMs: fault.retryAfterMs,
        isGlobal: fault.isGlobal === true,
      });
      if (fault.isGlobal === true) answer.headers.set("x-ratelimit-global", "true");
      answer.headers.set("x-ratelimit-scope", fault.isGlobal ? "global" : (fault.scope ?? "user"));
      return answer;
    }
    case "error": {
      const { status, code, message } = fault.error;
      const headers = { [ERROR_CODE_HEADER]: String(code) };
      return Response.json({ message, code }, { status, headers });
    }
    case "server_error":
    case "disconnect":
      return fault.applied ? undefined : strikeAfter(fault, c);
  }
}

function strikeAfter(fault: Fault, c: RestContext): Response {
  if (fault.kind === "server_error")
    return Response.json(
      { message: `${fault.status}: Server Error`, code: 0 },
      { status: fault.status },
    );
  const { outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}

function recordCall(
  { transcript, clock }: Context,
  { method, path, body }: { method: string; path: string; body: unknown },
): { finish: (response: Response, isBroken: boolean) => void } {
  const read =
    body instanceof Error
      ? { value: undefined, files: [] }
      : (body as RestEnv["Variables"]["body"]);
  const files = (transcript.isKept ? read.files : []).map(({ filename, bytes }) => ({
    filename,
    sizeBytes: bytes.byteLength,
    sha256: digestOf(bytes),
  }));
  const call = { atMs: clock.now(), method, path, route: routeOf(path), body: read.value, files };
  return {
    finish(response, isBroken) {
      const code = Number(response.headers.get(ERROR_CODE_HEADER));
      response.headers.delete(ERROR_CODE_HEADER);
      transcript.add({
        ...call,
        status: isBroken ? null : response.status,
        errorCode: isBroken || response.status < 400 ? null : code,
      });
    },
  };
}

/** From the error handler to the transcript; it does not leave the process. */
const ERROR_CODE_HEADER = "x-playground-error-code";

function answerError(
  error: unknown,
  { c, context }: { c: RestContext; context: Context },
): Response {
  if (error instanceof ApiError) {
    const response = Response.json(error.toJSON(), { status: error.status });
    response.headers.set(ERROR_CODE_HEADER, String(error.code));
    return response;
  }
  context.log.error({ err: error, method: c.req.method, path: c.req.path }, "A request failed");
  return c.json({ message: "500: Internal Server Error", code: 0 }, 500);
}
