import type { PanelMark } from '../protocol.js';

type Of<Kind extends PanelMark['kind']> = Extract<PanelMark, { kind: Kind }>;

type Labelled = Of<'action'> | Of<'change'> | Of<'phase'>;

/** Marks by what is drawn of them, each kind in the order of time. */
export interface SortedMarks {
  readonly iterations: readonly Of<'iteration'>[];
  readonly gaps: readonly Of<'gap'>[];
  /** Those with words. */
  readonly labelled: readonly Labelled[];
  /** When the last of them ends. */
  readonly lastMs: number;
}

export function sortMarks(marks: readonly PanelMark[]): SortedMarks {
  const iterations: Of<'iteration'>[] = [];
  const gaps: Of<'gap'>[] = [];
  const labelled: Labelled[] = [];
  let lastMs = 0;
  for (const mark of [...marks].sort((left, right) => left.elapsedMs - right.elapsedMs)) {
    lastMs = Math.max(lastMs, mark.kind === 'gap' ? mark.untilMs : mark.elapsedMs);
    switch (mark.kind) {
      case 'iteration':
        iterations.push(mark);
        break;
      case 'gap':
        gaps.push(mark);
        break;
      case 'action':
      case 'change':
      case 'phase':
        labelled.push(mark);
        break;
    }
  }
  return { iterations, gaps, labelled, lastMs };
}

export function isInGap({ gaps }: SortedMarks, elapsedMs: number): boolean {
  return gaps.some((gap) => elapsedMs > gap.elapsedMs && elapsedMs < gap.untilMs);
}

/** The iteration that ran at a time; undefined before the first known boundary. */
export function iterationAt({ iterations }: SortedMarks, elapsedMs: number): number | undefined {
  let low = 0;
  let high = iterations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((iterations[middle]?.elapsedMs ?? Infinity) <= elapsedMs) low = middle + 1;
    else high = middle;
  }
  return iterations[low - 1]?.iteration;
}

/** What was done, or began, within `withinMs` of a time: the nearest, if any. */
export function labelledNear(
  { labelled }: SortedMarks,
  elapsedMs: number,
  withinMs: number,
): SortedMarks['labelled'][number] | undefined {
  let nearest: SortedMarks['labelled'][number] | undefined;
  let distance = withinMs;
  for (const mark of labelled) {
    const away = Math.abs(mark.elapsedMs - elapsedMs);
    if (away > distance) continue;
    nearest = mark;
    distance = away;
  }
  return nearest;
}
