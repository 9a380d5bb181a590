import { UserError } from "../errors.ts";
import { decodeStill } from "../image/decode-picture.ts";
import { extensionOf } from "../image/encode-picture.ts";
import { fitToLimit } from "../image/fit-to-limit.ts";
import type { Recipe } from "../image/recipe.ts";
import { DEFAULT_ATTACHMENT_LIMIT, fileLimit } from "./file-limit.ts";
import type { Notice, PostedFile } from "./messenger.ts";

type Finished = Extract<Notice, { kind: "finished" }>;

/**
 * With files that fit everywhere: those of a member who may upload larger ones are too large for the bot itself, which
 * posts them once the member's interaction is over.
 *
 * @returns null where they are as small already, or cannot be made so
 */
export async function refitted(notice: Finished): Promise<Finished | null> {
  const { files, pictures } = notice;
  const limitBytes = fileLimit(DEFAULT_ATTACHMENT_LIMIT, files.length);
  if (files.every(({ data }) => data.length <= limitBytes)) return null;
  const smaller: PostedFile[] = [];
  try {
    // One after another: a decoded 4K picture has 50 MB.
    for (const [index, file] of files.entries())
      smaller.push(await refit(file, { limitBytes, recipe: pictures[index]?.recipe ?? null }));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
  return { ...notice, files: smaller };
}

async function refit(
  file: PostedFile,
  { limitBytes, recipe }: { limitBytes: number; recipe: Recipe | null },
): Promise<PostedFile> {
  if (file.data.length <= limitBytes) return file;
  const fitted = await fitToLimit(await decodeStill(file.data), { limitBytes, recipe });
  const { data, format, width, height, isReduced } = fitted;
  return {
    name: file.name.replace(/[^.]*$/, extensionOf(format)),
    data,
    remark: isReduced ? `${width} × ${height}` : file.remark,
  };
}
