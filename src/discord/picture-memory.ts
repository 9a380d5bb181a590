import type { PictureReference } from "../generation/types.ts";

/** A dialog is open for minutes; a thousand of them at once are far more than one GPU can serve. */
const REMEMBERED = 1000;

/**
 * The pictures of messages for which a dialog is open. Discord shows a bot without a privileged intent a member's message
 * only in the command that was used on it: when the dialog comes back, it can no longer be read. After a restart the
 * member opens the dialog again, but for a card of ours whose pictures the database has.
 */
export class PictureMemory {
  readonly #pictures = new Map<string, readonly PictureReference[]>();

  remember(messageId: string, pictures: readonly PictureReference[]): void {
    this.#pictures.delete(messageId);
    this.#pictures.set(messageId, pictures);
    if (this.#pictures.size <= REMEMBERED) return;
    const [oldest] = this.#pictures.keys();
    if (oldest !== undefined) this.#pictures.delete(oldest);
  }

  recall(messageId: string): readonly PictureReference[] {
    return this.#pictures.get(messageId) ?? [];
  }
}
