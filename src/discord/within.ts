/** A dialog must open within Discord's 3 s, and cannot be acknowledged before. */
const DEADLINE_MS = 1500;

/** What a look-up finds, or the stand-in when it fails or takes too long for a dialog to open in time. */
export async function within<Value, Fallback>(
  lookUp: Promise<Value>,
  fallback: Fallback,
): Promise<Value | Fallback> {
  const late = new Promise<Fallback>((resolve) => {
    setTimeout(() => resolve(fallback), DEADLINE_MS).unref();
  });
  return Promise.race([lookUp.catch(() => fallback), late]);
}
