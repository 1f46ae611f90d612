import type { Mark, Sample } from '../model.js';
import {
  bandwidthBytesPerSecond,
  dirtyBytesPerSecond,
  expectedDowntimeMs,
  iterationOf,
  remainingBytes,
  sentBytes,
  throttlePercent,
} from '../readings.js';
import { beyondFits, capOf, isHeldBack } from './rateLimit.js';

/** One round of a pre-copy: from the sync that found what is to send to the next one. Times since the migration's start. */
export interface Iteration {
  /** From 1; by the host's own count, where it has one. */
  readonly number: number;
  readonly startMs: number;
  /** Undefined for the one that runs. */
  readonly endMs: number | undefined;
  /** What was to send at its start. */
  readonly toSendBytes: number;
  /** What of that was not sent by its end, because it fitted into the downtime; or what is left now. */
  readonly leftBytes: number;
  /** What went over the network in it, as far as it was read. */
  readonly sentBytes: number | undefined;
  /** What the sync at its end found dirty that was not to send anyway. Undefined for the one that runs. */
  readonly dirtiedBytes: number | undefined;
  /** Over the network. */
  readonly bandwidthBytesPerSecond: number | undefined;
  /** By which what is to send went down; above the network's where pages are compressed or zero. */
  readonly drainBytesPerSecond: number | undefined;
  readonly throttlePercent: number | undefined;
  /** Both of its ends are known to within what two readings are apart, and nobody looked away in it. */
  readonly watched: boolean;
}

/** Two readings further apart than both leave open what happened between them. */
const longGapMs = 3_000;
const gapFactor = 3;
/** The host's dirty rate is measured over a second at least: of a shorter round it tells nothing. */
const rateMeasuredMs = 1_000;
/** A drain is worked out over no less: two readings at once tell noise. */
const shortestSpanMs = 400;
/** An average over less is one of the set-up. */
const averagedMs = 2_500;
/** Who first looked later than this does not know when memory began. */
const beginningMs = 5_000;
/** What was sent twice is more than this of what there is. */
const resentFactor = 1.3;
/** QEMU's own limit, where none is told. */
export const defaultDowntimeMs = 300;

/**
 * The iterations that `samples` and the events among `marks` show. Pure; samples may be late, doubled, missing or out of order.
 * Where libvirt counts no iterations (before 1.3.1), what remains tells: it only rises at a sync.
 */
export function iterationsOf(samples: readonly Sample[], marks: readonly Mark[] = []): readonly Iteration[] {
  const groups = grouped(inOrder(samples));
  const events = new Map<number, number>();
  for (const mark of marks) if (mark.kind === 'iteration') events.set(mark.iteration, mark.elapsedMs);
  const longMs = Math.max(longGapMs, gapFactor * usualDistanceMs(groups));
  const [first] = groups;
  const cuts = groups.map((group, index) => cutBefore(groups[index - 1], group, events.get(group.number)));
  const [cut] = cuts;
  if (first?.number === 1 && cut !== undefined) cuts[0] = { ...cut, atMs: memoryBeganMs(samples, first) ?? cut.atMs };
  const seen = groups.map((group, index) =>
    iterationFrom(group, cuts[index], groups[index + 1], cuts[index + 1], longMs),
  );
  const before = beforeFirst(groups[0], cuts[0]);
  return before === undefined ? seen : [before, ...seen];
}

/** The network's bandwidth as the history tells it: by the host's word, or by what was processed between two readings. */
export function bandwidthBetween(before: Sample | undefined, sample: Sample): number | undefined {
  const told = bandwidthBytesPerSecond(sample);
  if (told !== undefined) return told;
  if (before === undefined) return averageOf(sample);
  const ms = sample.elapsedMs - before.elapsedMs;
  const sent = (sentBytes(sample) ?? 0) - (sentBytes(before) ?? 0);
  return ms >= shortestSpanMs && sent > 0 ? (1000 * sent) / ms : undefined;
}

/** Of the whole migration so far, where one reading of an old libvirt is all there is. */
function averageOf({ job, elapsedMs }: Sample): number | undefined {
  const sent = Math.max(job.memoryNormalBytes ?? 0, job.memoryProcessedBytes ?? job.dataProcessedBytes ?? 0);
  const ms = elapsedMs - (job.setupTimeMs ?? 0);
  return sent > 0 && ms >= averagedMs ? (1000 * sent) / ms : undefined;
}

/** Whether more was sent than there is that is no zero page: then it is beyond its first round, whoever counts. */
function hasResent({ job }: Sample): boolean {
  const {
    memoryNormalBytes: sent,
    memoryNormalPages: normal,
    memoryConstantPages: zero,
    memoryTotalBytes: total,
  } = job;
  if (sent === undefined || normal === undefined || total === undefined || normal <= 0) return false;
  return sent > resentFactor * Math.max(0, total - (zero ?? 0) * (sent / normal));
}

interface Reading {
  readonly sample: Sample;
  readonly atMs: number;
  readonly remaining: number;
}

