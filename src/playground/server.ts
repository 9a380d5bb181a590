import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Logger } from "pino";

import { isLoopback } from "../config/loopback.ts";
import { UserError } from "../errors.ts";
import { createCdn } from "./cdn.ts";
import { createClient } from "./client/client.ts";
import type { Context } from "./context.ts";
import { createControl } from "./control/control.ts";
import { Gateway } from "./gateway/gateway.ts";
import { isTrustedRequest } from "./local-only.ts";
import { pageFiles } from "./page-files.ts";
import { createProxy } from "./proxy.ts";
import { Faults } from "./rest/faults.ts";
import { RateLimits } from "./rest/rate-limits.ts";
import { createRest } from "./rest/rest.ts";
import { Transcript } from "./rest/transcript.ts";
import { PLAYGROUND_TOKEN } from "./token.ts";
import { Attachments } from "./world/attachments.ts";
import { Clock } from "./world/clock.ts";
import { createWorldEvents } from "./world/events.ts";
import { Interactions } from "./world/interactions.ts";
import { Messages } from "./world/messages.ts";
import { Renderer } from "./world/render.ts";
import { SnowflakeSource } from "./world/snowflake.ts";
import { Store } from "./world/store.ts";
import { World } from "./world/world.ts";

export interface PlaygroundOptions {
  /** 0: any free one. */
  port: number;
  /** @default "127.0.0.1" */
  host?: string;
  dataDir: string;
  /** Where the bot answers `/livez`, `/readyz`, `/startupz`, `/metrics` and `/originals`; null: nowhere. */
  botHttp: string | null;
  /** Opens `/control` for tests. */
  control: boolean;
  log: Logger;
}

/** A running playground in this process. */
export interface Playground {
  /** `http://127.0.0.1:PORT`, or the address that it was told to listen on. */
  origin: string;
  context: Context;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * Discord on loopback: REST, gateway, CDN, the page and its API on one port.
 *
 * @throws {UserError} `network` when the port is taken, `disk` when the folder cannot be used.
 */
export async function servePlayground(options: PlaygroundOptions): Promise<Playground> {
  const { host = "127.0.0.1", port } = options;
  let origin = "";
  const context = createContext(options, () => origin);
  const isLocalOnly = isLoopback(host);
  const app = createApp(context, { ...options, isLocalOnly });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const isGateway = /^\/gateway(\/|\?|$)/.test(request.url ?? "");
    if (!isGateway || context.faults.isOutage || !isTrustedRequest(request.headers, isLocalOnly))
      socket.destroy();
    else context.gateway.upgrade(request, socket, head);
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    context.store.close();
    throw new UserError(
      "network",
      `The playground cannot listen on ${host}:${port}. Is PORT in use?`,
      {
        cause,
      },
    );
  }
  origin = originOf(host, (server.address() as AddressInfo).port);
  return { origin, context, close: closer(server, context) };
}

function createContext(options: PlaygroundOptions, origin: () => string): Context {
  const { dataDir, log, control } = options;
  const store = new Store(dataDir);
  const clock = new Clock();
  const events = createWorldEvents();
  const ids = new SnowflakeSource(clock, store.lastMessageId());
  const world = new World(store, events, clock.now());
  const attachments = new Attachments({ store, clock, ids, dataDir });
  attachments.sweep();
  const messages = new Messages({ store, clock, ids, events, attachments, world });
  const render = new Renderer({ world, messages, attachments });
  return {
    clock,
    ids,
    store,
    events,
    world,
    attachments,
    messages,
    render,
    interactions: new Interactions({ store, clock, ids, events }),
    gateway: new Gateway({ world, events, render, origin, token: PLAYGROUND_TOKEN }),
    faults: new Faults(),
    rateLimits: new RateLimits(),
    transcript: new Transcript(store, control),
    log,
    token: PLAYGROUND_TOKEN,
    origin,
  };
}

function createApp(
  context: Context,
  { control, botHttp, isLocalOnly }: PlaygroundOptions & { isLocalOnly: boolean },
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    if (isTrustedRequest(c.env.incoming.headers, isLocalOnly)) return next();
    return c.text("The playground answers only pages and programs of this machine.\n", 403);
  });
  const rest = createRest(context);
  app.route("/api/v10", rest);
  app.route("/api", rest);
  app.route("/client", createClient(context));
  if (control) app.route("/control", createControl(context));
  app.route("/", createCdn(context));
  app.route("/", createProxy(botHttp));
  app.route("/", pageFiles());
  return app;
}

function originOf(host: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = host.includes(":") && !isEverywhere ? `[${host}]` : host;
  return `http://${isEverywhere ? "127.0.0.1" : name}:${port}`;
}

function closer(server: Server, context: Context): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return async () => {
    closed ??= (async () => {
      context.gateway.close();
      context.clock.stop();
      const ended = once(server, "close");
      server.close();
      server.closeAllConnections();
      await ended;
      context.store.close();
    })();
    return closed;
  };
}
