import { iterationStride } from './markLayout.js';
import type { SortedMarks } from './marks.js';
import { type Pen, vertical } from './pen.js';

/** Closer than that, lines of iterations would fill the chart: they become ticks at its upper edge. */
const LEAST_ITERATION_SPACE = 9;

interface SeenIteration {
  readonly x: number;
  readonly iteration: number;
  readonly numbered: boolean;
}

function seenIterations(pen: Pen, { iterations }: SortedMarks): SeenIteration[] {
  const seen = iterations
    .map(({ elapsedMs, iteration }) => ({ x: pen.at(elapsedMs), iteration }))
    .filter(({ x }) => pen.inside(x));
  const space = pen.context.measureText(String(seen.at(-1)?.iteration ?? 0)).width + 10 * pen.ratio;
  const stride = iterationStride(seen, space);
  return seen.map((mark) => ({ ...mark, numbered: mark.iteration % stride === 0 }));
}

export function drawIterationLines(pen: Pen, marks: SortedMarks): void {
  const { box, ratio, theme } = pen;
  const seen = seenIterations(pen, marks);
  const width = (seen.at(-1)?.x ?? 0) - (seen[0]?.x ?? 0);
  const crowded = seen.length > 2 && width / (seen.length - 1) < LEAST_ITERATION_SPACE * ratio;
  let drawn = -Infinity;
  for (const { x, numbered } of seen) {
    if (crowded && !numbered && x - drawn < 2 * ratio) continue;
    const length = crowded ? (numbered ? 8 : 4) * ratio : box.height;
    vertical(pen, x, box.top - 3 * ratio, box.top + length, 1, theme.iteration);
    drawn = x;
  }
}

/** Numbers stand above the plot, and in front of whatever line goes up there. */
export function drawIterationNumbers(pen: Pen, marks: SortedMarks): void {
  const { context, box, ratio, theme } = pen;
  const height = theme.fontSize * ratio;
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  for (const { x, iteration, numbered } of seenIterations(pen, marks)) {
    if (!numbered) continue;
    const text = String(iteration);
    const width = context.measureText(text).width + 4 * ratio;
    context.fillStyle = theme.background;
    context.fillRect(x - width / 2, box.top - 4 * ratio - height, width, height);
    context.fillStyle = theme.muted;
    context.fillText(text, x, box.top - 4 * ratio);
  }
}
