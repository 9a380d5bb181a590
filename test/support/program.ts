import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PROJECT_DIR } from "../../src/config.ts";

/** Until it says that it is ready, in ms: the first start of PGlite takes some seconds. */
const START_MS = 120_000;

const LOOK_EVERY_MS = 50;

export interface ProgramOptions {
  /** DISCORD_TOKEN, DISCORD_API_BASE, DATABASE_URL, ROLE, FAILPOINT and so on. */
  environment: Record<string, string>;
  /** Kept when the program ends; without it, a folder of its own that `remove` deletes. */
  dataDir?: string;
}

/** The whole program as a process of its own, as `npm start` runs it. */
export class Program {
  readonly #child: ChildProcess;
  readonly dataDir: string;
  #output = "";

  private constructor(child: ChildProcess, dataDir: string) {
    this.#child = child;
    this.dataDir = dataDir;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Starts it without waiting for anything. */
  static async launch({ environment, dataDir }: ProgramOptions): Promise<Program> {
    const folder = dataDir ?? (await mkdtemp(join(tmpdir(), "sanabot-program-")));
    const child = spawn(process.execPath, [join(PROJECT_DIR, "src", "main.ts")], {
      env: { ...process.env, PORT: "0", LOG_LEVEL: "info", DATA_DIR: folder, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: PROJECT_DIR,
    });
    return new Program(child, folder);
  }

  /** Starts it and waits until it is ready. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = await Program.launch(options);
    try {
      await program.waitForOutput(/^(?:The (?:bot|worker) is ready|Playground: )/m);
      return program;
    } catch (error) {
      await program.kill();
      throw error;
    }
  }

  /** Everything that it wrote. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws {Error} with what it wrote when it ends before, or writes nothing of the kind in time */
  async waitForOutput(pattern: RegExp): Promise<RegExpMatchArray> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      if (!this.isRunning || Date.now() > deadline)
        throw new Error(`The program did not write ${pattern}:\n${this.#output}`);
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  /** As a deploy does. @returns its exit code */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Resolves when it has ended by itself. @returns its exit code */
  async ended(): Promise<number | null> {
    if (this.isRunning) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  async remove(): Promise<void> {
    if (this.isRunning) await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.isRunning) {
      this.#child.kill(signal);
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }
}
