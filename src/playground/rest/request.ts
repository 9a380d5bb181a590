import type { Context as HonoContext } from "hono";
import { z } from "zod";

import { apiErrors } from "../rules/api-error.ts";
import { formError } from "../rules/form.ts";
import type { UploadedFile } from "../world/messages.ts";
import { isSnowflake } from "../world/snowflake.ts";

/** A request's body, whichever way it came. */
export interface RequestBody {
  value: unknown;
  files: UploadedFile[];
}

/** What the middleware hands to the routes. */
export interface RestEnv {
  Variables: { body: RequestBody };
}
export type RestContext = HonoContext<RestEnv>;

const MAX_FILES = 10;

/**
 * Reads JSON, or `multipart/form-data` with `payload_json` and `files[n]`.
 *
 * @throws {ApiError} 50109 of broken JSON, 50035 of a body of another kind.
 */
export async function readBody(request: Request): Promise<RequestBody> {
  if (request.method === "GET" || request.body === null) return { value: undefined, files: [] };
  const type = request.headers.get("content-type") ?? "";
  if (type.startsWith("multipart/form-data")) return readMultipart(request);
  const text = await request.text();
  if (text === "") return { value: undefined, files: [] };
  if (!type.startsWith("application/json"))
    throw formError(
      [],
      "CONTENT_TYPE_INVALID",
      'Expected "Content-Type" header to be one of {"application/json", "multipart/form-data"}.',
    );
  return { value: parseJson(text), files: [] };
}

async function readMultipart(request: Request): Promise<RequestBody> {
  const form = await request.formData().catch((cause: unknown) => {
    throw Object.assign(apiErrors.invalidJson(), { cause });
  });
  const files: UploadedFile[] = [];
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value === "string") {
      fields[name] = value;
      continue;
    }
    const n = /^files\[(\d+)\]$/.exec(name)?.[1] ?? String(files.length);
    files.push({ n, filename: value.name, bytes: await value.bytes() });
  }
  if (files.length > MAX_FILES)
    throw formError(["files"], "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_FILES} or fewer in length.`);
  const payload = fields["payload_json"];
  return { value: typeof payload === "string" ? parseJson(payload) : fields, files };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(apiErrors.invalidJson(), { cause });
  }
}

const integerText = z.string().regex(/^\d{1,3}$/);

/** A number of the query, or its default. @throws {ApiError} 50035 */
export function queryInteger(
  c: RestContext,
  name: string,
  { initial, max }: { initial: number; max: number },
): number {
  const given = c.req.query(name);
  if (given === undefined) return initial;
  const value = integerText.safeParse(given).success ? Number(given) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw formError([name], "NUMBER_TYPE_MAX", `int value should be between 1 and ${max}.`);
}

/** Where in a list of messages to begin. @throws {ApiError} 50035 */
export function queryIds(
  c: RestContext,
): Record<"before" | "after" | "around", string | undefined> {
  const { before, after, around } = c.req.query();
  for (const [name, id] of Object.entries({ before, after, around }))
    if (id !== undefined && !isSnowflake(id))
      throw formError([name], "NUMBER_TYPE_COERCE", `Value "${id}" is not snowflake.`);
  return { before, after, around };
}

export function isTrue(value: string | undefined): boolean {
  return value === "true" || value === "1" || value === "True";
}
