import { type ListFileEntry, listFiles, modelInfo } from "@huggingface/hub";
import { z } from "zod";
import { UserError, throwIfCancelled } from "../../errors.ts";
import { checkStatus } from "./hub-errors.ts";
import {
  DEFAULT_RETRY_POLICY,
  type RetryPolicy,
  StallWatch,
  TransientError,
  withRetries,
} from "./retry.ts";

/** A file of a repository as the hub lists it. */
export interface HubFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Large files are listed with their SHA-256; git's own with the SHA-1 of the blob. */
  readonly hash: { readonly algorithm: "sha256" | "git-sha1"; readonly digest: string };
}

/** A repository at one commit. */
export interface Repository {
  readonly id: string;
  readonly commit: string;
  /** As its model card says; the LICENSE file decides. */
  readonly license: string | null;
  readonly files: readonly HubFile[];
}

export interface HubOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly policy?: RetryPolicy;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Answers of the API and config files; Gemma's tokenizer.json has 17 MB. */
const MAX_ANSWER_BYTES = 50_000_000;
/** Real repositories have some dozens. */
const MAX_FILES = 10_000;

const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);
const sizeSchema = z.int().nonnegative();
const digestSchema = { sha256: /^[0-9a-f]{64}$/, "git-sha1": /^[0-9a-f]{40}$/ } as const;
const cardSchema = z.looseObject({
  license: z.string().nullish(),
  license_name: z.string().nullish(),
});

/** Talks to a Hugging Face hub or a mirror of it: every answer has a deadline, passing faults are tried again. */
export class HubClient {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  readonly #endpoint: string;
  readonly #token: string | undefined;

  constructor({ endpoint, token, signal, policy = DEFAULT_RETRY_POLICY }: HubOptions) {
    this.policy = policy;
    this.signal = signal;
    this.#endpoint = endpoint;
    this.#token = token;
  }

