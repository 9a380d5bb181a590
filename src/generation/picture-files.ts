import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { eq } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { picture } from "../db/schema.ts";
import { decodePicture } from "../image/decode-picture.ts";
import { fitToLimit } from "../image/fit-to-limit.ts";
import type { PostedFile } from "./messenger.ts";
import { storedRecipe } from "./stored-recipe.ts";

/** Finds finished pictures again as files. */
export class PictureFiles {
  readonly #db: Database;
  readonly #originalsDir: string;

  constructor(db: Database, originalsDir: string) {
    this.#db = db;
    this.#originalsDir = originalsDir;
  }

  /** A picture's original as a file of at most so many bytes; null when none is kept. */
  async fileOf(pictureId: string, limitBytes: number): Promise<PostedFile | null> {
    const [row] = await this.#db.select().from(picture).where(eq(picture.id, pictureId));
    const recipe = row === undefined ? null : storedRecipe(row);
    if (row === undefined || row.original === null || recipe === null) return null;
    const bytes = await readFile(join(this.#originalsDir, basename(row.original))).catch(
      () => null,
    );
    if (bytes === null) return null;
    const fitted = await fitToLimit(await decodePicture(bytes), { limitBytes, recipe });
    return { name: `${row.id}.${fitted.format}`, data: fitted.data, remark: null };
  }
}
