import { totalmem } from "node:os";

/** Bytes that this machine has, or the container that this process is in. */
export function machineMemoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
