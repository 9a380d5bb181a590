/** How far a download is. */
export interface TransferProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; what was on disk before does not count. */
  readonly bytesPerSecond: number;
}

/** Speed is that of this span. */
const WINDOW_MS = 5000;
/** As often as an eye follows. */
const REPORT_MS = 100;

/** Adds up the bytes of all files and tells them a few times a second. */
export class TransferMeter {
  readonly #totalBytes: number;
  readonly #onProgress: ((progress: TransferProgress) => void) | undefined;
  #doneBytes = 0;
  #samples: { at: number; doneBytes: number }[] = [];
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(totalBytes: number, onProgress?: (progress: TransferProgress) => void) {
    this.#totalBytes = totalBytes;
    this.#onProgress = onProgress;
  }

  /** Bytes that were there before the transfer: they count as done, not as speed. */
  skip(bytes: number): void {
    for (const sample of this.#samples) sample.doneBytes += bytes;
    this.add(bytes);
  }

  /** @param bytes negative where a file begins anew */
  add(bytes: number): void {
    this.#doneBytes += bytes;
    const now = performance.now();
    const isLast = this.#doneBytes === this.#totalBytes;
    if (now - this.#reportedAt < REPORT_MS && !isLast) return;
    this.#reportedAt = now;
    this.#samples.push({ at: now, doneBytes: this.#doneBytes });
    this.#samples = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const [first] = this.#samples;
    const seconds = first === undefined ? 0 : (now - first.at) / 1000;
    const bytesPerSecond =
      seconds === 0 || first === undefined ? 0 : (this.#doneBytes - first.doneBytes) / seconds;
    this.#onProgress?.({
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond: Math.max(0, bytesPerSecond),
    });
  }
}
