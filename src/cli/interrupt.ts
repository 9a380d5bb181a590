/** A signal that Ctrl-C aborts, once. */
export interface Interrupt {
  signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void;
}

/**
 * Turns the first Ctrl-C into an aborted signal, so that work stops between two steps; a second one kills the process.
 *
 * @param onInterrupt - Called at the first Ctrl-C.
 */
export function catchInterrupt(onInterrupt: () => void): Interrupt {
  const controller = new AbortController();
  const onSignal = (): void => {
    // After this signal has reached every listener: a library that cleans up at exit (proper-lockfile's signal-exit)
    // ends the process when it finds itself to be the only one.
    setImmediate(() => process.off("SIGINT", onSignal));
    onInterrupt();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off("SIGINT", onSignal);
    },
  };
}
