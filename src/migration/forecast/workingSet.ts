import type { Iteration } from './iterations.js';

/** How a guest writes: here and there, so that it hits more and more of what is dirty already, or through its memory in turn. */
export type Shape = 'scattered' | 'sweep';

/** One way in which the guest may write that what was seen does not contradict. */
export interface Hypothesis {
  readonly shape: Shape;
  /** What it rewrites over and over; the rest of its memory is left alone. */
  readonly workingSetBytes: number;
  /** At which it makes clean pages dirty when none is dirty yet; nothing throttled. */
  readonly rateBytesPerSecond: number;
  /** How much faster it could go than it does: throttling takes that first. 1: it goes as fast as it can. */
  readonly headroom: number;
  /** All add up to 1. */
  readonly weight: number;
}

/** What the guest made dirty in so long, before its migration. */
export interface MeasuredSpan {
  readonly seconds: number;
  readonly dirtiedBytes: number;
}

export interface Fit {
  readonly hypotheses: readonly Hypothesis[];
  /** How many rounds it rests on, and measurements before them: 0 is a guess without any. */
  readonly points: number;
  /** It rests on those measurements alone, as no round has ended yet: what guests do when nothing is known. */
  readonly unmeasured: readonly Hypothesis[] | undefined;
  /** How far the rounds lie from what fits them best, as a share. */
  readonly scatter: number;
  /** When the guest was seen to write otherwise than before, if it was. */
  readonly changedAtMs: number | undefined;
  /** By which factor it writes more since; below 1: less. */
  readonly changedBy: number | undefined;
}

/** One round as the fit sees it. */
interface Point {
  readonly endMs: number;
  readonly seconds: number;
  readonly dirtiedBytes: number;
  /** What was pending anyway at its end, of the working set. */
  readonly pendingBytes: number;
  readonly throttle: number;
  readonly sure: number;
  /** What chance may add or take, as a share. */
  readonly noise: number;
  /** The least that shows. */
  readonly grainBytes: number;
  /** Before the migration: no round. */
  readonly isMeasured: boolean;
}

/** More rounds tell nothing that is still so. */
const pointLimit = 9;
/** A round counts this much of the one after it. */
const agePerRound = 0.8;
/** Even a steady guest's rounds differ by so much. */
const steadyScatter = 0.1;
/** What a sync finds by chance: an idle guest's kernel, a step of a sweep. */
const chanceBytes = 2 ** 20;
/** What one page stands for that QEMU looked at as it measured. */
const sampledBytes = 2 ** 21;
/** A round that was not watched counts, but little. */
const unwatchedWeight = 0.15;
/** Guests write in gusts: of a round shorter than this it is chance whether it saw one. */
const tellingSeconds = 1;
/** From this factor on, and this many times the scatter, a round is no chance. */
const changeFactor = 1.6;
const changeScatters = 4;
const alike = 0.15;
/** And so much beyond what a round of another length allows a steady guest. */
const beyondFactor = 1.2;
/** A guest whose load is another keeps its memory: hardly ever does it rewrite less than this share of what it did. */
const keptShare = 0.85;
const forgottenWeight = 0.2;
/** Who changes so often changes by habit: then all rounds count, and the scatter says how little they tell. */
const changesOfHabit = 3;

const headrooms = [1, 1.6, 2.5, 5, 10, 25, 60] as const;
/** Sizes of the working set against the most that one round dirtied. */
const sizes = [1.02, 1.1, 1.25, 1.5, 2, 3, 5, 10, 25] as const;
/** A normal distribution in five points of equal weight. */
const spread = [-1.4, -0.53, 0, 0.53, 1.4] as const;
/** One standard deviation to each side, as a rectangle of the same height. */
const normalWidth = 1.25;
/** Where all that can be dirty was, the guest may write faster by this factor: nothing shows. */
const openAbove = 6;
/** Nobody looks for a slower one than by this factor's logarithm. */
const openBelow = 2;

