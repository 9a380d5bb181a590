import { UserError } from "../../errors.ts";
import { TransientError } from "./retry.ts";

/** Asking again may help: too early, too many requests, and the server's own faults. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
/** A range that begins at the file's end; the download itself deals with it. */
const RANGE_NOT_SATISFIABLE = 416;

interface Asked {
  readonly what: string;
  readonly endpoint: string;
  /** Whether a token went with the request. */
  readonly hasToken: boolean;
}

/**
 * Passes answers with a body to use, and says what the others mean.
 * @throws TransientError, or UserError model_not_found, no_access, network
 */
export async function checkStatus(response: Response, asked: Asked): Promise<void> {
  const { status, ok } = response;
  if (ok || status === RANGE_NOT_SATISFIABLE) return;
  await response.body?.cancel();
  if (TRANSIENT.has(status)) {
    const what = status === 429 ? "the hub limits requests for now" : "the hub has a fault";
    throw new TransientError(`${asked.what}: ${what} (${status}).`, {
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }
  throw permanentFault(status, asked);
}

function permanentFault(status: number, { what, endpoint, hasToken }: Asked): UserError {
  switch (status) {
    // The hub answers 401 for names that do not exist, so that private ones cannot be guessed.
    case 401:
      return new UserError(
        "no_access",
        hasToken
          ? `${what}: ${endpoint} does not accept HF_TOKEN. Make a new one there (read access is enough).`
          : `${what} does not exist on ${endpoint}, or is private. Check the name, or set HF_TOKEN.`,
      );
    case 403:
      return new UserError(
        "no_access",
        hasToken
          ? `${what}: the account of HF_TOKEN has no access. Accept the model's terms on its page at ${endpoint}.`
          : `${what} asks for an account. Accept the model's terms on its page at ${endpoint}, and set HF_TOKEN.`,
      );
    case 404:
      return new UserError(
        "model_not_found",
        `${what} does not exist on ${endpoint}. \`sanabot models list\` shows what is known.`,
      );
    default:
      return new UserError("network", `${what}: ${endpoint} answered with status ${status}.`);
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : Number.NaN;
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
