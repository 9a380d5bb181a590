/**
 * Environment variables for a process that loads large networks, to be set before it starts.
 *
 * glibc raises the size from which a block is a mapping of its own up to 32 MB; what ONNX Runtime frees below that while
 * it rearranges weights then stays in the heap. With the size fixed, the DC-AE decoder takes 697 MB after loading instead
 * of 1,080, and the text encoder's peak is that of its weights (bench/LOG.md). Other systems' allocators ignore it.
 */
export const ALLOCATOR_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 20),
};
