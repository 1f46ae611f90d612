import type { Sample } from '../model.js';
import { busyOverMs, sameLoadMs } from '../readings.js';
import { mean, middleOf } from './averages.js';

/** A time in which the guest's virtual CPUs were busy throughout, or idle. Since the migration's start, as all times here. */
export interface Stretch {
  readonly busy: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  /** It was seen from one turn to the next: not one that had begun before anybody looked, or that still goes on. */
  readonly isWhole: boolean;
}

/** How many virtual CPUs work while the guest is busy, and while it is idle. */
export interface Levels {
  readonly busyVcpus: number;
  readonly idleVcpus: number;
}

/** How a guest that is busy by turns went on so far. */
export interface Activity extends Levels {
  /** That of the last reading. */
  readonly now: Stretch;
  /** Those before it, one after the other: busy and idle in turn, but where nobody watched for a while. */
  readonly before: readonly [Stretch, ...Stretch[]];
  /** How much of the time between two moments it was busy, in ms. */
  readonly busyMs: (fromMs: number, toMs: number) => number;
}

/** In which somebody had the guest stand still. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Reading {
  readonly elapsedMs: number;
  readonly vcpuMs: number;
}

/** Between two readings of the time that the virtual CPUs have had. */
interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly vcpus: number;
  readonly isPaused: boolean;
}

/** What is longer than this, and so many times as long as others, tells nothing of the turns within. */
const longMs = 5_000;
const longFactor = 3;
/** Busy is at least this many times as much as idle, and by so many virtual CPUs more. */
const contrast = 2.5;
/** States that hold for so many readings each are no noise: this contrast is enough. */
const lastingReadings = 5;
const lastingContrast = 2;
const leastDifference = 0.018;
/** And so many times what each of them varies by itself: less is one state that goes up and down. */
const apart = 3.5;
/** Of the time in stretches, so much is to be as its stretch is. */
const alikeShare = 0.8;
/** A shorter turn is none, and one that has only just begun is none yet: but where the one before it took as long as usual, by so much. */
const shortestMs = 2_200;
const begunMs = 1_500;
const dueFrom = 0.85;
const dueTo = 1.25;
/** A mark is made by this machine's clock, a reading by the host's. */
const clocksMs = 500;

/** Undefined where the guest does much the same all the time, or where nothing tells. */
export function activityOf(samples: readonly Sample[], pauses: readonly Pause[] = []): Activity | undefined {
  const all = intervalsOf(samples, pauses);
  const fromMs = (all.at(-1)?.toMs ?? 0) - sameLoadMs;
  const lately = all.filter(({ toMs, isPaused }) => toMs > fromMs && !isPaused);
  const seen = smoothed(lately);
  const levels = levelsOf(seen.map(({ vcpus }) => vcpus));
  if (levels === undefined) return undefined;
  const middle = (levels.busyVcpus + levels.idleVcpus) / 2;
  const stretches = stretchesOf(seen, middle);
  if (!areTurns(stretches, lately, middle)) return undefined;
  const [first, ...others] = withTurns(stretches, lately, levels);
  const now = others.pop();
  if (first === undefined || now === undefined || [first, ...others].every(({ busy }) => busy === now.busy))
    return undefined;
  return { ...levels, now, before: [first, ...others], busyMs: (from, to) => busyMsOf(all, levels, from, to) };
}

/** For how long before the migration its virtual CPUs were watched, without gaps: 0 where they were not. */
export function watchedBeforeMs([first]: readonly Sample[]): number {
  const times = (first?.earlierVcpus ?? []).map(([elapsedMs]) => elapsedMs);
  const betweenMs = times.slice(1).map((ms, index) => ms - (times[index] ?? ms));
  return betweenMs.filter((ms) => ms <= longMs).reduce((sum, ms) => sum + ms, 0);
}

/** What of a time the guest was busy in which so many virtual CPUs worked: from 0 to 1. */
export function busyShare({ busyVcpus, idleVcpus }: Levels, vcpus: number): number {
  return Math.min(1, Math.max(0, (vcpus - idleVcpus) / (busyVcpus - idleVcpus)));
}

