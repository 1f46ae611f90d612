import { MIB } from '../format.js';

/** What an axis spans and how: pure, so that it can be tested without a canvas. */
export type ScaleKind = 'linear' | 'log';
export type Span = readonly [min: number, max: number];

/** From this ratio on, the smaller of two lines lies within a tenth of a linear axis from its floor. */
const LOG_FROM_RATIO = 10;
/** More labels than this crowd a chart of some 150 px. */
const LOG_SPLITS_LIMIT = 6;

/** Log where a linear axis would press the smaller figure to the floor: 300 ms against 10 s. Zeros don't decide. */
export function chooseScale(...columns: readonly (readonly (number | null)[])[]): ScaleKind {
  let low = Infinity;
  let high = 0;
  for (const column of columns) {
    for (const value of column) {
      if (value === null || value <= 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high / low >= LOG_FROM_RATIO ? 'log' : 'linear';
}

/** A ladder's rungs within a span, both ends included. */
function rungs(min: number, max: number, steps: readonly number[] = [1, 2, 5]): number[] {
  const found: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10) {
    for (const step of steps) {
      const rung = step * power;
      if (rung >= min * 0.999 && rung <= max * 1.001) found.push(rung);
    }
  }
  return found;
}

/** A log axis ends on rungs of the 1-2-5 ladder, a little beyond the figures. */
export function logSpan(min: number | null, max: number | null): Span {
  if (min === null || max === null || !(min > 0) || !(max > 0)) return [100, 1000];
  const all = rungs(min / 20, max * 20);
  const below = all.filter((rung) => rung <= min * 0.9).at(-1) ?? min / 2;
  const above = all.find((rung) => rung >= max * 1.1) ?? max * 2;
  return [below, above];
}

/** Labels of a log axis: as many rungs to the decade as there is room for. */
export function logSplits(min: number, max: number): number[] {
  const ladders = [[1, 2, 5], [1, 3], [1]].map((steps) => rungs(min, max, steps));
  return ladders.find((ladder) => ladder.length <= LOG_SPLITS_LIMIT) ?? ladders.at(-1) ?? [];
}

/** From zero to a little above the figures: an axis that does not begin at zero exaggerates. */
export function linearSpan(max: number | null, floor: number): Span {
  return [0, Math.max(max === null ? 0 : max * 1.08, floor)];
}

/** Labels of a linear axis. uPlot's own round to decimal places, and a tenth of a GiB in bytes has too many. */
export function linearSplits(min: number, max: number, step: number): number[] {
  const splits: number[] = [];
  for (let count = Math.ceil(min / step); count * step <= max * (1 + 1e-9); count += 1) splits.push(count * step);
  return splits;
}

export interface ByteUnit {
  readonly label: string;
  readonly bytes: number;
}

/** The unit in which an axis up to `max` bytes is labelled. MiB is the least: nobody migrates kilobytes. */
export function byteUnit(max: number): ByteUnit {
  const labels = ['MiB', 'GiB', 'TiB'];
  let index = 0;
  while (index < labels.length - 1 && max >= 2 * MIB * 1024 ** (index + 1)) index += 1;
  return { label: labels[index] ?? 'MiB', bytes: MIB * 1024 ** index };
}

/** 1-2-5 steps in a unit. */
export function decimalSteps(unit: number, from: number, to: number): number[] {
  const steps: number[] = [];
  for (let power = from; power <= to; power += 1) for (const step of [1, 2, 5]) steps.push(step * 10 ** power * unit);
  return steps;
}

/** Steps of time that people count in, in seconds. */
export const TIME_STEPS: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** Below this an axis would magnify the first seconds into a drama. */
const LEAST_SECONDS = 10;
/** Of what was watched: a migration found late in its life gets that much room for the time before. */
const ROOM_BEFORE = 0.2;

/** How coarsely a time axis grows: often enough to be filled, seldom enough to stand still to the eye. */
function growth(seconds: number): number {
  return TIME_STEPS.filter((step) => step <= seconds / 8).at(-1) ?? 1;
}

/**
 * What the time axis spans. It begins at the migration's start unless that would press what was watched into a corner; while
 * it runs, it grows in steps.
 */
export function timeSpan(firstSeconds: number, lastSeconds: number, ended: boolean): Span {
  const watched = Math.max(lastSeconds - firstSeconds, LEAST_SECONDS);
  const min = firstSeconds > watched * ROOM_BEFORE ? firstSeconds - watched * ROOM_BEFORE : 0;
  const step = growth(lastSeconds - min);
  const max = ended ? lastSeconds : Math.ceil((lastSeconds + step * 0.1) / step) * step;
  return [min, Math.max(max, min + LEAST_SECONDS)];
}
