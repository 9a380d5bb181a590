/** ONNX Runtime's own constants (core/framework/bfc_arena.h), in bytes. */
const GRANULE = 256;
const FIRST_REGION = 2 ** 20;
const LARGEST_DOUBLING = 2 ** 30;
/** A free chunk is given whole unless it is twice as large as asked for, or by this much larger. */
const TOLERATED_WASTE = 128 * 2 ** 20;

/** A run of bytes in a region, free or not; its neighbours are those before and after it in the region. */
export interface Chunk {
  readonly region: Chunk[];
  readonly start: number;
  size: number;
  isFree: boolean;
  /** From the chunk's start, the bytes that were ever written. */
  touched: number;
}

/**
 * ONNX Runtime's memory arena, as far as its size goes: best fit over free chunks, which split and join again, in
 * regions that double and are never given back. What it takes of the machine are the bytes that were ever written.
 */
export class Arena {
  readonly #regions: Chunk[][] = [];
  #nextRegion = FIRST_REGION;

  /** Takes room for a value; the chunk is handed back to {@link free}. */
  allocate(bytes: number): Chunk {
    const size = Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
    const chunk = this.#bestFit(size) ?? this.#extend(size);
    if (chunk.size >= 2 * size || chunk.size - size >= TOLERATED_WASTE) split(chunk, size);
    chunk.isFree = false;
    chunk.touched = Math.max(chunk.touched, bytes);
    return chunk;
  }

  free(chunk: Chunk): void {
    chunk.isFree = true;
    const at = chunk.region.indexOf(chunk);
    const [before, after] = [chunk.region[at - 1], chunk.region[at + 1]];
    if (after?.isFree === true) join(chunk, after);
    if (before?.isFree === true) join(before, chunk);
  }

  /** Bytes of the machine's memory that the arena has taken so far. */
  get residentBytes(): number {
    return this.#regions.flat().reduce((total, { touched }) => total + touched, 0);
  }

  /** The smallest free chunk that is large enough, the oldest of several. */
  #bestFit(size: number): Chunk | undefined {
    let best: Chunk | undefined;
    for (const chunk of this.#regions.flat()) {
      if (chunk.isFree && chunk.size >= size && chunk.size < (best?.size ?? Infinity)) best = chunk;
    }
    return best;
  }

  #extend(size: number): Chunk {
    const isLarger = size > this.#nextRegion;
    while (size > this.#nextRegion) this.#nextRegion *= 2;
    const region: Chunk[] = [];
    const chunk: Chunk = { region, start: 0, size: this.#nextRegion, isFree: true, touched: 0 };
    region.push(chunk);
    this.#regions.push(region);
    if (!isLarger && this.#nextRegion < LARGEST_DOUBLING) this.#nextRegion *= 2;
    return chunk;
  }
}

function split(chunk: Chunk, size: number): void {
  const { region, start } = chunk;
  const rest: Chunk = {
    region,
    start: start + size,
    size: chunk.size - size,
    isFree: true,
    touched: Math.max(0, chunk.touched - size),
  };
  chunk.size = size;
  chunk.touched = Math.min(chunk.touched, size);
  region.splice(region.indexOf(chunk) + 1, 0, rest);
}

/** Makes one free chunk of two neighbours; holes between written bytes count as written. */
function join(first: Chunk, second: Chunk): void {
  if (second.touched > 0) first.touched = first.size + second.touched;
  first.size += second.size;
  first.region.splice(first.region.indexOf(second), 1);
}
