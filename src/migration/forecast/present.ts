import type { Mark, MeasuredSpan, Migration, Phase, Sample } from '../model.js';
import {
  bandwidthBytesPerSecond,
  diskBytesPerSecond,
  diskRemainingBytes,
  iterationOf,
  remainingBytes,
  sentBytes,
  throttlePercent,
} from '../readings.js';
import { type Filled, filledOf } from './filled.js';
import { type Hovering, hoveringOf } from './hovering.js';
import { type Activity, activityOf, type Pause, watchedBeforeMs } from './activity.js';
import { mean } from './averages.js';
import { type Course, coursesOf, steady } from './course.js';
import { capOf } from './rateLimit.js';
import { bandwidthBetween, defaultDowntimeMs, type Iteration, iterationsOf } from './iterations.js';

/** What a forecast rests on: all that was seen of a migration, and nothing else. */
export type History = Pick<Migration, 'samples' | 'marks'> & { readonly state: { readonly phase: Phase } };

/** Where a migration is now, as its last readings tell. */
export interface Present extends Filled {
  readonly phase: Phase;
  readonly elapsedMs: number;
  readonly iterations: readonly Iteration[];
  readonly iteration: Iteration | undefined;
  /** Where its last rounds were short and got no shorter. */
  readonly hovering: Hovering | undefined;
  readonly remainingBytes: number | undefined;
  readonly diskRemainingBytes: number | undefined;
  readonly diskBytesPerSecond: number | undefined;
  /** Over the network, by the readings since the cap was last another. */
  readonly bandwidthBytesPerSecond: number | undefined;
  /** By which what is left goes down, against the bandwidth: above 1 where pages are compressed. */
  readonly compression: number;
  /** Pages are to be compressed, and none was yet: how much that brings is open. */
  readonly compressionIsOpen: boolean;
  /** Most of what goes by is zero pages: the network carries more than the bandwidth tells. */
  readonly goesByZeros: boolean;
  /** How much the bandwidth went up and down, as a share of it. */
  readonly unsteadiness: number;
  /** The most that the network was seen to carry. */
  readonly bestBytesPerSecond: number | undefined;
  /** Undefined where there is none, or it was not told. */
  readonly capBytesPerSecond: number | undefined;
  readonly capIsTold: boolean;
  readonly maxDowntimeMs: number;
  readonly throttlePercent: number;
  readonly autoConverge: boolean;
  /** What the guest wrote when it was measured before the migration, where it was; the earliest first. */
  readonly measured: readonly MeasuredSpan[];
  /** For how long before the migration its virtual CPUs were watched, without gaps: 0 where they were not. */
  readonly watchedBeforeMs: number;
  /** Where the guest is busy by turns: how it was so far, and how it may go on. */
  readonly activity: Activity | undefined;
  readonly courses: readonly Course[];
  readonly pausedAtMs: number | undefined;
  /** For how long no byte has moved, where that is longer than a moment. */
  readonly stalledMs: number | undefined;
}

/** Bandwidth is judged over this much: longer is older, shorter is noise. */
const bandwidthMs = 8_000;
/** The last of that, of which a change is told, and from which share of the bandwidth on it is one. */
const nowMs = 3_500;
const changedShare = 0.2;
/** No byte for as long as this is more than a late reading. */
const stallMs = 5_000;

/** What the last readings say. Undefined before the first. */
export function presentOf({ samples, marks, state }: History): Present | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const iterations = iterationsOf(samples, marks);
  const recent = recentOf(samples, last);
  const bandwidths = recent.flatMap((sample, index) => bandwidthBetween(recent[index - 1], sample) ?? []);
  const bandwidth = carriedNow(recent) ?? (bandwidths.length === 0 ? undefined : mean(bandwidths));
  const iteration = iterations.at(-1);
  const pausedAtMs = pausedAtOf(marks, state.phase);
  const activity = ranFreely(samples) ? activityOf(samples, pausesOf(marks)) : undefined;
  return {
    phase: state.phase,
    elapsedMs: last.elapsedMs,
    iterations,
    iteration,
    hovering: hoveringOf(iterations, {
      sinceMs: settledMs(samples),
      nowMs: last.elapsedMs,
      fitsBytes: ((bandwidth ?? 0) * (last.maxDowntimeMs ?? defaultDowntimeMs)) / 1000,
    }),
    remainingBytes: remainingBytes(last),
    diskRemainingBytes: diskRemainingBytes(last),
    diskBytesPerSecond: diskBytesPerSecond(last),
    bandwidthBytesPerSecond: bandwidth,
    compression: compressionOf(iterations, last),
    compressionIsOpen: compressionIsOpen(last, iteration),
    goesByZeros: goesByZeros(recent),
    unsteadiness: unsteadinessOf(bandwidths),
    bestBytesPerSecond: bestOf(iterations),
    capBytesPerSecond: capOf(last),
    capIsTold: last.speedLimitMiBps !== undefined,
    maxDowntimeMs: last.maxDowntimeMs ?? defaultDowntimeMs,
    throttlePercent: throttlePercent(last) ?? 0,
    autoConverge: samples.some((sample) => throttlePercent(sample) !== undefined),
    ...filledOf(samples, last, iteration),
    measured: samples.flatMap(({ measured = [] }) => measured),
    watchedBeforeMs: watchedBeforeMs(samples),
    activity,
    courses: activity === undefined ? steady : coursesOf(activity),
    pausedAtMs,
    stalledMs: stalledOf(samples, last),
  };
}

/** Since when the settings are those of now that decide how much fits, and how fast the guest writes. */
function settledMs(samples: readonly Sample[]): number {
  const last = samples.at(-1);
  const other = samples.findLast(
    (sample) =>
      sample.maxDowntimeMs !== last?.maxDowntimeMs ||
      sample.speedLimitMiBps !== last?.speedLimitMiBps ||
      throttlePercent(sample) !== (last && throttlePercent(last)),
  );
  return other?.elapsedMs ?? 0;
}