/** What of a working set is dirty after a time, of what was clean. From 0 to 1. */
export function dirtyShare(shape: Shape, ratePerSecond: number, workingSetBytes: number, seconds: number): number {
  if (workingSetBytes <= 0) return 0;
  const passes = (ratePerSecond * seconds) / workingSetBytes;
  return shape === 'sweep' ? Math.min(1, passes) : 1 - Math.exp(-passes);
}

/** What throttling by `throttle` (0 to 1) leaves of the rate. */
export function throttledShare(throttle: number, headroom: number): number {
  return Math.min(1, headroom * (1 - throttle));
}

/**
 * How the guest writes, by the rounds that ended, and by what was measured before them. `memoryBytes` is the most it can rewrite.
 */
export function fitWorkingSet(
  iterations: readonly Iteration[],
  memoryBytes: number,
  bandwidth: number,
  spans: readonly MeasuredSpan[] = [],
): Fit {
  const measured = spans.map(pointOf);
  const points = [...measured, ...pointsOf(iterations)];
  const { from, changes } = lastChange(points, memoryBytes);
  const habit = changes >= changesOfHabit;
  const kept = habit ? points : points.slice(from);
  const before = points[from - 1];
  const changed = habit || before === undefined || before.isMeasured ? undefined : kept[0];
  const rateOf = ({ dirtiedBytes, seconds }: Point): number => (dirtiedBytes + chanceBytes / 4) / seconds;
  const knownBytes = habit ? 0 : mostOf(points.slice(0, from));
  return {
    ...fit(kept, memoryBytes, bandwidth, knownBytes),
    unmeasured: measured.length > 0 && points.length === measured.length ? guesses(memoryBytes, bandwidth) : undefined,
    changedAtMs: changed && before?.endMs,
    changedBy: changed && before && rateOf(changed) / rateOf(before),
  };
}

/** QEMU looks at 512 pages of each GiB (its default, which virsh leaves): each stands for 2 MiB, and few of them tell little. */
function pointOf({ seconds, dirtiedBytes }: MeasuredSpan): Point {
  return {
    endMs: 0,
    seconds,
    dirtiedBytes,
    pendingBytes: 0,
    throttle: 0,
    sure: 1,
    noise: Math.sqrt(sampledBytes / (dirtiedBytes + sampledBytes / 2)),
    grainBytes: sampledBytes,
    isMeasured: true,
  };
}

function pointsOf(iterations: readonly Iteration[]): readonly Point[] {
  const points: Point[] = [];
  for (const { startMs, endMs, number, leftBytes, dirtiedBytes, throttlePercent, watched } of iterations.slice(
    -pointLimit - 1,
  )) {
    if (endMs === undefined || dirtiedBytes === undefined || endMs - startMs < 40) continue;
    points.push({
      endMs,
      seconds: (endMs - startMs) / 1000,
      dirtiedBytes,
      // What the first round leaves is any of the memory, hardly what the guest rewrites.
      pendingBytes: number === 1 ? 0 : leftBytes,
      throttle: (throttlePercent ?? 0) / 100,
      sure: (watched ? 1 : unwatchedWeight) * Math.min(1, (endMs - startMs) / 1000 / tellingSeconds),
      noise: chanceBytes / (2 * (dirtiedBytes + chanceBytes / 2)),
      grainBytes: chanceBytes,
      isMeasured: false,
    });
  }
  return points;
}

/** Where the last stretch begins in which no round contradicts those before it, and how often there was a new one. */
function lastChange(
  points: readonly Point[],
  memoryBytes: number,
): { readonly from: number; readonly changes: number } {
  let from = 0;
  let changes = 0;
  for (let index = 1; index < points.length; index += 1) {
    const point = points[index];
    if (point === undefined || point.sure < 1 || !contradicts(points.slice(from, index), point, memoryBytes)) continue;
    from = index;
    // Nobody saw it change: the measurement was of another moment.
    if (points[index - 1]?.isMeasured !== true) changes += 1;
  }
  return { from, changes };
}

