import { UserError } from "../errors.ts";

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

/**
 * Does the autoencoder's work within what is free, and once more in the smallest parts where memory runs out all the same: others
 * may have taken it meanwhile, and a card's driver keeps what it does not tell of.
 */
export async function withinMemory<T>(
  freeBytes: number,
  work: (memoryLimitBytes: number) => Promise<T>,
): Promise<T> {
  try {
    return await work(activationLimitBytes(freeBytes));
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "out_of_memory") throw error;
    return work(0);
  }
}
