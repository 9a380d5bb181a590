import type { Policy } from "./policy/load-policy.ts";
import type { ModelReport, WorkerReport } from "./worker-report.ts";
import type { ModelFacts } from "./types.ts";

/** Milliseconds that a list of workers is used for: a worker says that it lives more seldom than that. */
const FRESH_MS = 3000;
const GRID = 4;
const MIN_CREATIVE_SIZE = 1024;
/** Published checkpoints that were trained on Chinese as well. */
const MULTILINGUAL = /multiling/i;

/**
 * What can be drawn, by what the live workers say: a gateway holds no checkpoint. One read of the table serves all
 * commands for some seconds.
 */
export class ModelDirectory {
  readonly #readReports: () => Promise<readonly WorkerReport[]>;
  #read: { at: number; reports: Promise<readonly WorkerReport[]> } | null = null;

  /** @param readReports - Of the workers that are alive. */
  constructor(readReports: () => Promise<readonly WorkerReport[]>) {
    this.#readReports = readReports;
  }

  async reports(): Promise<readonly WorkerReport[]> {
    if (this.#read === null || Date.now() - this.#read.at > FRESH_MS) {
      const read = { at: Date.now(), reports: this.#readReports() };
      this.#read = read;
      read.reports.catch(() => {
        if (this.#read === read) this.#read = null;
      });
    }
    return this.#read.reports;
  }

  /** Every model that some worker serves, each once. */
  async list(): Promise<ModelReport[]> {
    const models = (await this.reports()).flatMap((report) => report.models);
    return [...new Map(models.map((model) => [model.name, model])).values()];
  }

  /** As {@link list}, first the server's, the owner's and the program's usual one: the first is taken where a request names none. */
  async inOrder(
    { settings, owner }: Pick<Policy, "settings" | "owner">,
    defaultModel: string,
  ): Promise<ModelReport[]> {
    const usual = [settings.model, owner.model, defaultModel];
    const rank = ({ name }: ModelReport): number =>
      usual.includes(name) ? usual.indexOf(name) : usual.length;
    return (await this.list()).toSorted((a, b) => rank(a) - rank(b));
  }

  /** Pictures that a command draws where nobody says: a grid of four, and one where a CPU draws them one after the other. */
  async defaultCount(): Promise<number> {
    const reports = await this.reports();
    return reports.every(({ device }) => device.startsWith("cpu")) ? 1 : GRID;
  }

  /** Which kinds of enlarging some worker can do. */
  async abilities(): Promise<{ upscale: boolean; creative: boolean }> {
    const reports = await this.reports();
    return {
      // Where no network can, Lanczos does, and the card says so.
      upscale: reports.length > 0,
      creative: (await this.creativeModel()) !== null,
    };
  }

  async creativeModel(): Promise<ModelReport | null> {
    return creativeModelOf(await this.reports());
  }

  /** Bytes that {@link creativeModel} takes at most for a picture of 4096 pixels a side; null where no worker has said. */
  async creativePeakBytes(): Promise<WorkerReport["creativePeakBytes"]> {
    const reports = await this.reports();
    const model = creativeModelOf(reports);
    const able = reports.filter(({ models }) => models.some(({ name }) => name === model?.name));
    return able.find((report) => report.creativePeakBytes !== null)?.creativePeakBytes ?? null;
  }

  async find(name: string): Promise<ModelReport | null> {
    return (await this.list()).find((model) => model.name === name) ?? null;
  }

  /** For cards; a model that no worker has any more is known by its name. */
  async facts(name: string): Promise<ModelFacts> {
    const found = await this.find(name);
    return found === null ? factsOfUnknown(name) : factsOf(found);
  }
}

/** The model that draws enlargements anew: the one made for the largest pictures, on a GPU; a CPU would take hours. */
export function creativeModelOf(
  reports: readonly Pick<WorkerReport, "device" | "models">[],
): ModelReport | null {
  const models = reports
    .filter(({ device }) => !device.startsWith("cpu"))
    .flatMap((report) => report.models)
    .filter(({ nativeSize }) => nativeSize >= MIN_CREATIVE_SIZE);
  return models.toSorted((a, b) => b.nativeSize - a.nativeSize)[0] ?? null;
}

export function factsOf(model: ModelReport): ModelFacts {
  const { name, title, licence, nativeSize, defaultSteps, defaultGuidance } = model;
  const { ignoresNegativePrompt, isBuiltIn } = model;
  const builtIn = ["en", "de", "es", "fr", "pt", "ru", "ja", "ko", "zh"];
  const published = MULTILINGUAL.test(name) ? ["en", "zh"] : ["en"];
  return {
    name,
    title,
    licence,
    nativeSize,
    defaultSteps,
    defaultGuidance,
    ignoresNegativePrompt,
    isBuiltIn,
    languages: isBuiltIn ? builtIn : published,
  };
}

function factsOfUnknown(name: string): ModelFacts {
  return {
    name,
    title: name,
    licence: "",
    nativeSize: 1024,
    defaultSteps: 20,
    defaultGuidance: 4.5,
    ignoresNegativePrompt: false,
    isBuiltIn: false,
    languages: ["en"],
  };
}
