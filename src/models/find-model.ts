import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { PROJECT_DIR } from "../config.ts";
import { UserError } from "../errors.ts";
import { findCatalogueEntry } from "./catalogue.ts";

/** The checkpoints that ship with the project. */
const EMBEDDED_DIR = join(PROJECT_DIR, "models");

const HUB_ID = /^[\w-]+\/[\w.-]+$/;

/**
 * Finds a checkpoint's folder: a path, or a name (`emoji`, `owner/name`, `name` where one owner's is there) in the folder of models or among the
 * embedded ones.
 *
 * @throws {UserError} `model_not_found` listing what is there and how to add one.
 */
export async function findModel(name: string, modelsDir: string): Promise<string> {
  const roots = [modelsDir, EMBEDDED_DIR];
  const full = findCatalogueEntry(name)?.id ?? name;
  const places = roots.flatMap((root) => [join(root, full.replace("/", "--")), join(root, name)]);
  for (const place of [resolve(name), ...places]) {
    if (await isModel(place)) return place;
  }
  const lists = await Promise.all(roots.map(listModels));
  const known = [...new Set(lists.flat())].sort();
  const [downloaded, ...others] = known.filter((each) => each.endsWith(`--${name}`));
  if (downloaded !== undefined && others.length === 0) return join(modelsDir, downloaded);
  const id = HUB_ID.test(full) ? full : "ID";
  throw new UserError(
    "model_not_found",
    [
      `There is no model "${name}": it is neither a folder in the layout of diffusers nor a name in ${modelsDir}.`,
      known.length === 0 ? "No model is there." : `There is: ${known.join(", ")}.`,
      `To download one: npx sanabot models pull ${id}`,
    ].join(" "),
  );
}

/** Names of the models in a folder of models; hidden folders are downloads that are not finished. */
export async function listModels(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const checked = await Promise.all(
    names
      .filter((name) => !name.startsWith("."))
      .map(async (name) => ((await isModel(join(root, name))) ? [name] : [])),
  );
  return checked.flat();
}

async function isModel(folder: string): Promise<boolean> {
  const found = await stat(join(folder, "transformer", "config.json")).catch(() => null);
  return found?.isFile() === true;
}
