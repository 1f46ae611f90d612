import { chanceBytes, type Point } from './points.js';
import { besideBytes, dirtiedBytes, throttledShare, type Way, writingSeconds } from './writing.js';

/** Even a steady guest's rounds differ by so much. */
export const steadyScatter = 0.1;
/** By so many standard deviations the largest of what was measured may lie above what there is. */
const largestDeviations = 2;
/** Sizes of the working set against the most that one round dirtied. */
const sizes = [1.02, 1.1, 1.25, 1.5, 2, 3, 5, 10, 25] as const;
/** A normal distribution in five points of equal weight. */
const spread = [-1.4, -0.53, 0, 0.53, 1.4] as const;
/** One standard deviation to each side, as a rectangle of the same height. */
const normalWidth = 1.25;
/** Where all that can be dirty was, the guest may write faster by this factor: nothing shows. */
const openAbove = 6;
/** A round that was idle for more than the rest of this share tells no rate. */
const leastWriting = 0.15;
/** Nobody looks for a slower one than by this factor's logarithm. */
const openBelow = 2;

export interface Candidate {
  readonly way: Way;
  /** The weighted mean of the squares of what it is off by. */
  readonly error: number;
  /** How many other sizes it stands for, as a factor's logarithm. */
  readonly width: number;
}

/**
 * The least that its working set can be: of what was measured by samples, chance may be a part, and of the largest a good part; of what
 * a round dirtied, what it works with.
 */
export function mostOf(points: readonly Point[]): number {
  return Math.max(
    0,
    ...points.map(({ dirtiedBytes, pendingBytes, isMeasured, noise }) =>
      isMeasured
        ? dirtiedBytes * Math.max(0, 1 - largestDeviations * noise)
        : Math.max(Math.min(dirtiedBytes, chanceBytes), dirtiedBytes - besideBytes) + pendingBytes,
    ),
  );
}

/** For each size and shape, the rate that fits best. */
export function candidates(
  points: readonly Point[],
  memoryBytes: number,
  headroom: number,
  idleShare: number,
): Candidate[] {
  const most = Math.max(chanceBytes, mostOf(points));
  const found: Candidate[] = [];
  for (const [index, size] of sizes.entries()) {
    const width = Math.log((sizes[index + 1] ?? size * 2) / (sizes[index - 1] ?? 1)) / 2;
    const workingSetBytes = Math.min(memoryBytes, most * size);
    for (const shape of ['scattered', 'sweep'] as const) {
      const way = fitRate(points, { shape, workingSetBytes, headroom, idleShare });
      found.push({ way, error: errorOf(points, way), width });
    }
    if (workingSetBytes >= memoryBytes) break;
  }
  return found;
}

/** Golden-section search on the logarithm of the rate. */
function fitRate(points: readonly Point[], of: Omit<Way, 'rateBytesPerSecond'>): Way {
  let low = Math.log(Math.min(...points.map(dirtiedPerSecond)) * 0.5);
  let high = Math.log(highestRate(points, of));
  const at = (log: number): Way => ({ ...of, rateBytesPerSecond: Math.exp(log) });
  const golden = 0.618;
  let left = high - golden * (high - low);
  let right = low + golden * (high - low);
  let errorLeft = errorOf(points, at(left));
  let errorRight = errorOf(points, at(right));
  for (let step = 0; step < 12; step += 1) {
    if (errorLeft <= errorRight) {
      high = right;
      [right, errorRight] = [left, errorLeft];
      left = high - golden * (high - low);
      errorLeft = errorOf(points, at(left));
    } else {
      low = left;
      [left, errorLeft] = [right, errorRight];
      right = low + golden * (high - low);
      errorRight = errorOf(points, at(right));
    }
  }
  return at((low + high) / 2);
}

/** The weighted mean of the squares of what `way` is off by. */
export function errorOf(points: readonly Point[], way: Way): number {
  let sum = 0;
  let weights = 0;
  for (const point of points) {
    const weight = weightOf(point);
    sum += weight * offBy(point, way) ** 2;
    weights += weight;
  }
  return weights === 0 ? 0 : sum / weights;
}

/** By which factor, as a logarithm, `way` dirties more than `point` found. */
export function offBy(point: Point, way: Way): number {
  const { grainBytes: grain } = point;
  return Math.log((expected(point, way) + grain / 2) / (point.dirtiedBytes + grain / 2));
}

function expected({ seconds, busySeconds, pendingBytes, throttle }: Point, way: Way): number {
  const { rateBytesPerSecond, headroom } = way;
  const rate = rateBytesPerSecond * throttledShare(throttle, headroom);
  return dirtiedBytes(way, rate, writingSeconds(way, seconds, busySeconds), pendingBytes);
}

export interface Spread {
  readonly rates: readonly number[];
  /** How many rates it stands for, as a factor's logarithm. */
  readonly room: number;
  /** Nothing shows how high the rate may be. */
  readonly open: boolean;
}

/** The rates that the rounds allow beside the best one: hardly any other, or any above where all that can be dirty was. */
export function spreadOf(points: readonly Point[], way: Way, worstError: number): Spread {
  const best = Math.log(way.rateBytesPerSecond);
  const most = Math.max(best, Math.log(highestRate(points, way)));
  const low = edge(points, way, best, best - openBelow, worstError);
  const high = edge(points, way, best, most, worstError);
  if (high < most) {
    const logs = spread.map((z) => best + z * (z < 0 ? best - low : high - best));
    return { rates: logs.map(Math.exp), room: (high - low) * normalWidth, open: false };
  }
  const logs = spread.map((_, index) => low + ((index + 0.5) / spread.length) * (most - low));
  return { rates: logs.map(Math.exp), room: most - low, open: true };
}

/** How far the rate's logarithm may go that way before the rounds contradict it. */
function edge(points: readonly Point[], way: Way, from: number, to: number, worstError: number): number {
  const fits = (log: number): boolean => errorOf(points, { ...way, rateBytesPerSecond: Math.exp(log) }) <= worstError;
  if (fits(to)) return to;
  let inside = from;
  let outside = to;
  for (let step = 0; step < 7; step += 1) {
    const middle = (inside + outside) / 2;
    if (fits(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

function highestRate(points: readonly Point[], { idleShare }: Pick<Way, 'idleShare'>): number {
  return openAbove * Math.max(...points.map((point) => dirtiedPerSecond(point) / writingShare(point, idleShare)));
}

/** Of a round in which it was hardly ever busy, next to nothing tells how fast it writes when it is. */
function writingShare({ seconds, busySeconds }: Point, idleShare: number): number {
  return Math.max(leastWriting, writingSeconds({ idleShare }, seconds, busySeconds) / seconds);
}

function dirtiedPerSecond({ dirtiedBytes, seconds, grainBytes }: Point): number {
  return (dirtiedBytes + grainBytes / 10) / seconds;
}

/** Of what is small, chance is a large share: it may be off by more. */
export function weightOf(point: Point): number {
  return countOf(point) / (1 + (point.noise / steadyScatter) ** 2);
}

/** The same, were there no chance in it. */
export function countOf({ sure, recency }: Point): number {
  return sure * recency;
}
