import type { GenerationPort } from "../generation/generation-port.ts";
import type { PostedFile } from "../generation/messenger.ts";
import { Refusal } from "../generation/refusal.ts";
import type { MessagePicture, PictureView } from "../generation/types.ts";
import { UserError } from "../errors.ts";
import { fetchAttachment, type AttachmentFinder } from "../generation/attachment.ts";
import type { Card } from "./cards/components.ts";
import { finishedCard } from "./cards/finished-card.ts";
import type { CustomIds } from "./custom-id.ts";

const FETCH_DEADLINE_MS = 30_000;

interface SingleCardParts {
  readonly generation: GenerationPort;
  readonly customIds: CustomIds;
  readonly attachments: AttachmentFinder;
}

interface Wanted {
  readonly picture: PictureView;
  /** Of whoever asks for the card. */
  readonly locale: string;
  readonly limitBytes: number;
  /** Where the picture is shown already, for when its original is gone; null where that is not known. */
  readonly shown: MessagePicture | null;
}

/**
 * A card for one picture that was made before, with all its buttons.
 *
 * @throws {Refusal} `refusal.picture-gone` when no file of it is left
 */
export async function singleCard(
  { generation, customIds, attachments }: SingleCardParts,
  { picture, locale, limitBytes, shown }: Wanted,
): Promise<Card> {
  const [job, { can }] = await Promise.all([
    generation.job(picture.jobId),
    generation.guild(picture.guildId),
  ]);
  const file =
    (await generation.fileOf(picture.id, limitBytes)) ??
    (shown === null ? null : await shownFile(shown, attachments, limitBytes));
  if (job === null || file === null) throw new Refusal("refusal.picture-gone");
  return finishedCard(
    { ...job, place: { ...job.place, locale } },
    {
      pictures: [picture],
      files: [file],
      originals: [null],
      can,
      shown: { kind: "picture", id: picture.id },
    },
    customIds,
  );
}

/** The file that a message shows; null when it is gone or too large for this place. */
async function shownFile(
  { source }: MessagePicture,
  attachments: AttachmentFinder,
  limitBytes: number,
): Promise<PostedFile | null> {
  try {
    const signal = AbortSignal.timeout(FETCH_DEADLINE_MS);
    const data = await fetchAttachment(source, attachments, signal);
    const name = new URL(source.url).pathname.split("/").at(-1) ?? "picture.png";
    return data.length > limitBytes ? null : { name, data, remark: null };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