/** The readings that tell the bandwidth of now: of the last seconds, and by the cap in force. */
function recentOf(samples: readonly Sample[], last: Sample): readonly Sample[] {
  let from = samples.length - 1;
  while (from > 0) {
    const sample = samples[from - 1];
    if (sample === undefined) break;
    // Where libvirt tells no bandwidth, one reading alone tells that of the whole migration: then it is two, however far apart.
    const enough = from < samples.length - 1 || bandwidthBytesPerSecond(last) !== undefined;
    if (last.elapsedMs - sample.elapsedMs > bandwidthMs && enough) break;
    if (sample.speedLimitMiBps !== last.speedLimitMiBps) break;
    from -= 1;
  }
  const recent = samples.slice(from);
  // The reading that first shows another cap still tells of the time before it.
  return from > 0 && recent.length > 2 ? recent.slice(1) : recent;
}

/** Over all of them, or over the last of them alone where that is another bandwidth: who shared the link came, or went. */
function carriedNow(recent: readonly Sample[]): number | undefined {
  const all = carried(recent);
  const last = recent.at(-1);
  const now = last && carried(recent.filter(({ elapsedMs }) => last.elapsedMs - elapsedMs <= nowMs));
  if (all === undefined || now === undefined) return all;
  return Math.abs(now - all) > changedShare * all ? now : all;
}

/** What was carried between the first and the last of them, by the count of bytes; undefined where it is too short. */
function carried(recent: readonly Sample[]): number | undefined {
  const [first] = recent;
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last.elapsedMs - first.elapsedMs < 2_500) return undefined;
  const sent = (sentBytes(last) ?? NaN) - (sentBytes(first) ?? NaN);
  return sent > 0 ? (1000 * sent) / (last.elapsedMs - first.elapsedMs) : undefined;
}

/** By the last round that shows it; in the first two nothing is compressed. */
function compressionOf(iterations: readonly Iteration[], last: Sample): number {
  if ((last.job.compressionPages ?? 0) === 0) return 1;
  const shown = iterations.findLast(
    ({ number, drainBytesPerSecond, bandwidthBytesPerSecond }) =>
      number > 2 && drainBytesPerSecond !== undefined && bandwidthBytesPerSecond !== undefined,
  );
  if (shown?.drainBytesPerSecond === undefined || shown.bandwidthBytesPerSecond === undefined) return 1;
  return Math.min(50, Math.max(1, shown.drainBytesPerSecond / shown.bandwidthBytesPerSecond));
}

/** Its counts are told where it is switched on, and are 0 until it compresses: in the first two rounds it never does. */
function compressionIsOpen({ job }: Sample, iteration: Iteration | undefined): boolean {
  return job.compressionPages === 0 && (iteration?.number ?? 1) <= 3;
}

function unsteadinessOf(bandwidths: readonly number[]): number {
  const middle = mean(bandwidths);
  if (bandwidths.length < 3 || middle <= 0) return 0.1;
  const squares = bandwidths.reduce((sum, each) => sum + (each - middle) ** 2, 0) / bandwidths.length;
  return Math.min(0.5, Math.sqrt(squares) / middle / Math.sqrt(bandwidths.length));
}

function bestOf(iterations: readonly Iteration[]): number | undefined {
  const told = iterations.flatMap(({ bandwidthBytesPerSecond }) => bandwidthBytesPerSecond ?? []);
  return told.length === 0 ? undefined : Math.max(...told);
}

/** Zero pages go by for almost nothing: while most of what goes by are those, what is sent is not all that the network carries. */
function goesByZeros(recent: readonly Sample[]): boolean {
  const [first] = recent;
  const last = recent.at(-1);
  const pages = (of: Sample | undefined): readonly [zero: number, normal: number] => [
    of?.job.memoryConstantPages ?? 0,
    of?.job.memoryNormalPages ?? 0,
  ];
  const [[zeroBefore, normalBefore], [zero, normal]] = [pages(first), pages(last)];
  return zero - zeroBefore > normal - normalBefore;
}

function pausedAtOf(marks: readonly Mark[], phase: Phase): number | undefined {
  if (phase !== 'paused') return undefined;
  const mark = marks.findLast((each) => each.kind === 'phase' && each.phase === 'paused');
  return mark?.elapsedMs;
}

/** Throttling takes time from the virtual CPUs too: then they tell nothing of what the guest wants to do. */
function ranFreely(samples: readonly Sample[]): boolean {
  return samples.every((sample) => (throttlePercent(sample) ?? 0) === 0);
}

function pausesOf(marks: readonly Mark[]): readonly Pause[] {
  const phases = marks.filter((mark) => mark.kind === 'phase');
  return phases.flatMap(({ phase, elapsedMs }, index) =>
    phase === 'paused' ? { fromMs: elapsedMs, toMs: phases[index + 1]?.elapsedMs ?? Infinity } : [],
  );
}

function stalledOf(samples: readonly Sample[], last: Sample): number | undefined {
  if (iterationOf(last) === undefined && sentBytes(last) === undefined) return undefined;
  let since = last.elapsedMs;
  for (let index = samples.length - 2; index >= 0; index -= 1) {
    const sample = samples[index];
    if (sample === undefined || sentBytes(sample) !== sentBytes(last)) break;
    if (remainingBytes(sample) !== remainingBytes(last)) break;
    if (diskRemainingBytes(sample) !== diskRemainingBytes(last)) break;
    since = sample.elapsedMs;
  }
  return last.elapsedMs - since >= stallMs ? last.elapsedMs - since : undefined;
}