interface Group {
  readonly number: number;
  readonly readings: [Reading, ...Reading[]];
}

/** The sync between two groups of readings, and what was left of the round before it. */
interface Cut {
  readonly atMs: number;
  readonly leftBytes: number;
  readonly toSendBytes: number;
  /** No round before it went unseen. */
  readonly sure: boolean;
}

/** By time, one reading a moment: what came twice, or after a later one, counts once and in its place. */
function inOrder(samples: readonly Sample[]): readonly Reading[] {
  const readings: Reading[] = [];
  let sorted = true;
  for (const sample of samples) {
    const remaining = remainingBytes(sample);
    if (remaining === undefined) continue;
    const last = readings.at(-1);
    if (last !== undefined && last.atMs >= sample.elapsedMs) sorted = false;
    readings.push({ sample, atMs: sample.elapsedMs, remaining });
  }
  if (sorted) return readings;
  const byTime = new Map(readings.map((reading) => [reading.atMs, reading]));
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs);
}

function grouped(readings: readonly Reading[]): readonly Group[] {
  const groups: Group[] = [];
  for (const reading of readings) {
    const group = groups.at(-1);
    const last = group?.readings.at(-1);
    const number = numberOf(reading, last, group?.number ?? 1);
    if (group !== undefined && number <= group.number) group.readings.push(reading);
    else groups.push({ number, readings: [reading] });
  }
  return groups;
}

function numberOf({ sample, remaining }: Reading, last: Reading | undefined, current: number): number {
  const told = iterationOf(sample);
  if (told !== undefined) return told;
  if (last === undefined) return hasResent(sample) ? 2 : 1;
  return remaining > last.remaining ? current + 1 : current;
}

function usualDistanceMs(groups: readonly Group[]): number {
  const first = groups[0]?.readings[0];
  const last = groups.at(-1)?.readings.at(-1);
  const count = groups.reduce((sum, { readings }) => sum + readings.length, 0);
  return first === undefined || last === undefined || count < 2 ? 0 : (last.atMs - first.atMs) / (count - 1);
}

/** When `group` began: as an event told it, else by when the round before was down to what the downtime takes. */
function cutBefore(before: Group | undefined, group: Group, toldMs: number | undefined): Cut {
  const [next] = group.readings;
  const bandwidth = bandwidthOf(group) ?? (before && bandwidthOf(before)) ?? 0;
  const drain = drainOf(group) ?? bandwidth;
  const last = before?.readings.at(-1);
  if (before === undefined || last === undefined) {
    if (group.number > 1) return firstSeen(next, bandwidth, drain);
    const toSendBytes = next.sample.job.memoryTotalBytes ?? next.remaining;
    return { atMs: Math.min(next.sample.job.setupTimeMs ?? 0, next.atMs), leftBytes: 0, toSendBytes, sure: true };
  }
  const drainBefore = (before.number === 1 ? undefined : drainOf(before)) ?? drain;
  const limitMs = last.sample.maxDowntimeMs ?? defaultDowntimeMs;
  const threshold = (bandwidth * limitMs) / 1000;
  // Without a cap it hardly shows.
  const beyond = isHeldBack(bandwidth, capOf(last.sample)) ? bandwidth * beyondFits(true) : 0;
  const workedOutMs = last.atMs + (drainBefore > 0 ? (1000 * (last.remaining - threshold)) / drainBefore : 0);
  const atMs = Math.min(next.atMs, Math.max(last.atMs, toldMs ?? workedOutMs));
  return {
    atMs,
    leftBytes: Math.max(0, Math.min(last.remaining, threshold - beyond)),
    toSendBytes: next.remaining + (drain * (next.atMs - atMs)) / 1000,
    sure: group.number === before.number + 1,
  };
}

/**
 * When the first round began: libvirt's clock runs before, while it connects the hosts and copies disks. By what was sent since, at
 * most as early as the last reading without any of it; undefined where nobody watched then.
 */
function memoryBeganMs(samples: readonly Sample[], group: Group): number | undefined {
  const begun = group.readings.find(({ sample }) => hasBegun(sample));
  if (begun === undefined) return undefined;
  let beforeMs: number | undefined;
  for (const sample of samples)
    if (sample.elapsedMs < begun.atMs && !hasBegun(sample)) beforeMs = Math.max(beforeMs ?? 0, sample.elapsedMs);
  if (beforeMs === undefined && begun.atMs > beginningMs) return undefined;
  const notBeforeMs = Math.max(begun.sample.job.setupTimeMs ?? 0, beforeMs ?? 0);
  const bandwidth = bandwidthOf(group);
  const sinceMs = bandwidth === undefined ? 0 : (1000 * (sentBytes(begun.sample) ?? 0)) / bandwidth;
  return Math.min(begun.atMs, Math.max(notBeforeMs, begun.atMs - sinceMs));
}

