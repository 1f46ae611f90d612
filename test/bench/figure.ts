/** One measured figure, as `npm run bench` prints it: a JSON line. `against` says what it is compared with, and how. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly against: string;
  /** The bound that the figure must keep, if it has one. */
  readonly bound?: number | undefined;
}

const printed: Figure[] = [];

export function report(figure: Figure): void {
  printed.push(figure);
  console.log(JSON.stringify({ ...figure, value: Number(figure.value.toPrecision(4)) }));
}

/** The figures beyond their bounds. */
export function broken(): readonly Figure[] {
  return printed.filter(({ value, bound }) => bound !== undefined && value > bound);
}

/** Middle of the values: one slow sample on a busy machine must not decide. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
