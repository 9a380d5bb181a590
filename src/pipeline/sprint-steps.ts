import { UserError } from "../errors.ts";
import { beginOf } from "./schedulers/schedule.ts";

/** As many as Sprint is made for at most. */
const USUAL_STEPS = 4;
/** Above it hardly anything is left of a picture at any number of steps: cos(0.95 · π/2) is 0.08. */
const MAX_STRENGTH = 0.95;

/**
 * Steps with which a Sprint model begins from a picture: these, or more where all of them would be run. The first angle
 * is π/2, at which nothing of the picture is left, so that at least one step must be passed over.
 */
export function sprintSteps(steps: number, strength: number): number {
  return keepsPicture(steps, strength) ? steps : fewestSteps(strength, USUAL_STEPS);
}

/** @throws {UserError} invalid_option where so many steps keep nothing of a picture, naming what does */
export function checkSprintSteps(steps: number, strength: number): void {
  if (keepsPicture(steps, strength)) return;
  const highest = Math.floor((100 * (steps - 1)) / steps) / 100;
  const orLess = steps === 1 ? "" : `, or for a strength of at most ${highest}`;
  throw new UserError(
    "invalid_option",
    `With ${steps} ${steps === 1 ? "step" : "steps"} and a strength of ${strength} a Sprint model keeps nothing of the picture to start from. Ask for ${fewestSteps(strength, steps + 1)} steps or more${orLess}.`,
  );
}

function keepsPicture(steps: number, strength: number): boolean {
  return strength > MAX_STRENGTH || beginOf(steps, strength) > 0;
}

function fewestSteps(strength: number, from: number): number {
  let steps = from;
  while (!keepsPicture(steps, strength)) steps += 1;
  return steps;
}
