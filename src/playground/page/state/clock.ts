import { useEffect, useState } from "preact/hooks";

/** The server's clock less this machine's, in ms; tests move it. */
let offsetMs = 0;
const TICK_MS = 1000;
const listeners = new Set<() => void>();

export function setServerTime(nowMs: number): void {
  offsetMs = nowMs - Date.now();
  for (const listener of listeners) listener();
}

/** Milliseconds since 1970 by the server's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** {@link serverNow}, again each second while shown; all views tick together. */
export function useServerNow(): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const listener = (): void => setNow(serverNow());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return now;
}

setInterval(() => {
  for (const listener of listeners) listener();
}, TICK_MS);