function intervalsOf(samples: readonly Sample[], pauses: readonly Pause[]): readonly Interval[] {
  const intervals: Interval[] = [];
  let before: Reading | undefined;
  for (const now of readingsOf(samples)) {
    const { elapsedMs, vcpuMs } = now;
    const sinceMs = before === undefined ? 0 : elapsedMs - before.elapsedMs;
    if (before !== undefined && sinceMs >= 0 && sinceMs < busyOverMs) continue;
    // It falls only where one of them is taken away.
    if (before !== undefined && sinceMs > 0 && vcpuMs >= before.vcpuMs)
      intervals.push({
        fromMs: before.elapsedMs,
        toMs: elapsedMs,
        vcpus: (vcpuMs - before.vcpuMs) / sinceMs,
        isPaused: touches(pauses, before.elapsedMs, elapsedMs),
      });
    before = now;
  }
  const lengths = intervals.map(({ fromMs, toMs }) => toMs - fromMs);
  const most = Math.max(longMs, longFactor * (middleOf(lengths) ?? 0));
  return intervals.filter(({ fromMs, toMs }) => toMs - fromMs <= most);
}

/** Those from before the migration too, where somebody looked. */
function readingsOf(samples: readonly Sample[]): readonly Reading[] {
  return samples.flatMap(({ elapsedMs, vcpuMs, earlierVcpus = [] }) => [
    ...earlierVcpus.map(([earlierMs, earlier]) => ({ elapsedMs: earlierMs, vcpuMs: earlier })),
    ...(vcpuMs === undefined ? [] : [{ elapsedMs, vcpuMs }]),
  ]);
}

function touches(pauses: readonly Pause[], fromMs: number, toMs: number): boolean {
  return pauses.some((pause) => toMs > pause.fromMs - clocksMs && fromMs < pause.toMs + clocksMs);
}

/** The middle of three: a single one that is off, is chance. */
function smoothed(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.map((interval, index) => {
    const around = intervals.slice(Math.max(0, index - 1), index + 2).map(({ vcpus }) => vcpus);
    return { ...interval, vcpus: (around.length === 3 ? middleOf(around) : undefined) ?? interval.vcpus };
  });
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
  const [busyVcpus = NaN, idleVcpus = NaN] = [middleOf(high), middleOf(low)];
  const difference = busyVcpus - idleVcpus;
  const least = areLasting(values, (busy + idle) / 2) ? lastingContrast : contrast;
  return busyVcpus >= least * idleVcpus && difference >= leastDifference && difference >= apart * within
    ? { busyVcpus, idleVcpus }
    : undefined;
}

/** Whether the values stay above `middle`, or below it, for long on average. */
function areLasting(values: readonly number[], middle: number): boolean {
  const turns = values.filter((value, index) => index > 0 && value > middle !== (values[index - 1] ?? value) > middle);
  return values.length >= lastingReadings * (turns.length + 1);
}

function stretchesOf(intervals: readonly Interval[], middle: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const { fromMs, toMs, vcpus } of intervals) {
    const busy = vcpus > middle;
    const last = stretches.at(-1);
    // A gap hides where the one ended, and where the other began.
    const isUnseen = last !== undefined && fromMs > last.toMs;
    if (last?.busy === busy && !isUnseen) stretches[stretches.length - 1] = { ...last, toMs };
    else {
      if (isUnseen) stretches[stretches.length - 1] = { ...last, isWhole: false };
      stretches.push({ busy, fromMs, toMs, isWhole: last !== undefined && !isUnseen });
    }
  }
  return withoutShort(stretches);
}

/**
 * Whether most of the readings themselves, not smoothed, are what their stretch is: of a guest that writes a little every other second, and
 * of libvirt's count in steps of 10 ms, the middle of three makes stretches of either that are none.
 */
function areTurns(stretches: readonly Stretch[], intervals: readonly Interval[], middle: number): boolean {
  let at = 0;
  let seenMs = 0;
  let alikeMs = 0;
  for (const { fromMs, toMs, vcpus } of intervals) {
    while ((stretches[at]?.toMs ?? Infinity) < toMs) at += 1;
    const stretch = stretches[at];
    if (stretch === undefined || fromMs < stretch.fromMs) continue;
    seenMs += toMs - fromMs;
    if (vcpus > middle === stretch.busy) alikeMs += toMs - fromMs;
  }
  return alikeMs >= alikeShare * seenMs;
}

