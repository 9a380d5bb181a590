import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { Readable } from "node:stream";

import { serve } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import type { Registry } from "prom-client";

import { isLoopback, nameInHost } from "../config/loopback.ts";
import { UserError } from "../errors.ts";
import type { OriginalLinks } from "./original-links.ts";
import { type Status, statusPage } from "./status-page.ts";

/** What `/readyz` asks; each must answer within a second. */
type ReadinessChecks = Readonly<Record<string, () => Promise<boolean>>>;

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** How others reach these pages, if they do; on loopback, by a proxy of this machine. */
  readonly publicUrl: string | undefined;
  readonly checks: ReadinessChecks;
  /** For `/startupz`: whether the start is over, however long the first model took to load. */
  readonly isStarted: () => boolean;
  readonly registry: Registry;
  readonly links: OriginalLinks;
  readonly originalsDir: string;
  /** For the page at `/`. */
  readonly status: () => Promise<Status>;
}

export interface HttpServer {
  readonly port: number;
  /** May be called twice. */
  readonly stop: () => Promise<void>;
}

const CHECK_DEADLINE_MS = 1000;

/**
 * Serves health, metrics, originals and the owner's status page.
 *
 * @throws {UserError} `invalid_config` when the port is taken
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const app = routes(options);
  const server = await listen(app, options);
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    port,
    stop: () =>
      (stopped ??= new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      })),
  };
}

function routes(options: HttpOptions): Hono {
  const { checks, isStarted, registry, links, originalsDir, status } = options;
  const app = new Hono();
  if (isLoopback(options.host)) app.use(knownNamesOnly(options));
  app.get("/livez", (context) => context.text("ok"));
  app.get("/startupz", (context) =>
    isStarted() ? context.text("ok") : context.text("starting", 503),
  );
  app.get("/readyz", async (context) => {
    const entries = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await inTime(check)] as const),
    );
    const isReady = entries.every(([, isGood]) => isGood);
    return context.json(Object.fromEntries(entries), isReady ? 200 : 503);
  });
  app.get("/metrics", async (context) =>
    context.body(await registry.metrics(), 200, { "Content-Type": registry.contentType }),
  );
  app.get("/originals/:name", async (context) => {
    const name = context.req.param("name");
    const { expires = "", signature = "" } = context.req.query();
    if (!links.isValid(name, { expires, signature }))
      return context.text("This link has expired, or is not one of ours.", 403);
    const path = join(originalsDir, basename(name));
    const found = await stat(path).catch(() => null);
    if (found === null) return context.text("The original is no longer kept.", 404);
    return context.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      "Content-Type": "image/png",
      "Content-Length": String(found.size),
      "Content-Disposition": `attachment; filename="${basename(name).replaceAll('"', "")}"`,
    });
  });
  app.get("/", async (context) => {
    context.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    return context.html(statusPage(await status()));
  });
  return app;
}

/** What is open to this machine alone is asked by its names, or by that of `publicUrl`; programs may give none. */
function knownNamesOnly({ publicUrl }: HttpOptions): MiddlewareHandler {
  const publicName = publicUrl === undefined ? null : new URL(publicUrl).hostname;
  return async (context, next) => {
    const host = context.req.header("host");
    const name = host === undefined ? "localhost" : nameInHost(host);
    if (isLoopback(name) || name === publicName) return next();
    return context.text(
      "These pages answer to localhost alone: open them by that name, or set PUBLIC_URL to the address that you use.",
      403,
    );
  };
}

async function inTime(check: () => Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((done) => {
    setTimeout(() => done(false), CHECK_DEADLINE_MS).unref();
  });
  return Promise.race([check().catch(() => false), late]);
}

async function listen(app: Hono, { host, port }: HttpOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, () =>
      resolve(server as Server),
    );
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "another program uses it" : cause.message;
      const message = `Port ${port} on ${host} cannot be opened: ${reason}. Set PORT to another one, such as ${port + 1}.`;
      reject(new UserError("invalid_config", message, { cause }));
    });
  });
}
