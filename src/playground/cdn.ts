import { Hono } from "hono";

import type { Context } from "./context.ts";

/** Shown as they are; everything else is offered for download, for it would run with the page's rights. */
const INLINE = /^(image\/(png|jpeg|webp|gif|avif)|video\/mp4|text\/plain)/;

/** Discord's CDN: files by signed links that expire. */
export function createCdn({ attachments, faults }: Context): Hono {
  const cdn = new Hono();
  const serve = async (url: string): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    const opened = faults.isOutage ? null : await attachments.read(pathname, searchParams);
    if (opened === null)
      return new Response("This content is no longer available.", { status: 404 });
    const { attachment, bytes } = opened;
    const type = attachment.contentType ?? "application/octet-stream";
    return new Response(new Uint8Array(bytes), {
      headers: {
        "content-type": type,
        "content-disposition": INLINE.test(type) ? "inline" : "attachment",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=3600",
      },
    });
  };
  cdn.get("/attachments/:place/:id/:name", async (c) => serve(c.req.url));
  cdn.get("/ephemeral-attachments/:place/:id/:name", async (c) => serve(c.req.url));
  return cdn;
}