/** What is too short for a turn belongs to what was before it, or after it where that was not seen. */
function withoutShort(stretches: readonly Stretch[]): readonly Stretch[] {
  const kept: Stretch[] = [];
  let skipped: Stretch | undefined;
  stretches.forEach((stretch, index) => {
    const last = kept.at(-1);
    const isLast = index === stretches.length - 1;
    const leastMs = !isLast ? shortestMs : isDue(kept) ? 0 : begunMs;
    const isShort = stretch.toMs - stretch.fromMs < leastMs;
    const fromMs = skipped !== undefined && skipped.toMs >= stretch.fromMs ? skipped.fromMs : stretch.fromMs;
    const goesOn = last !== undefined && last.toMs >= fromMs;
    if (goesOn && (isShort || last.busy === stretch.busy))
      kept[kept.length - 1] = { ...last, toMs: stretch.toMs, isWhole: last.isWhole && stretch.isWhole };
    else if (isShort && !isLast) skipped = { ...stretch, fromMs };
    else kept.push(fromMs === stretch.fromMs ? stretch : { ...stretch, fromMs, isWhole: false });
  });
  return kept;
}

export function lengthMsOf({ fromMs, toMs }: Stretch): number {
  return toMs - fromMs;
}

/** Whether the last of them took about as long as those of its kind that were seen whole, two at least. */
function isDue(stretches: readonly Stretch[]): boolean {
  const last = stretches.at(-1);
  const lengths = stretches.filter((each) => each !== last && each.isWhole && each.busy === last?.busy).map(lengthMsOf);
  const share = last === undefined ? NaN : lengthMsOf(last) / (middleOf(lengths) ?? NaN);
  return lengths.length >= 2 && share >= dueFrom && share <= dueTo;
}

/** A turn is within a reading's interval: what its virtual CPUs had of the two around it tells where. */
function withTurns(stretches: readonly Stretch[], intervals: readonly Interval[], levels: Levels): readonly Stretch[] {
  const moved = stretches.map((stretch, index) => {
    const { fromMs, busy } = stretch;
    const last = stretches[index - 1];
    if (last?.toMs !== fromMs || last.busy === busy) return fromMs;
    const around = intervals.filter((each) => each.toMs === fromMs || each.fromMs === fromMs);
    const busyMs = around.reduce((sum, each) => sum + busyShare(levels, each.vcpus) * (each.toMs - each.fromMs), 0);
    const [before, after] = [around[0]?.fromMs, around.at(-1)?.toMs];
    if (around.length !== 2 || before === undefined || after === undefined) return fromMs;
    return busy ? after - busyMs : before + busyMs;
  });
  return stretches.map((stretch, index) => {
    const next = stretches[index + 1];
    const toMs = next?.fromMs === stretch.toMs ? (moved[index + 1] ?? stretch.toMs) : stretch.toMs;
    return { ...stretch, fromMs: moved[index] ?? stretch.fromMs, toMs };
  });
}

/** What nobody saw was as busy as the rest. */
function busyMsOf(all: readonly Interval[], levels: Levels, fromMs: number, toMs: number): number {
  const [first] = all;
  const last = all.at(-1);
  const share = ({ vcpus, isPaused }: Interval): number => (isPaused ? 0 : busyShare(levels, vcpus));
  let busyMs = 0;
  let seenMs = 0;
  for (const interval of all) {
    const from = interval === first ? fromMs : Math.max(fromMs, interval.fromMs);
    const to = interval === last ? toMs : Math.min(toMs, interval.toMs);
    if (to <= from) continue;
    seenMs += to - from;
    busyMs += share(interval) * (to - from);
  }
  const unseenMs = toMs - fromMs - seenMs;
  return unseenMs > 0 ? busyMs + unseenMs * mean(all.map(share)) : busyMs;
}
