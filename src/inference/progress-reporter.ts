import sharp from "sharp";

import type { PreviewPicture, ProgressEvent } from "../pipeline/types.ts";
import type { TaskProgress } from "./messages.ts";

/** Discord's edits come no closer than 2.5 s, so more previews would be thrown away. */
const PREVIEW_EVERY_MS = 2000;
/** Pixels of a preview's longest side: as wide as a card shows it. */
const PREVIEW_SIDE_PX = 384;
const PREVIEW_QUALITY = 70;

/** Tells the parent how far a task is, now and then with a picture of what is becoming. */
export class ProgressReporter {
  readonly #send: (progress: TaskProgress, preview: Uint8Array | null) => void;
  #lastPreviewAt = 0;

  constructor(send: (progress: TaskProgress, preview: Uint8Array | null) => void) {
    this.#send = send;
  }

  /** For a stage without a picture. */
  at(progress: TaskProgress): void {
    this.#send(progress, null);
  }

  /** For the pipeline's own events. */
  async pipeline(event: ProgressEvent, pictures: number): Promise<void> {
    if (event.stage !== "denoise") return this.at({ stage: event.stage });
    const { picture, step, steps, preview } = event;
    const progress = { stage: "denoise", picture, pictures, step, steps } as const;
    if (step === 0 || Date.now() - this.#lastPreviewAt < PREVIEW_EVERY_MS) return this.at(progress);
    const shown = await preview();
    this.#lastPreviewAt = Date.now();
    this.#send(progress, shown === null ? null : await encodePreview(shown));
  }
}

async function encodePreview({ rgb, width, height }: PreviewPicture): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(PREVIEW_SIDE_PX, PREVIEW_SIDE_PX, { fit: "inside", kernel: "cubic" })
    .webp({ quality: PREVIEW_QUALITY })
    .toBuffer();
}
