import { UserError } from "../../errors.ts";

/** What a check found. */
export interface Finding {
  readonly state: "ok" | "warning" | "fault" | "skipped";
  /** What is so, in a few words. */
  readonly detail: string;
  /** How to mend it; undefined where nothing is to be mended. */
  readonly mend?: string | undefined;
}

export interface Check {
  readonly name: string;
  /** The check that must find no fault before, where this one would only find the same again. */
  readonly after?: string;
  readonly run: () => Promise<Finding | readonly Finding[]>;
}

export const ok = (detail: string): Finding => ({ state: "ok", detail });
export const skipped = (detail: string): Finding => ({ state: "skipped", detail });
export const warning = (detail: string, mend: string): Finding => ({
  state: "warning",
  detail,
  mend,
});
export const fault = (detail: string, mend: string): Finding => ({ state: "fault", detail, mend });

/**
 * Runs one after the other; a check that fails is itself a finding, since the others are still wanted.
 *
 * @yields what each found, by its name
 */
export async function* runChecks(
  checks: readonly Check[],
): AsyncGenerator<{ readonly name: string; readonly findings: readonly Finding[] }> {
  const faulty = new Set<string>();
  for (const check of checks) {
    const { name, after } = check;
    const findings =
      after !== undefined && faulty.has(after)
        ? [skipped(`mend "${after}" first`)]
        : await runCheck(check);
    if (findings.some(({ state }) => state === "fault")) faulty.add(name);
    yield { name, findings };
  }
}

async function runCheck({ run }: Check): Promise<readonly Finding[]> {
  try {
    return [await run()].flat();
  } catch (error) {
    if (error instanceof UserError) return [{ state: "fault", detail: error.message }];
    const reason = error instanceof Error ? error.message : String(error);
    return [fault(reason, "This should not happen: please report it.")];
  }
}
