import { Command } from "commander";

import { loadConfig } from "../config.ts";
import { type Check, type Finding, runChecks } from "./doctor/check.ts";
import { databaseCheck } from "./doctor/database-check.ts";
import { discordChecks } from "./doctor/discord-checks.ts";
import { machineChecks } from "./doctor/machine-checks.ts";
import { printJson, printLines } from "./print.ts";

const EXIT_FAULT = 1;
const SIGNS = { ok: "ok     ", warning: "warning", fault: "FAULT  ", skipped: "skipped" } as const;

/** The command `doctor`: checks everything that can be wrong, each with the way to mend it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check everything that can be wrong, and say how to mend it")
    .option("--json", "print one JSON object")
    .action((options: { json?: boolean }) => examine(options));
}

async function examine({ json = false }: { json?: boolean }): Promise<void> {
  const config = loadConfig();
  const checks: Check[] = [
    ...machineChecks(config),
    databaseCheck(config),
    ...discordChecks(config),
  ];
  const results: { name: string; findings: readonly Finding[] }[] = [];
  for await (const result of runChecks(checks)) {
    results.push(result);
    const { name, findings } = result;
    if (!json) printLines(findings.flatMap((finding) => linesOf(name, finding)));
  }
  const faults = results
    .flatMap(({ findings }) => findings)
    .filter(({ state }) => state === "fault");
  if (json) printJson({ checks: results });
  else if (faults.length === 0) printLines(["", "Nothing is in the way."]);
  if (faults.length > 0) process.exitCode = EXIT_FAULT;
}

function linesOf(name: string, { state, detail, mend }: Finding): string[] {
  const line = `${SIGNS[state]}  ${name.padEnd(12)} ${detail}`;
  return mend === undefined ? [line] : [line, `${" ".repeat(22)}-> ${mend}`];
}
