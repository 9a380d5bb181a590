import { pauseAt, readOwnerSettings } from "../generation/policy/owner-settings.ts";
import type { Inference } from "../inference/inference.ts";
import type { Runtime } from "./runtime.ts";

/** Follows what the owner switches from Discord while a worker runs: pauses, the model to hold, leaving the memory when idle. */
export class OwnerSwitches {
  readonly #runtime: Runtime;
  readonly #inference: Inference;
  /** Of the last job's start or end; null once the model was unloaded, or before the first job. */
  #workedAt: number | null = null;
  #model: string | null = null;
  #mayClaim = true;

  constructor(runtime: Runtime, inference: Inference) {
    this.#runtime = runtime;
    this.#inference = inference;
  }

  /** False while the owner paused, and in quiet hours. */
  get mayClaim(): boolean {
    return this.#mayClaim;
  }

  noteWork(): void {
    this.#workedAt = Date.now();
  }

  /** Reads the switches and does what they ask for. */
  async look(): Promise<void> {
    const { database, log } = this.#runtime;
    const settings = await readOwnerSettings(database.db);
    this.#mayClaim = pauseAt(settings, new Date()) === null;
    if (settings.model !== null && settings.model !== this.#model) {
      this.#model = settings.model;
      log.info({ model: settings.model }, "the owner's model is loaded");
      await this.#inference.run({ kind: "load", model: settings.model });
      this.noteWork();
    }
    const { unloadAfterMinutes } = settings;
    if (unloadAfterMinutes === null || !this.#isIdleFor(unloadAfterMinutes)) return;
    this.#workedAt = null;
    log.info({ minutes: unloadAfterMinutes }, "idle: the model leaves the memory");
    await this.#inference.run({ kind: "unload" });
  }

  #isIdleFor(minutes: number): boolean {
    return this.#workedAt !== null && Date.now() - this.#workedAt > minutes * 60_000;
  }
}