function contradicts(before: readonly Point[], point: Point, memoryBytes: number): boolean {
  const last = before.at(-1);
  if (last !== undefined && isAlike(last, point)) return false;
  if (last !== undefined && isBeyond(last, point)) return true;
  // Rounds of other lengths say little of this one: whatever of the ways they allow fits it, will do.
  const ways = candidates(before, memoryBytes, 1);
  const nearest = Math.min(...ways.map(({ way, error }) => Math.abs(offBy(point, way)) - Math.sqrt(error) * 2));
  const scatter = Math.max(steadyScatter, point.noise, Math.min(...before.map(({ noise }) => noise)));
  return nearest > Math.max(Math.log(changeFactor), changeScatters * scatter);
}

/**
 * However a steady guest writes, a round of half the length dirties between half as much and as much. Whether `point` is well
 * beyond that.
 */
function isBeyond(each: Point, point: Point): boolean {
  if (each.isMeasured || each.sure < 1 || each.throttle !== point.throttle) return false;
  // What one gust is to a short round is none to a long one.
  if (Math.min(each.seconds, point.seconds) < 2 * tellingSeconds) return false;
  const length = point.seconds / each.seconds;
  const chance = Math.max(each.grainBytes, point.grainBytes) + steadyScatter * each.dirtiedBytes;
  const least = each.dirtiedBytes * Math.min(1, length) - chance;
  const most = each.dirtiedBytes * Math.max(1, length) + chance;
  const { dirtiedBytes } = point;
  return dirtiedBytes * beyondFactor < least || dirtiedBytes > beyondFactor * most;
}

/** Most rounds are much as the one before: those need no fit to see that they don't contradict it. */
function isAlike(one: Point, other: Point): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= alike * Math.max(a, b);
  return (
    near(one.seconds, other.seconds) && near(one.dirtiedBytes, other.dirtiedBytes) && one.throttle === other.throttle
  );
}

type Way = Omit<Hypothesis, 'weight'>;

interface Candidate {
  readonly way: Way;
  /** The weighted mean of the squares of what it is off by. */
  readonly error: number;
  /** How many other sizes it stands for, as a factor's logarithm. */
  readonly width: number;
}

/** The least that its working set can be. */
function mostOf(points: readonly Point[]): number {
  return Math.max(0, ...points.map(({ dirtiedBytes, pendingBytes }) => dirtiedBytes + pendingBytes));
}

/** `knownBytes`: what it was seen to rewrite before its load was another. */
function fit(
  points: readonly Point[],
  memoryBytes: number,
  bandwidth: number,
  knownBytes: number,
): Pick<Fit, 'hypotheses' | 'points' | 'scatter'> {
  if (points.length === 0) return { hypotheses: guesses(memoryBytes, bandwidth), points: 0, scatter: 1 };
  const throttled = points.some(({ throttle }) => throttle > 0);
  const found = headrooms
    .slice(0, throttled ? headrooms.length : 1)
    .flatMap((headroom) => candidates(points, memoryBytes, headroom));
  const best = Math.min(...found.map(({ error }) => error));
  const scatter = Math.max(steadyScatter, Math.sqrt(best));
  const effective = points.reduce((sum, point, index) => sum + weightOf(point, points.length - 1 - index), 0);
  const likelihood = (error: number): number => Math.exp((-0.5 * effective * (error - best)) / scatter ** 2);
  const all = found.flatMap(({ way, error, width }) => {
    const likely = likelihood(error);
    if (likely < 0.01) return [];
    const { rates, room, open } = spreadOf(points, way, error + scatter ** 2 / effective);
    return rates.map((rateBytesPerSecond) => {
      const other = { ...way, rateBytesPerSecond };
      const kept = way.workingSetBytes < keptShare * knownBytes ? forgottenWeight : 1;
      // What needs a coincidence, as a rate that is just the network's, has little room, and so counts little.
      return { ...other, weight: kept * width * room * (open ? likelihood(errorOf(points, other)) : likely) };
    });
  });
  const sum = all.reduce((total, { weight }) => total + weight, 0);
  return { hypotheses: all.map((each) => ({ ...each, weight: each.weight / sum })), points: points.length, scatter };
}

