/** Working by tiles costs a tenth to a quarter more time, so that much memory is worth spending. */
const MAX_ACTIVATION_BYTES = 2 * 2 ** 30;
/** Of the memory that is free, what the autoencoder's activations may take. */
const FREE_MEMORY_SHARE = 0.5;

/** Bytes that the values between the autoencoder's nodes may take on this machine now. */
export function activationLimitBytes(): number {
  return Math.min(MAX_ACTIVATION_BYTES, FREE_MEMORY_SHARE * process.availableMemory());
}
