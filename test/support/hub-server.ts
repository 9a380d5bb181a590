import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with one answer about a file; each is used up by one request. */
export type Fault =
  | { kind: "status"; status: number; headers?: Record<string, string> }
  /** Closes the connection, or falls silent, after so many bytes. */
  | { kind: "break" | "stall"; afterBytes: number }
  /** Flips a bit. */
  | { kind: "corrupt" }
  /** Sends the whole file whatever range was asked for. */
  | { kind: "ignore-range" };

export interface Request {
  server: "hub" | "cdn";
  path: string;
  headers: IncomingHttpHeaders;
}

interface RepositoryFixture {
  files: Record<string, Uint8Array>;
  /** Listed with this size instead of its own. */
  listedSizes?: Record<string, number>;
  /** Listed with this SHA-256 instead of its own. */
  listedHashes?: Record<string, string>;
  commit?: string;
  cardData?: object;
  /** Answers 401 without, and 403 with any other token. */
  token?: string;
}

/** Files from this size on are listed with a SHA-256 and served by the other host, as the hub does. */
const LFS_BYTES = 1024;
const PAGE_SIZE = 5;
/** An aborted answer takes along what the client has not read yet. */
const BREAK_DELAY_MS = 200;

/** A server with the hub's routes for models, and another origin that serves the large files. */
export class HubServer {
  readonly requests: Request[] = [];
  readonly repositories = new Map<string, RepositoryFixture>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #hub: Server;
  readonly #cdn: Server;
  endpoint = "";
  /** Changes when a file is served with other bytes. */
  etagSalt = "";

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer("hub", request, response));
    this.#cdn = createServer((request, response) => this.#answer("cdn", request, response));
  }

  /** Listens on loopback until stop(). */
  static async start(): Promise<HubServer> {
    const started = new HubServer();
    for (const server of [started.#hub, started.#cdn]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    started.endpoint = originOf(started.#hub);
    return started;
  }

  /** The next requests for `path` (of the API: `revision` or `tree`) meet these faults, one each. */
  fail(path: string, ...faults: Fault[]): void {
    this.#faults.set(path, faults);
  }

  /** Requests for one file that reached the host of its bytes. */
  transfersOf(path: string): Request[] {
    return this.requests.filter(
      (request) => request.path.endsWith(`/${path}`) && request.path.includes("/resolve/"),
    );
  }

  stop(): void {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      server.close();
    }
  }

  #answer(server: "hub" | "cdn", request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", originOf(server === "hub" ? this.#hub : this.#cdn));
    const path = decodeURIComponent(url.pathname);
    this.requests.push({ server, path, headers: request.headers });
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(path);
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const repository = this.repositories.get((api ?? resolve)?.[1] ?? "");
    if (repository === undefined) return send(response, 401, { error: "Repository not found" });
    if (server === "hub" && !isAllowed(repository, request, response)) return;
    if (api !== null) {
      const [, id = "", kind = ""] = api;
      if (this.#fails(kind, response)) return;
      if (kind === "revision") return send(response, 200, modelOf(id, repository));
      return this.#list(repository, url, response);
    }
    const file = resolve?.[3] ?? "";
    const content = repository.files[file];
    if (content === undefined) return send(response, 404, { error: "Entry not found" });
    if (server === "hub" && content.byteLength >= LFS_BYTES) {
      response.writeHead(302, { location: `${originOf(this.#cdn)}${url.pathname}?signature=x` });
      response.end();
      return;
    }
    this.#serve(file, content, { request, response });
  }

  #list(repository: RepositoryFixture, url: URL, response: ServerResponse): void {
    const entries = listingOf(repository);
    const begin = Number(url.searchParams.get("cursor") ?? 0);
    const next = begin + PAGE_SIZE;
    if (next < entries.length) {
      url.searchParams.set("cursor", String(next));
      response.setHeader("link", `<${url.href}>; rel="next"`);
    }
    send(response, 200, entries.slice(begin, next));
  }

  #serve(
    file: string,
    content: Uint8Array,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): void {
    const [fault] = this.#faults.get(file) ?? [];
    if (this.#fails(file, response)) return;
    const etag = `"${sha256(content)}${this.etagSalt}"`;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const condition = request.headers["if-range"];
    const isPart =
      range !== null &&
      fault?.kind !== "ignore-range" &&
      (condition === undefined || condition === etag);
    const begin = isPart ? Number(range[1]) : 0;
    const end = isPart && range[2] !== "" ? Number(range[2]) + 1 : content.byteLength;
    const body = Buffer.from(content.subarray(begin, end));
    if (fault?.kind === "corrupt") body[0] = (body[0] ?? 0) ^ 1;
    response.writeHead(isPart ? 206 : 200, {
      etag,
      "content-length": body.byteLength,
      ...(isPart ? { "content-range": `bytes ${begin}-${end - 1}/${content.byteLength}` } : {}),
    });
    if (fault?.kind === "break" || fault?.kind === "stall") {
      response.write(body.subarray(0, fault.afterBytes), () => {
        if (fault.kind === "break") setTimeout(() => response.destroy(), BREAK_DELAY_MS);
      });
      return;
    }
    response.end(body);
  }

  /** Uses up the next fault; true when it was a status and is answered. */
  #fails(path: string, response: ServerResponse): boolean {
    const fault = this.#faults.get(path)?.shift();
    if (fault?.kind !== "status") return false;
    response.writeHead(fault.status, fault.headers ?? {}).end();
    return true;
  }
}

/** The commit of a fixture that names none. */
const FIRST_COMMIT = "a".repeat(40);

function isAllowed(
  { token }: RepositoryFixture,
  { headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (token === undefined || headers.authorization === `Bearer ${token}`) return true;
  send(response, headers.authorization === undefined ? 401 : 403, {
    error: "Access is restricted",
  });
  return false;
}

function modelOf(id: string, { commit = FIRST_COMMIT, cardData = {} }: RepositoryFixture): object {
  const lastModified = "2025-03-01T00:00:00.000Z";
  return { _id: "1", id, sha: commit, cardData, private: false, gated: false, lastModified };
}

function listingOf(repository: RepositoryFixture): object[] {
  const { files, listedHashes = {}, listedSizes = {} } = repository;
  const folders = new Set(Object.keys(files).flatMap((path) => path.split("/").slice(0, -1)));
  const entries = Object.entries(files).map(([path, content]) => {
    const size = listedSizes[path] ?? content.byteLength;
    const oid = gitSha1(content);
    if (content.byteLength < LFS_BYTES) return { type: "file", path, size, oid };
    const lfs = { oid: listedHashes[path] ?? sha256(content), size, pointerSize: 134 };
    return { type: "file", path, size, oid, lfs };
  });
  return [
    ...[...folders].map((path) => ({ type: "directory", path, size: 0, oid: "0".repeat(40) })),
    ...entries,
  ];
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function originOf(server: Server): string {
  const address = server.address() as AddressInfo;
  return `http://127.0.0.1:${address.port}`;
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function gitSha1(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.byteLength}\0`).update(content).digest("hex");
}
