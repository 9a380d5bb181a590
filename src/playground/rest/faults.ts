import type { ApiError } from "../rules/api-error.ts";

/** What goes wrong with a request. */
type FaultKind =
  /** Too many requests; the client waits. `scope` `shared` does not count against it. */
  | {
      kind: "rate_limit";
      retryAfterMs: number;
      isGlobal?: boolean | undefined;
      scope?: "user" | "shared" | undefined;
    }
  /** 5xx, with the request carried out (`applied`) or not. */
  | { kind: "server_error"; status: number; applied: boolean }
  /** The connection breaks before an answer, with the request carried out or not. */
  | { kind: "disconnect"; applied: boolean }
  /** Any answer of the API, like a missing permission. */
  | { kind: "error"; error: Pick<ApiError, "status" | "code" | "message"> }
  /** The answer comes late, by the machine's clock. */
  | { kind: "latency"; ms: number };

export type Fault = FaultKind & {
  /** Only of this method. */
  method?: string | undefined;
  /** Only where the path (after `/api/v10`) matches this regular expression. */
  path?: string | undefined;
  /** How many requests it hits; without it, every one until it is removed. */
  count?: number | undefined;
};

/** Faults that were asked for, the oldest first. */
export class Faults {
  #faults: { fault: Fault; left: number }[] = [];
  /** While true nothing answers: every connection breaks, and the gateway is shut. */
  isOutage = false;

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#faults = [];
    this.isOutage = false;
  }

  /** How many requests the finite ones will still hit. */
  get pending(): number {
    return this.#faults.reduce((sum, { left }) => (Number.isFinite(left) ? sum + left : sum), 0);
  }

  /** The fault of this request, which is then used up by one. */
  take(method: string, path: string): Fault | null {
    const hit = this.#faults.find(
      ({ fault }) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || new RegExp(fault.path).test(path)),
    );
    if (hit === undefined) return null;
    hit.left -= 1;
    if (hit.left <= 0) this.#faults = this.#faults.filter((one) => one !== hit);
    return hit.fault;
  }
}
