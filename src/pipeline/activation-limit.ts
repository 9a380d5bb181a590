import { isOutOfMemory } from "../errors.ts";
import type { Stages } from "./stages.ts";
import type { StageName } from "./types.ts";

/** A picture of 1024 x 1024 is decoded whole in this; working by tiles costs a tenth to a third more time. */
const MAX_ACTIVATION_BYTES = 3.5 * 2 ** 30;
/** Of the memory that is free, what the autoencoder's activations may take. */
const FREE_MEMORY_SHARE = 0.5;
/** Where a picture goes in parts, what one may take: 4096 x 4096 took 3.15 GB in all with 1.5 GiB. */
const MAX_PART_BYTES = 1.25 * 2 ** 30;

/**
 * Bytes that the values between the autoencoder's nodes may take.
 * @param freeBytes of the machine's memory or the card's
 */
export function activationLimitBytes(freeBytes = process.availableMemory()): number {
  return Math.min(MAX_ACTIVATION_BYTES, FREE_MEMORY_SHARE * freeBytes);
}

/** The same for one tile or band. */
export function partLimitBytes(activationLimit: number): number {
  return Math.min(MAX_PART_BYTES, activationLimit);
}

/** Of the limit, what the autoencoder's work may take at each try before it goes in the smallest parts. */
const SHARES = [1, 1 / 4];

/**
 * Does the autoencoder's work within what is free, and in smaller and smaller parts where memory runs out all the same:
 * others may have taken it meanwhile, and a card's driver keeps what it does not tell of. Only the smallest parts may go
 * on with another provider: small tiles on a card are faster than large ones without it.
 */
export async function withinMemory<T>(
  stages: Stages,
  name: StageName,
  work: (memoryLimitBytes: number) => Promise<T>,
): Promise<T> {
  const limit = activationLimitBytes(stages.memoryBytes(name));
  for (const share of SHARES) {
    try {
      return await stages.withoutMovingOn(() => work(share * limit));
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      stages.say(
        `The ${name} ran out of memory on ${stages.provider(name)} and is done in smaller parts.`,
      );
      await stages.release();
    }
  }
  return work(0);
}