/** Pages of zeros go by for nothing, but are pages. What is copied while nothing tells of memory is a disk. */
function hasBegun(sample: Sample): boolean {
  if (remainingBytes(sample) === undefined) return false;
  return (sentBytes(sample) ?? 0) > 0 || (sample.job.memoryConstantPages ?? 0) > 0;
}

/** Of a migration first seen in a later round, QEMU itself tells what the sync found: as the time it would take to send it. */
function firstSeen({ sample, atMs, remaining }: Reading, bandwidth: number, drain: number): Cut {
  const expectedMs = expectedDowntimeMs(sample);
  const toSendBytes = Math.max(remaining, ((expectedMs ?? 0) * bandwidth) / 1000);
  const sinceMs = drain > 0 ? (1000 * (toSendBytes - remaining)) / drain : 0;
  const fits = (bandwidth * (sample.maxDowntimeMs ?? defaultDowntimeMs)) / 1000;
  return {
    atMs: Math.max(0, atMs - sinceMs),
    leftBytes: Math.min(fits, toSendBytes),
    toSendBytes,
    sure: expectedMs !== undefined,
  };
}

/** The round before the first that was seen, as far as what the host counted at its end tells it. */
function beforeFirst(group: Group | undefined, cut: Cut | undefined): Iteration | undefined {
  if (group === undefined || cut === undefined || group.number < 2) return undefined;
  const [{ sample, remaining }] = group.readings;
  // Who has sent all of it more than once, has been sending what the guest dirtied again at just that pace.
  const resent = iterationOf(sample) === undefined;
  if (!resent && !cut.sure) return undefined;
  const rate = resent ? averageOf(sample) : dirtyBytesPerSecond(sample);
  const dirtiedBytes = resent ? remaining : Math.max(0, cut.toSendBytes - cut.leftBytes);
  if (rate === undefined || rate <= 0 || dirtiedBytes <= 0) return undefined;
  return {
    number: group.number - 1,
    startMs: cut.atMs - (1000 * dirtiedBytes) / rate,
    endMs: cut.atMs,
    toSendBytes: cut.leftBytes,
    leftBytes: cut.leftBytes,
    sentBytes: undefined,
    dirtiedBytes,
    bandwidthBytesPerSecond: undefined,
    drainBytesPerSecond: undefined,
    throttlePercent: throttlePercent(sample),
    watched: true,
  };
}

function iterationFrom(
  group: Group,
  start: Cut | undefined,
  next: Group | undefined,
  end: Cut | undefined,
  longMs: number,
): Iteration {
  const { number, readings } = group;
  const [first] = readings;
  const last = readings.at(-1) ?? first;
  const startMs = start?.atMs ?? first.atMs;
  return {
    number,
    startMs,
    endMs: end?.atMs,
    toSendBytes: start?.toSendBytes ?? first.remaining,
    leftBytes: end?.leftBytes ?? last.remaining,
    sentBytes: sentIn(readings),
    dirtiedBytes: next === undefined || end === undefined ? undefined : dirtied(next, end, startMs),
    bandwidthBytesPerSecond: bandwidthOf(group),
    drainBytesPerSecond: drainOf(group),
    throttlePercent: throttlePercent(last.sample),
    watched: start?.sure !== false && end?.sure !== false && !hasGap(group, next, longMs),
  };
}

function hasGap({ readings }: Group, next: Group | undefined, longMs: number): boolean {
  const all = next === undefined ? readings : [...readings, next.readings[0]];
  return all.some((reading, index) => reading.atMs - (all[index - 1]?.atMs ?? reading.atMs) > longMs);
}

/** By the host's own rate, which it counted itself from sync to sync, where the round was long enough for one. */
function dirtied(next: Group, end: Cut, startMs: number): number {
  const counted = Math.max(0, end.toSendBytes - end.leftBytes);
  const rate = dirtyBytesPerSecond(next.readings[0].sample);
  const ms = end.atMs - startMs;
  if (rate === undefined || ms < rateMeasuredMs || !end.sure) return counted;
  // Never more than there is to send: a time that is wrong must not make pages.
  return Math.min((rate * ms) / 1000, end.toSendBytes);
}

function bandwidthOf({ readings }: Group): number | undefined {
  let sum = 0;
  let count = 0;
  readings.forEach(({ sample }, index) => {
    const bandwidth = bandwidthBetween(readings[index - 1]?.sample, sample);
    if (bandwidth === undefined) return;
    sum += bandwidth;
    count += 1;
  });
  return count === 0 ? undefined : sum / count;
}

function drainOf({ readings }: Group): number | undefined {
  const [first] = readings;
  const last = readings.at(-1) ?? first;
  const ms = last.atMs - first.atMs;
  const drained = first.remaining - last.remaining;
  return ms >= shortestSpanMs && drained > 0 ? (1000 * drained) / ms : undefined;
}

function sentIn(readings: Group['readings']): number | undefined {
  const [first] = readings;
  const last = readings.at(-1) ?? first;
  const sent = (sentBytes(last.sample) ?? NaN) - (sentBytes(first.sample) ?? NaN);
  return sent >= 0 ? sent : undefined;
}
