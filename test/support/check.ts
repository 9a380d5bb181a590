import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `npm run check`: types, lint, format and dead code in turn; all of them run, and the exit code tells whether all
 * passed. Each tool's own script is started by this Node, since the shims in node_modules/.bin need a shell on Windows.
 */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["src", "commands", "test", "bench"].filter((folder) =>
  existsSync(join(ROOT, folder)),
);

const CHECKS: { name: string; package: string; args: string[] }[] = [
  { name: "types", package: "typescript", args: [] },
  { name: "types of the page", package: "typescript", args: ["-p", "src/playground/page"] },
  { name: "lint", package: "oxlint", args: ["--type-aware", "--deny-warnings", ...FOLDERS] },
  { name: "format", package: "oxfmt", args: ["--check", ...FOLDERS] },
  { name: "dead code", package: "knip", args: ["--no-config-hints"] },
];

/** The script behind a package's command of the same name (`tsc` for typescript). */
function scriptOf(name: string): string {
  const manifest = join(ROOT, "node_modules", name, "package.json");
  const { bin }: { bin: Record<string, string> } = JSON.parse(readFileSync(manifest, "utf8"));
  const script = bin[name] ?? Object.values(bin)[0];
  if (script === undefined) throw new Error(`${name} has no command`);
  return join(dirname(manifest), script);
}

function run({ name, package: tool, args }: (typeof CHECKS)[number]): boolean {
  const started = performance.now();
  const result = spawnSync(process.execPath, [scriptOf(tool), ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const isPassed = result.status === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${isPassed ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
  if (!isPassed)
    process.stdout.write(`${result.stdout}${result.stderr}${result.error?.message ?? ""}\n`);
  return isPassed;
}

const passed = CHECKS.map(run);
process.exitCode = passed.every(Boolean) ? 0 : 1;