/** For each size and shape, the rate that fits best. */
function candidates(points: readonly Point[], memoryBytes: number, headroom: number): Candidate[] {
  const most = Math.max(chanceBytes, mostOf(points));
  const found: Candidate[] = [];
  for (const [index, size] of sizes.entries()) {
    const width = Math.log((sizes[index + 1] ?? size * 2) / (sizes[index - 1] ?? 1)) / 2;
    const workingSetBytes = Math.min(memoryBytes, most * size);
    for (const shape of ['scattered', 'sweep'] as const) {
      const way = fitRate(points, { shape, workingSetBytes, headroom });
      found.push({ way, error: errorOf(points, way), width });
    }
    if (workingSetBytes >= memoryBytes) break;
  }
  return found;
}

/** Golden-section search on the logarithm of the rate. */
function fitRate(points: readonly Point[], of: Omit<Way, 'rateBytesPerSecond'>): Way {
  let low = Math.log(Math.min(...points.map(dirtiedPerSecond)) * 0.5);
  let high = Math.log(highestRate(points));
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

function errorOf(points: readonly Point[], way: Way): number {
  let sum = 0;
  let weights = 0;
  points.forEach((point, index) => {
    const weight = weightOf(point, points.length - 1 - index);
    sum += weight * offBy(point, way) ** 2;
    weights += weight;
  });
  return weights === 0 ? 0 : sum / weights;
}

function offBy(point: Point, way: Way): number {
  const { grainBytes: grain } = point;
  return Math.log((expected(point, way) + grain / 2) / (point.dirtiedBytes + grain / 2));
}

function expected({ seconds, pendingBytes, throttle }: Point, way: Way): number {
  const { shape, workingSetBytes, rateBytesPerSecond, headroom } = way;
  const rate = rateBytesPerSecond * throttledShare(throttle, headroom);
  return Math.max(0, workingSetBytes - pendingBytes) * dirtyShare(shape, rate, workingSetBytes, seconds);
}

interface Spread {
  readonly rates: readonly number[];
  /** How many rates it stands for, as a factor's logarithm. */
  readonly room: number;
  /** Nothing shows how high the rate may be. */
  readonly open: boolean;
}

/** The rates that the rounds allow beside the best one: hardly any other, or any above where all that can be dirty was. */
function spreadOf(points: readonly Point[], way: Way, worstError: number): Spread {
  const best = Math.log(way.rateBytesPerSecond);
  const most = Math.max(best, Math.log(highestRate(points)));
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

function highestRate(points: readonly Point[]): number {
  return openAbove * Math.max(...points.map(dirtiedPerSecond));
}

function dirtiedPerSecond({ dirtiedBytes, seconds, grainBytes }: Point): number {
  return (dirtiedBytes + grainBytes / 10) / seconds;
}

/** Of what is small, chance is a large share: it may be off by more. */
function weightOf({ sure, noise }: Point, age: number): number {
  return (sure * agePerRound ** age) / (1 + (noise / steadyScatter) ** 2);
}

/** Before anything is known: what guests do. Most migrations end by themselves. */
function guesses(memoryBytes: number, bandwidth: number): readonly Hypothesis[] {
  const all = [0.02, 0.08, 0.25, 0.5].flatMap((size) =>
    [0.01, 0.05, 0.15, 0.35, 0.6, 1.5].map((rate) => ({
      shape: 'scattered' as const,
      workingSetBytes: memoryBytes * size,
      rateBytesPerSecond: bandwidth * rate,
      headroom: 1,
    })),
  );
  return all.map((way) => ({ ...way, weight: 1 / all.length }));
}
