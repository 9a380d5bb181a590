/** Places where the crash tests end a process: before and after every step that must not be lost or done twice. */
export type Failpoint =
  | "after_accept"
  | "after_claim"
  | "mid_inference"
  | "before_settle"
  | "after_settle"
  | "before_post"
  | "after_post"
  | "child_abort"
  | "child_spin";

/**
 * Ends this process as a power cut would, when the environment's FAILPOINT names this place: `after_post`, or `after_post:3`
 * for the third time. Does nothing otherwise; never set outside of tests.
 */
export function failpoint(place: Failpoint): void {
  if (isDue(place)) process.kill(process.pid, "SIGKILL");
}

let passed = 0;

/** For a place that fails in another way than by ending: whether it is now. */
export function isDue(place: Failpoint): boolean {
  const [name, time = "1"] = (process.env["FAILPOINT"] ?? "").split(":");
  if (name !== place) return false;
  passed += 1;
  return passed === Number(time);
}
