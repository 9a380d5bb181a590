/**
 * Solves A x = b for a symmetric positive definite A by Gaussian elimination; no pivoting is needed for such A.
 * @throws Error where A is singular
 */
export function solveSymmetric(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i] ?? 0]);
  const size = rows.length;
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let pivot = 0; pivot < size; pivot++) {
    if (!(at(pivot, pivot) > 0)) throw new Error("The matrix is not positive definite.");
    for (let row = pivot + 1; row < size; row++) {
      const factor = at(row, pivot) / at(pivot, pivot);
      const target = rows[row] ?? [];
      for (let column = pivot; column <= size; column++)
        target[column] = at(row, column) - factor * at(pivot, column);
    }
  }
  const x = Array.from({ length: size }, () => 0);
  for (let row = size - 1; row >= 0; row--) {
    const rest = x.reduce(
      (sum, value, column) => (column > row ? sum + at(row, column) * value : sum),
      0,
    );
    x[row] = (at(row, size) - rest) / at(row, row);
  }
  return x;
}
