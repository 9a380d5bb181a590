import type { Attachment } from "discord.js";

import { Refusal } from "../generation/refusal.ts";
import type { PictureReference } from "../generation/types.ts";

/**
 * A picture that a member has attached to a command or a dialog.
 *
 * @throws {Refusal} `refusal.no-picture` for a file of another kind
 */
export function uploadedPicture(file: Attachment): PictureReference {
  const { id, url, width, height, contentType } = file;
  if (contentType?.startsWith("image/") !== true) throw new Refusal("refusal.no-picture");
  return {
    kind: "message",
    picture: {
      source: { kind: "attachment", url, channelId: null, messageId: null, attachmentId: id },
      // Whoever uploads it answers for it, unlike one that others have posted.
      isOurs: true,
      width,
      height,
      prompt: null,
      recipe: null,
    },
  };
}
