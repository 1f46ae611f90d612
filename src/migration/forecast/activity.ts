import type { Sample } from '../model.js';
import { measuredNames } from '../readings.js';

/** A time in which the guest's virtual CPUs were busy throughout, or idle. Since the migration's start, as all times here. */
export interface Stretch {
  readonly busy: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How a guest that is busy by turns went on so far. */
export interface Activity {
  /** One after the other, busy and idle in turn, up to the last reading. The first had begun before. */
  readonly stretches: readonly Stretch[];
  /** How many virtual CPUs work in a busy stretch, and in an idle one. */
  readonly busyVcpus: number;
  readonly idleVcpus: number;
  /** How much of the time between two moments it was busy, in ms. */
  readonly busyMs: (fromMs: number, toMs: number) => number;
}

/** Between two readings of the time that the virtual CPUs have had. */
interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly vcpus: number;
}

/** The host counts in steps of 10 ms: over less than this they are noise. */
const shortestMs = 700;
/** Busy is at least this many times as much as idle, and by so many virtual CPUs more. */
const contrast = 2.5;
const leastDifference = 0.018;
/** And so many times what each of them varies by itself: less is one state that goes up and down. */
const apart = 3.5;
/** A shorter turn is none. */
const shortestStretchMs = 2_200;
/** Measurements end some moments before the migration begins. */
const beforeMs = 300;

/** Undefined where the guest does much the same all the time, or where nothing tells. */
export function activityOf(samples: readonly Sample[]): Activity | undefined {
  const seen = intervalsOf(samples);
  if (seen.length < 3) return undefined;
  const all = smoothed([...measuredBefore(samples), ...seen]);
  const levels = levelsOf(all.map(({ vcpus }) => vcpus));
  if (levels === undefined) return undefined;
  const stretches = stretchesOf(all, (levels.busy + levels.idle) / 2);
  if (stretches.length < 2) return undefined;
  return {
    stretches,
    busyVcpus: levels.busy,
    idleVcpus: levels.idle,
    busyMs: (fromMs, toMs) => busyMsOf(seen, levels, fromMs, toMs),
  };
}

function intervalsOf(samples: readonly Sample[]): readonly Interval[] {
  const intervals: Interval[] = [];
  let before: { readonly elapsedMs: number; readonly vcpuMs: number } | undefined;
  for (const { elapsedMs, vcpuMs } of samples) {
    if (vcpuMs === undefined) continue;
    const now = { elapsedMs, vcpuMs };
    before ??= now;
    const ms = elapsedMs - before.elapsedMs;
    if (ms < shortestMs) continue;
    // Of another QEMU it begins anew.
    const vcpus = Math.max(0, vcpuMs - before.vcpuMs) / ms;
    intervals.push({ fromMs: before.elapsedMs, toMs: elapsedMs, vcpus });
    before = now;
  }
  return intervals;
}

/** The longest was measured last. */
function measuredBefore(samples: readonly Sample[]): readonly Interval[] {
  const intervals: Interval[] = [];
  let toMs = -beforeMs;
  for (const seconds of [20, 5, 1] as const) {
    const { vcpus: name } = measuredNames[seconds];
    const vcpus = samples.find((sample) => sample[name] !== undefined)?.[name];
    if (vcpus === undefined) continue;
    intervals.unshift({ fromMs: toMs - 1000 * seconds, toMs, vcpus });
    toMs -= 1000 * seconds + beforeMs;
  }
  return intervals;
}

/** The middle of three: a single one that is off, is chance. */
function smoothed(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.map((interval, index) => {
    const before = intervals[index - 1]?.vcpus ?? interval.vcpus;
    const after = intervals[index + 1]?.vcpus ?? interval.vcpus;
    const middle = Math.max(Math.min(before, after), Math.min(Math.max(before, after), interval.vcpus));
    return { ...interval, vcpus: middle };
  });
}

interface Levels {
  readonly busy: number;
  readonly idle: number;
}

/** Two means, as far apart as they come to be; undefined where that is one level with its noise. */
function levelsOf(values: readonly number[]): Levels | undefined {
  let idle = Math.min(...values);
  let busy = Math.max(...values);
  let high: readonly number[] = [];
  let low: readonly number[] = [];
  for (let step = 0; step < 8; step += 1) {
    const middle = (busy + idle) / 2;
    high = values.filter((value) => value > middle);
    low = values.filter((value) => value <= middle);
    if (high.length === 0 || low.length === 0) return undefined;
    [busy, idle] = [mean(high), mean(low)];
  }
  const within = Math.sqrt(
    mean([...high.map((value) => (value - busy) ** 2), ...low.map((value) => (value - idle) ** 2)]),
  );
  // A turn that began within an interval is in neither.
  [busy, idle] = [middleOf(high), middleOf(low)];
  const difference = busy - idle;
  return busy >= contrast * idle && difference >= leastDifference && difference >= apart * within
    ? { busy, idle }
    : undefined;
}

function stretchesOf(intervals: readonly Interval[], middle: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const { fromMs, toMs, vcpus } of intervals) {
    const busy = vcpus > middle;
    const last = stretches.at(-1);
    if (last?.busy === busy) stretches[stretches.length - 1] = { ...last, toMs };
    else stretches.push({ busy, fromMs: last?.toMs ?? fromMs, toMs });
  }
  return withoutShort(stretches);
}

/** What is too short for a turn belongs to what was before it, or after it where it is the first; the last may only have begun. */
function withoutShort(stretches: readonly Stretch[]): readonly Stretch[] {
  const kept: Stretch[] = [];
  stretches.forEach((stretch, index) => {
    const last = kept.at(-1);
    const isShort = stretch.toMs - stretch.fromMs < shortestStretchMs && index < stretches.length - 1;
    if (last !== undefined && (isShort || last.busy === stretch.busy))
      kept[kept.length - 1] = { ...last, toMs: stretch.toMs };
    else if (!isShort) kept.push(stretch);
  });
  return kept;
}

function busyMsOf(seen: readonly Interval[], { busy, idle }: Levels, fromMs: number, toMs: number): number {
  const share = ({ vcpus }: Interval): number => Math.min(1, Math.max(0, (vcpus - idle) / (busy - idle)));
  const [first] = seen;
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return toMs - fromMs;
  let sum = 0;
  for (const interval of seen) {
    const from = interval === first ? fromMs : Math.max(fromMs, interval.fromMs);
    const to = interval === last ? toMs : Math.min(toMs, interval.toMs);
    if (to > from) sum += share(interval) * (to - from);
  }
  return sum;
}

function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