  /**
   * Lists a repository at the commit that `revision` names now, so that all its files belong together.
   * @throws UserError model_not_found, no_access, network, cancelled
   */
  async readRepository(id: string, revision = "main"): Promise<Repository> {
    const fetchWhole = this.#libraryFetch(id);
    const common = { hubUrl: this.#endpoint, fetch: fetchWhole };
    const model = await modelInfo({
      ...common,
      name: id,
      revision,
      additionalFields: ["sha", "cardData"],
    });
    const commit = commitSchema.safeParse(model.sha);
    if (!commit.success) throw unusable(id, "it does not say which commit it is");
    const files: HubFile[] = [];
    const listing = listFiles({ ...common, repo: id, revision: commit.data, recursive: true });
    for await (const entry of listing) {
      if (entry.type === "file") files.push(toHubFile(entry, id));
      if (files.length > MAX_FILES) throw unusable(id, `it has more than ${MAX_FILES} files`);
    }
    const card = cardSchema.safeParse(model.cardData ?? {});
    const license = card.success ? (card.data.license_name ?? card.data.license ?? null) : null;
    return { id, commit: commit.data, license, files };
  }

  /** Reads a small file, or the bytes `[0, end)` of a large one, into memory. */
  async readBytes(repository: Repository, path: string, end?: number): Promise<Uint8Array> {
    const headers = end === undefined ? {} : { range: `bytes=0-${end - 1}` };
    const { body } = await this.#wholeAnswer(this.fileUrl(repository, path), {
      headers,
      what: `${path} of ${repository.id}`,
      limitBytes: end,
    });
    return end === undefined ? body : body.subarray(0, end);
  }

  fileUrl({ id, commit }: Repository, path: string): string {
    const escaped = path.split("/").map(encodeURIComponent).join("/");
    return `${this.#endpoint}/${id}/resolve/${commit}/${escaped}`;
  }

  /**
   * One request, redirects followed; the token goes to the hub's own origin only. The body is still to be read.
   * @throws UserError for what asking again will not mend; TransientError for the rest
   */
  async open(
    url: string,
    { headers, watch, what }: { headers: Record<string, string>; watch: StallWatch; what: string },
  ): Promise<Response> {
    let target = new URL(url);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const isOwn = target.origin === new URL(this.#endpoint).origin;
      const authorization =
        isOwn && this.#token !== undefined ? { authorization: `Bearer ${this.#token}` } : {};
      const response = await fetch(target, {
        // A compressed answer has other lengths and ranges than the file.
        headers: { ...headers, ...authorization, "accept-encoding": "identity" },
        redirect: "manual",
        signal: watch.signal,
      }).catch((error: unknown) => {
        throw this.explain(error, watch, what);
      });
      watch.touch();
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null) {
        await checkStatus(response, {
          what,
          endpoint: this.#endpoint,
          hasToken: this.#token !== undefined,
        });
        return response;
      }
      await response.body?.cancel();
      target = redirected(location, target);
    }
    throw new UserError("network", `${what}: the hub redirects more than ${MAX_REDIRECTS} times.`);
  }

  /** What a failed fetch or read means. */
  explain(error: unknown, watch: StallWatch, what: string): Error {
    throwIfCancelled(this.signal, "the download; what has arrived is kept, so pull again to go on");
    if (error instanceof UserError || error instanceof TransientError) return error;
    if (watch.isStalled) {
      const seconds = this.policy.stallMs / 1000;
      return new TransientError(`${what}: nothing came for ${seconds} seconds.`, { cause: error });
    }
    return new TransientError(`${what}: the connection failed (${reasonOf(error)}).`, {
      cause: error,
    });
  }

  async #wholeAnswer(
    url: string,
    request: { headers: Record<string, string>; what: string; limitBytes?: number | undefined },
  ): Promise<{ response: Response; body: Uint8Array }> {
    const { headers, what, limitBytes } = request;
    const attempt = async (): Promise<{ response: Response; body: Uint8Array }> => {
      const watch = new StallWatch(this.policy.stallMs, this.signal);
      try {
        const response = await this.open(url, { headers, watch, what });
        const body = await readBody(response, { watch, what, limitBytes }).catch(
          (error: unknown) => {
            throw this.explain(error, watch, what);
          },
        );
        return { response, body };
      } finally {
        watch.stop();
      }
    };
    return withRetries(attempt, { policy: this.policy, signal: this.signal });
  }

  /** The fetch that `@huggingface/hub` is given: it sends no token itself, as it refuses those that lack "hf_". */
  #libraryFetch(id: string): typeof fetch {
    return async (input) => {
      const url = input instanceof Request ? input.url : String(input);
      const { response, body } = await this.#wholeAnswer(url, {
        headers: { accept: "application/json" },
        what: id,
      });
      return new Response(Buffer.from(body), {
        status: response.status,
        headers: response.headers,
      });
    };
  }
}

function toHubFile({ path, size, oid, lfs }: ListFileEntry, id: string): HubFile {
  const algorithm = lfs === undefined ? "git-sha1" : "sha256";
  const digest = lfs?.oid ?? oid ?? "";
  const sizeBytes = lfs?.size ?? size;
  if (!digestSchema[algorithm].test(digest) || !sizeSchema.safeParse(sizeBytes).success) {
    throw unusable(id, `its list gives ${path} no usable size or hash`);
  }
  return { path, sizeBytes, hash: { algorithm, digest } };
}

/** Reads at most `limitBytes`, then leaves the rest: a server may ignore a range. */
async function readBody(
  response: Response,
  { watch, what, limitBytes }: { watch: StallWatch; what: string; limitBytes?: number | undefined },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    watch.touch();
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (limitBytes !== undefined && bytes >= limitBytes) break;
    if (bytes > MAX_ANSWER_BYTES)
      throw new UserError(
        "network",
        `${what}: the answer has more than ${MAX_ANSWER_BYTES} bytes.`,
      );
  }
  return Buffer.concat(chunks);
}

function redirected(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  const isSafe =
    target?.protocol === "https:" || (target?.protocol === "http:" && from.protocol === "http:");
  if (target !== null && isSafe) return target;
  throw new UserError(
    "network",
    `${from.origin} redirects to ${location}, which is not a safe address. Check HF_ENDPOINT.`,
  );
}

function unusable(id: string, what: string): UserError {
  return new UserError("network", `The hub's answer about ${id} cannot be used: ${what}.`);
}

/** undici says only "fetch failed"; the reason is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
