import type { MeasuredSpan } from '../model.js';
import { type Activity, busyShare } from './activity.js';
import type { Iteration } from './iterations.js';

/** One round, or one measurement before all of them, as the fit sees it. */
export interface Point {
  readonly endMs: number;
  readonly seconds: number;
  /** Of those, the guest was busy for. */
  readonly busySeconds: number;
  readonly dirtiedBytes: number;
  /** What was pending anyway at its end, of the working set. */
  readonly pendingBytes: number;
  readonly throttle: number;
  readonly sure: number;
  /** What its age leaves of its weight: 1 for the latest. */
  readonly recency: number;
  /** What chance may add or take, as a share. */
  readonly noise: number;
  /** The least that shows. */
  readonly grainBytes: number;
  /** Before the migration: no round. */
  readonly isMeasured: boolean;
}

/** A round counts this much of the one after it, and what was measured before all of them of what was measured next. */
const agePerRound = 0.85;
const agePerMeasurement = 0.95;
/** More rounds tell nothing that is still so. */
const pointLimit = 9;
/** What a sync finds by chance: an idle guest's kernel, a step of a sweep. */
export const chanceBytes = 2 ** 20;
/** What one page stands for that QEMU looked at as it measured, and in which steps it tells a rate. */
const sampledBytes = 2 ** 21;
const toldBytes = 2 ** 20;
/** A round that was not watched counts, but little. */
const unwatchedWeight = 0.15;
/** Guests write in gusts: of a round shorter than this it is chance whether it saw one. */
export const tellingSeconds = 1;

/**
 * QEMU looks at 512 pages of each GiB (its default, which virsh leaves): each stands for 2 MiB, and few of them tell little. It tells
 * whole MiB a second, and leaves out the rest.
 */
export function pointOf({ seconds, dirtiedBytes: told, vcpus }: MeasuredSpan, activity: Activity | undefined): Point {
  const stepBytes = seconds * toldBytes;
  const dirtiedBytes = told === 0 ? 0 : told + stepBytes / 2;
  const chance = Math.sqrt(sampledBytes * dirtiedBytes + stepBytes ** 2 / 12);
  const grainBytes = Math.max(sampledBytes, stepBytes);
  return {
    endMs: 0,
    seconds,
    busySeconds: seconds * (activity === undefined || vcpus === undefined ? 1 : busyShare(activity, vcpus)),
    dirtiedBytes,
    pendingBytes: 0,
    throttle: 0,
    sure: 1,
    recency: 1,
    noise: chance / (dirtiedBytes + grainBytes / 2),
    grainBytes,
    isMeasured: true,
  };
}

/** The last rounds that ended, the latest last. */
export function pointsOf(iterations: readonly Iteration[], activity: Activity | undefined): readonly Point[] {
  const points: Point[] = [];
  for (const { startMs, endMs, number, leftBytes, dirtiedBytes, throttlePercent, watched } of iterations.slice(
    -pointLimit - 1,
  )) {
    if (endMs === undefined || dirtiedBytes === undefined || endMs - startMs < 40) continue;
    points.push({
      endMs,
      seconds: (endMs - startMs) / 1000,
      busySeconds: (activity?.busyMs(startMs, endMs) ?? endMs - startMs) / 1000,
      dirtiedBytes,
      // What the first round leaves is any of the memory, hardly what the guest rewrites.
      pendingBytes: number === 1 ? 0 : leftBytes,
      throttle: (throttlePercent ?? 0) / 100,
      sure: (watched ? 1 : unwatchedWeight) * Math.min(1, (endMs - startMs) / 1000 / tellingSeconds),
      recency: 1,
      noise: chanceBytes / (2 * (dirtiedBytes + chanceBytes / 2)),
      grainBytes: chanceBytes,
      isMeasured: false,
    });
  }
  return points;
}

/** The same points, the latest last, each as recent as those after it leave it: a measurement is never more recent than the round after it. */
export function aged(points: readonly Point[]): readonly Point[] {
  const found: Point[] = [];
  let recency = 1;
  for (const point of points.toReversed()) {
    found.push({ ...point, recency });
    recency *= point.isMeasured ? agePerMeasurement : agePerRound;
  }
  return found.reverse();
}
