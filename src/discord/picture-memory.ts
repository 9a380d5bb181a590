import type { MessagePicture } from "../generation/types.ts";

/** A dialog is open for minutes; a thousand of them at once are far more than one GPU can serve. */
const REMEMBERED = 1000;

/**
 * The pictures of members' messages for which a dialog is open. Discord shows a bot without a privileged intent such a
 * message only in the command that was used on it: when the dialog comes back, it can no longer be read. After a restart
 * the member opens the dialog again.
 */
export class PictureMemory {
  readonly #pictures = new Map<string, readonly MessagePicture[]>();

  remember(messageId: string, pictures: readonly MessagePicture[]): void {
    this.#pictures.delete(messageId);
    this.#pictures.set(messageId, pictures);
    if (this.#pictures.size <= REMEMBERED) return;
    const [oldest] = this.#pictures.keys();
    if (oldest !== undefined) this.#pictures.delete(oldest);
  }

  recall(messageId: string): readonly MessagePicture[] {
    return this.#pictures.get(messageId) ?? [];
  }
}
