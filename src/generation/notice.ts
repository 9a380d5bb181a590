import type { JobRow, PictureRow } from "./job-store.ts";
import type { Notice, PostedFile } from "./messenger.ts";
import type { JobError } from "./job-store.ts";
import type { PictureView } from "./types.ts";
import { storedRecipe } from "./stored-recipe.ts";

/** Who waited this long may have looked away: they are mentioned, and Discord tells them. */
const LONG_WAIT_MS = 60_000;

export interface NoticeOptions {
  /** Whether a user wants to be mentioned after a long wait. */
  readonly wantsMention: (userId: string) => Promise<boolean>;
  /** A signed, expiring link to a lossless original, or null where none can be given. */
  readonly linkTo: (original: string) => string | null;
  /** What the workers of now can do. */
  readonly abilities: () => Promise<{ readonly upscale: boolean; readonly creative: boolean }>;
}

/** Puts into words what became of a job. */
export class NoticeWriter {
  readonly #options: NoticeOptions;

  constructor(options: NoticeOptions) {
    this.#options = options;
  }

  /** For a job that has ended. */
  async final(
    row: JobRow,
    { pictures, files }: { pictures: readonly PictureRow[]; files: readonly PostedFile[] },
  ): Promise<Notice> {
    switch (row.state) {
      case "done":
        return this.#finished(row, { pictures, files });
      case "cancelled":
        return { kind: "cancelled", byUserId: errorOf(row)?.byUserId ?? null };
      case "failed": {
        const { code, message, errorId } = errorOf(row) ?? { code: "fault", message: "" };
        return { kind: "failed", code, message, errorId: errorId ?? null };
      }
      case "waiting":
      case "running":
        throw new Error(`The job ${row.id} has not ended`);
    }
  }

  async #finished(
    row: JobRow,
    { pictures, files }: { pictures: readonly PictureRow[]; files: readonly PostedFile[] },
  ): Promise<Notice> {
    const { wantsMention, linkTo, abilities } = this.#options;
    const waitedMs = Date.now() - row.createdAt.getTime();
    return {
      kind: "finished",
      pictures: pictures.map((picture) => pictureView(picture, null)),
      files,
      originals: pictures.map(({ original: name }) =>
        name === null ? null : { name, url: linkTo(name) },
      ),
      mention: waitedMs > LONG_WAIT_MS && (await wantsMention(row.userId)),
      can: await abilities(),
    };
  }
}

function errorOf(row: JobRow): JobError | null {
  return row.error as JobError | null;
}

/** @throws {Error} when the stored recipe is none */
export function pictureView(row: PictureRow, messageId: string | null): PictureView {
  const recipe = storedRecipe(row);
  if (recipe === null) throw new Error(`The recipe of picture ${row.id} cannot be read`);
  return { ...row, recipe, messageId };
}
