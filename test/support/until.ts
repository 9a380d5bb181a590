const DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 5;

/** What `find` gives as soon as it gives something: a state that nothing announces. */
export async function until<Found>(
  find: () => Found | undefined | null | false | Promise<Found | undefined | null | false>,
): Promise<Found> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`It did not come to this: ${String(find)}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}
