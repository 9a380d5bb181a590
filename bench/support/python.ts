import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { benchFolder } from "./bench-folder.ts";

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, "../python/requirements.txt");
/** Installing torch takes minutes; so does a float32 run of Gemma. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Runs a script of bench/python in a virtual environment of its own with pinned versions.
 * @returns what it printed, parsed as JSON, or null where Python or its packages cannot be had
 */
export async function runPython(script: string, args: readonly string[]): Promise<unknown> {
  try {
    const python = await virtualEnvironment();
    const path = join(import.meta.dirname, "../python", script);
    const { stdout } = await run(python, [path, ...args], {
      timeout: DEADLINE_MS,
      maxBuffer: 2 ** 24,
    });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } catch (error) {
    process.stderr.write(
      `No Python reference: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`,
    );
    return null;
  }
}

async function virtualEnvironment(): Promise<string> {
  const folder = join(await benchFolder(), "venv");
  const python =
    process.platform === "win32" ? join(folder, "Scripts/python.exe") : join(folder, "bin/python");
  if (existsSync(join(folder, "ready"))) return python;
  await run(process.platform === "win32" ? "python" : "python3", ["-m", "venv", folder], {
    timeout: DEADLINE_MS,
  });
  await run(python, ["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], {
    timeout: DEADLINE_MS,
  });
  await run(python, [
    "-c",
    "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()",
    join(folder, "ready"),
  ]);
  return python;
}
