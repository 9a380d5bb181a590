import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { extname, join, normalize } from "node:path";

import { Hono } from "hono";

const PAGE_DIR = join(import.meta.dirname, "page");
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** The page's only library, as browsers' modules can load it; paths under `/page/vendor/`. */
const VENDORED: Readonly<Record<string, string>> = {
  preact: "preact.js",
  "preact/hooks": "preact-hooks.js",
};
/** Nothing from elsewhere, no inline scripts or styles, no frames around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page: `GET /` and `GET /page/*`. TypeScript is sent with its types taken out. */
export function pageFiles(): Hono {
  const app = new Hono();
  app.get("/", async (context) => answer("index.html", context.req.header("if-none-match")));
  app.get("/page/*", async (context) =>
    answer(context.req.path.slice("/page/".length), context.req.header("if-none-match")),
  );
  return app;
}

/** 200 with the file, 304 where the browser has it already, 404 where there is none. */
async function answer(path: string, known: string | undefined): Promise<Response> {
  const file = await load(path);
  if (file === null) return new Response("There is no such file.\n", { status: 404 });
  const etag = `"${createHash("sha256").update(file).digest("base64url").slice(0, 22)}"`;
  const headers = {
    etag,
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "content-type": CONTENT_TYPES[extname(path)] ?? "text/javascript; charset=utf-8",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
  return known === etag
    ? new Response(null, { status: 304, headers })
    : new Response(file, { headers });
}

async function load(path: string): Promise<string | null> {
  const vendored = Object.entries(VENDORED).find(([, name]) => path === `vendor/${name}`);
  if (vendored !== undefined)
    return resolveBareImports(
      await readFile(createRequire(import.meta.url).resolve(vendored[0]), "utf8"),
    );
  const inside = normalize(path);
  if (inside.startsWith("..") || !(extname(inside) in CONTENT_TYPES)) return null;
  try {
    const source = await readFile(join(PAGE_DIR, inside), "utf8");
    return extname(inside) === ".ts" ? resolveBareImports(stripTypes(source)) : source;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Browsers know no `node_modules`; an import map would be an inline script. */
function resolveBareImports(source: string): string {
  return source.replaceAll(/\bfrom\s*"(preact(?:\/hooks)?)"/g, (whole, name: string) => {
    const file = VENDORED[name];
    return file === undefined ? whole : `from "/page/vendor/${file}"`;
  });
}

/** Node's own type stripping, without its notice on stderr that this function is experimental. */
function stripTypes(source: string): string {
  const original = Object.getOwnPropertyDescriptor(process, "emitWarning") ?? {};
  Object.defineProperty(process, "emitWarning", { ...original, value: () => undefined });
  try {
    return stripTypeScriptTypes(source);
  } finally {
    Object.defineProperty(process, "emitWarning", original);
  }
}
