/**
 * Raised when a graph's numbers change. Graphs themselves are built at every load (milliseconds), so nothing of them
 * can be stale; what was computed with them and kept on disk carries this number in its key.
 */
export const GRAPH_VERSION = 1;
