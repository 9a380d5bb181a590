/** Values of the symbols in a graph's shapes: `{ batch: 1, height: 32, width: 32 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** A length that is only known when the graph runs: a symbol, or a product or sum of symbols. */
export interface SymbolicDim {
  readonly label: string;
  readonly valueOf: (sizes: Sizes) => number;
}

export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

/** The symbol `name`, whose value the caller gives at run time. */
export function symbol(name: string): SymbolicDim {
  return {
    label: name,
    valueOf: (sizes) => {
      const value = sizes[name];
      if (value === undefined) throw new Error(`No size was given for "${name}".`);
      return value;
    },
  };
}

/** a * b, folded where both are known. */
export function times(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a === 1) return b;
  if (b === 1) return a;
  return {
    label: `${label(a)}*${label(b)}`,
    valueOf: (sizes) => evaluate(a, sizes) * evaluate(b, sizes),
  };
}

/** a + b, folded where both are known. */
export function plus(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return {
    label: `(${label(a)}+${label(b)})`,
    valueOf: (sizes) => evaluate(a, sizes) + evaluate(b, sizes),
  };
}

/** a / divisor; at run time the division must leave no remainder. */
export function dividedBy(a: Dim, divisor: number): Dim {
  if (divisor === 1) return a;
  if (typeof a === "number") return exactQuotient(a, divisor);
  return {
    label: `${label(a)}/${divisor}`,
    valueOf: (sizes) => exactQuotient(evaluate(a, sizes), divisor),
  };
}

export function evaluate(dim: Dim, sizes: Sizes): number {
  return typeof dim === "number" ? dim : dim.valueOf(sizes);
}

export function label(dim: Dim): string {
  return typeof dim === "number" ? String(dim) : dim.label;
}

export function product(shape: Shape): Dim {
  return shape.reduce<Dim>((total, dim) => times(total, dim), 1);
}

/** The longer of two lengths under numpy's broadcasting. Two known lengths that do not fit are a bug in the graph. */
function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number" && a !== b) {
    throw new Error(`Lengths ${a} and ${b} do not broadcast.`);
  }
  return typeof a === "number" ? a : b;
}

/** Numpy's broadcast of two shapes, aligned at the last axis. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) =>
    broadcastDim(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1),
  );
}

function exactQuotient(value: number, divisor: number): number {
  if (value % divisor !== 0) throw new Error(`${value} is not a multiple of ${divisor}.`);
  return value / divisor;
}
