import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get as httpGet, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Registry } from "prom-client";

import { OriginalLinks } from "../../src/http/original-links.ts";
import { type HttpOptions, type HttpServer, startHttp } from "../../src/http/server.ts";

const KEY = new Uint8Array(32).fill(7);
const DAY_MS = 24 * 60 * 60_000;

describe("the pages", () => {
  let folder: string;
  let server: HttpServer;
  let options: HttpOptions;
  let isReady = true;
  let isStarted = true;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sanabot-http-"));
    await writeFile(join(folder, "job-0.png"), "pixels");
    options = {
      host: "127.0.0.1",
      port: 0,
      publicUrl: "http://example.org",
      registry: new Registry(),
      links: new OriginalLinks(KEY, "http://example.org"),
      originalsDir: folder,
      checks: { database: async () => true, worker: async () => isReady },
      isStarted: () => isStarted,
      status: async () => ({
        version: "sanabot 1",
        rows: [{ name: "Models", value: "<script>alert(1)</script>", isBad: false }],
        lastErrors: [{ at: new Date(0), message: "<b>broken</b>" }],
      }),
    };
    server = await startHttp(options);
  });
  after(async () => {
    await server.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${server.port}${path}`);
  }
  const pathOf = (link: string | null): string => {
    const { pathname, search } = new URL(link ?? "");
    return pathname + search;
  };

  it("say that the process lives", async () => {
    assert.equal((await get("/livez")).status, 200);
  });

  it("say which part is not ready", async () => {
    assert.equal((await get("/readyz")).status, 200);
    isReady = false;
    const response = await get("/readyz");
    isReady = true;
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { database: true, worker: false });
  });

  it("say when the start is over", async () => {
    isStarted = false;
    assert.equal((await get("/startupz")).status, 503);
    isStarted = true;
    assert.equal((await get("/startupz")).status, 200);
  });

  it("hand out metrics in Prometheus' format", async () => {
    const response = await get("/metrics");
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  });

  it("hand out an original by its signed link", async () => {
    const response = await get(pathOf(options.links.linkTo("job-0.png")));
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "pixels");
  });

  it("refuse a link that has expired", async () => {
    const link = options.links.linkTo("job-0.png", Date.now() - 8 * DAY_MS);
    assert.equal((await get(pathOf(link))).status, 403);
  });

  it("refuse a link whose name, time or signature was changed", async () => {
    const path = pathOf(options.links.linkTo("job-0.png"));
    for (const forged of [
      path.replace("job-0", "job-1"),
      path.replace(/expires=\d/, "expires=9"),
      path.replace(/signature=.{4}/, "signature=AAAA"),
      "/originals/job-0.png",
    ])
      assert.equal((await get(forged)).status, 403, forged);
  });

  it("do not lead out of the folder by a signed name", async () => {
    const response = await get(pathOf(options.links.linkTo("../../etc/passwd")));
    assert.equal(response.status, 404);
  });

  it("say that an original is no longer kept", async () => {
    assert.equal((await get(pathOf(options.links.linkTo("gone-0.png")))).status, 404);
  });

  it("escape whatever the status page shows, and allow no script", async () => {
    const response = await get("/");
    const page = await response.text();
    assert.doesNotMatch(page, /<script>|<b>/);
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  });

  describe("asked by a name", () => {
    /** The status of a page, by a `Host` header as a browser would send it. */
    async function statusBy(host: string, asked = server): Promise<number> {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const place = { host: "127.0.0.1", port: asked.port, path: "/metrics" };
        httpGet({ ...place, headers: { host } }, resolve).on("error", reject);
      });
      response.resume();
      return response.statusCode ?? 0;
    }

    it("answer this machine's own, whatever the port", async () => {
      for (const host of ["localhost:3000", "LOCALHOST", "127.0.0.1", "127.0.0.2:80", "[::1]:3000"])
        assert.equal(await statusBy(host), 200, host);
    });

    it("answer a proxy that passes on the name in PUBLIC_URL", async () => {
      assert.equal(await statusBy("example.org"), 200);
    });

    it("refuse one that somebody else pointed at this machine", async () => {
      for (const host of ["evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example"])
        assert.equal(await statusBy(host), 403, host);
    });

    it("answer any where the owner opened them to others", async () => {
      const open = await startHttp({ ...options, host: "0.0.0.0" });
      assert.equal(await statusBy("sanabot.lan:3000", open), 200);
      await open.stop();
    });
  });

  it("say in a sentence that their port is taken", async () => {
    await assert.rejects(startHttp({ ...options, port: server.port }), {
      code: "invalid_config",
      message: /another program uses it\. Set PORT to another one/,
    });
  });
});
