import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { Logger } from "pino";

import { type Config, PROJECT_DIR } from "../config.ts";
import { UserError } from "../errors.ts";
import type { ModelDescription } from "../inference/messages.ts";
import { findModel, listModels } from "../models/find-model.ts";

export interface InstalledModelsParts {
  readonly config: Pick<Config, "model" | "modelsDir">;
  readonly log: Logger;
  /** As the inference process does, when it has time. */
  readonly describe: (name: string) => Promise<readonly ModelDescription[]>;
}

/** The models in MODELS_DIR and those that ship with the program, each described once. */
export class InstalledModels {
  readonly #parts: InstalledModelsParts;
  readonly #described = new Map<string, readonly ModelDescription[]>();
  /** What is left out, with when its folder was changed before it was tried. */
  readonly #broken = new Map<string, number>();

  constructor(parts: InstalledModelsParts) {
    this.#parts = parts;
  }

  /**
   * The configured one first. Only what was not tried yet is asked for, and what was found broken and has changed since;
   * what is broken is left out, with a line in the log.
   *
   * @throws whatever is wrong with the configured one
   */
  async describe(): Promise<ModelDescription[]> {
    const names = await this.#names();
    for (const name of names) if (await this.#isNew(name)) await this.#try(name);
    return names.flatMap((name) => this.#described.get(name) ?? []);
  }

  async #try(name: string): Promise<void> {
    const { config, log, describe } = this.#parts;
    const changedAt = await this.#changedAt(name);
    try {
      this.#described.set(name, await describe(name));
    } catch (error) {
      if (name === config.model) throw error;
      this.#broken.set(name, changedAt);
      const bug = error instanceof UserError ? {} : { err: error };
      const message = error instanceof Error ? error.message : String(error);
      log.warn({ model: name, ...bug }, `a model is left out: ${message}`);
    }
  }

  async #isNew(name: string): Promise<boolean> {
    if (this.#described.has(name)) return false;
    const triedAt = this.#broken.get(name);
    return triedAt === undefined || triedAt !== (await this.#changedAt(name));
  }

  async #names(): Promise<string[]> {
    const { model, modelsDir } = this.#parts.config;
    const installed = await Promise.all([modelsDir, join(PROJECT_DIR, "models")].map(listModels));
    return [...new Set([model, ...installed.flat()])];
  }

  /** Milliseconds of the last change to anything in a model's folder; a file that is copied into it counts however old it is. */
  async #changedAt(name: string): Promise<number> {
    const folder = await findModel(name, this.#parts.config.modelsDir).catch(() => null);
    if (folder === null) return 0;
    const inside = await readdir(folder, { recursive: true }).catch(() => []);
    const times = await Promise.all(
      ["", ...inside].map((path) =>
        stat(join(folder, path)).then(
          ({ ctimeMs }) => ctimeMs,
          () => 0,
        ),
      ),
    );
    return times.reduce((latest, time) => Math.max(latest, time), 0);
  }
}
