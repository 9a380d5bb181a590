/** More candidates than any real checkpoint has; keeps a hostile file from costing time. */
const MAX_CANDIDATES = 5000;

/** The `count` candidates that differ from `wanted` by the fewest edits, nearest first. */
export function nearestNames(wanted: string, candidates: Iterable<string>, count = 3): string[] {
  const scored: { name: string; distance: number }[] = [];
  for (const name of candidates) {
    if (scored.length === MAX_CANDIDATES) break;
    scored.push({ name, distance: editDistance(wanted, name) });
  }
  return scored
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of Array.from(a).entries()) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const substitution = (previous[j] ?? 0) + (letter === b[j] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}
