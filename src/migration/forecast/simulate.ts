import { busyAhead, type Course, nextTurnMs } from './course.js';
import { dirtiedBytes, dirtyShare, throttledShare, type Way, writingSeconds } from './writing.js';

/** A pre-copy at a moment, and the settings it goes on with. */
export interface Start {
  /** Of this round, still to be sent. */
  readonly leftBytes: number;
  /** Since the sync that began it, and how much of that the guest was busy. */
  readonly roundMs: number;
  readonly busyRoundMs: number;
  /** Of `leftBytes`, the share that the guest may rewrite: all of it after the first round. */
  readonly rewrittenShare: number;
  /** Over the network. */
  readonly bandwidthBytesPerSecond: number;
  /** By which what is to send goes down: above the network's where pages are compressed. */
  readonly drainBytesPerSecond: number;
  /** The same once pages are compressed: from the round on after this one and `plainRounds` more. */
  readonly laterDrainBytesPerSecond: number;
  readonly plainRounds: number;
  readonly maxDowntimeMs: number;
  readonly throttlePercent: number;
  readonly autoConverge: boolean;
  /** By how many seconds' worth of bandwidth less is left than fits, when a round ends. */
  readonly beyondFitsSeconds: number;
}

/** The copy up to the switch-over, and what is sent in that. */
export interface Ending {
  readonly afterMs: number;
  /** Sent while the guest stands still, without a cap: QEMU lifts it for the switch-over. */
  readonly lastBytes: number;
}

export type End =
  | ({
      readonly kind: 'finishes';
      /** In one of many rounds that are alike, by chance. */
      readonly byLuck: boolean;
    } & Ending)
  /** It comes to rounds that are no shorter than the one before. */
  | { readonly kind: 'never'; readonly roundBytes: number };

/** Devices, and the hand-over between two QEMUs and two libvirts. */
export const switchOverMs = 80;
const roundLimit = 1000;
const pageBytes = 4096;
/** A round that is shorter by less than this share is as long. */
const shrinks = 0.004;
/** A round shorter than this is none that auto-converge counts. */
const countedMs = 1000;
/**
 * Guests write in gusts: a round that is shorter than this sees none by chance, and one of so many short rounds is the last. Not
 * where it rewrites all it has in each of them, to more than this share.
 */
export const gustSeconds = 1.25;
const luckyRounds = 12;
const saturated = 0.2;
/** Of a guest that works by turns: whether a round falls into an idle one is chance, so it gets so many periods for it. */
const patiencePeriods = 2;
const throttleFirst = 20;
const throttleStep = 10;
const throttleMost = 99;

/** What becomes of a pre-copy whose guest writes as `way` says, and is busy as `course` says. */
export function simulate(start: Start, way: Way, course: Course): End {
  const { bandwidthBytesPerSecond: bandwidth, maxDowntimeMs } = start;
  const { shape, workingSetBytes, rateBytesPerSecond, headroom } = way;
  const fits = (bandwidth * maxDowntimeMs) / 1000;
  const patienceMs = course.turns === undefined ? 0 : patiencePeriods * (course.turns.otherMs + course.turns.sameMs);
  let { leftBytes, roundMs, busyRoundMs, throttlePercent } = start;
  let afterMs = 0;
  let heavy = 0;
  let lucky = 0;
  let before = Infinity;
  let least = { bytes: Infinity, atMs: 0 };
  if (start.drainBytesPerSecond <= 0) return { kind: 'never', roundBytes: leftBytes };
  for (let rounds = 1; rounds <= roundLimit; rounds += 1) {
    const drain = rounds <= 1 + start.plainRounds ? start.drainBytesPerSecond : start.laterDrainBytesPerSecond;
    const sent = Math.max(0, leftBytes - Math.max(0, fits - drain * start.beyondFitsSeconds));
    const sendMs = (1000 * sent) / drain;
    const busyMs = busyRoundMs + busyAhead(course, afterMs, afterMs + sendMs);
    afterMs += sendMs;
    const left = leftBytes - sent;
    const seconds = (roundMs + sendMs) / 1000;
    const rate = rateBytesPerSecond * throttledShare(throttlePercent / 100, headroom);
    const pending = Math.min(workingSetBytes, left * (rounds === 1 ? start.rewrittenShare : 1));
    const writing = writingSeconds(way, seconds, busyMs / 1000);
    const dirtied = dirtiedBytes(way, rate, writing, pending);
    const next = left + dirtied;
    if (seconds < gustSeconds && dirtyShare(shape, rate, workingSetBytes, writing) < saturated) lucky += 1;
    if (lucky >= luckyRounds) return { kind: 'finishes', byLuck: true, afterMs, lastBytes: Math.min(next, fits) };
    if (next <= fits || dirtied < pageBytes) return { kind: 'finishes', byLuck: false, afterMs, lastBytes: next };
    if (start.autoConverge && seconds * 1000 >= countedMs) heavy += dirtied > sent / 2 ? 1 : 0;
    const slower = heavy >= 2 && throttlePercent < throttleMost;
    if (slower) {
      throttlePercent = throttlePercent === 0 ? throttleFirst : Math.min(throttleMost, throttlePercent + throttleStep);
      heavy = 0;
    }
    if (slower || !stays(next, least.bytes, fits)) least = { bytes: next, atMs: afterMs };
    leftBytes = next;
    roundMs = 0;
    busyRoundMs = 0;
    if (
      !slower &&
      rounds > 2 &&
      lucky === 0 &&
      stays(next, before, fits) &&
      (heavy === 0 || throttlePercent >= throttleMost)
    ) {
      if (afterMs - least.atMs >= patienceMs) return { kind: 'never', roundBytes: next };
      // Rounds that are alike stay so until it turns: the last of them has just begun then.
      const turnMs = nextTurnMs(course, afterMs - sendMs);
      const isAlike = rounds > 3 && turnMs > afterMs && next <= before * (1 + shrinks);
      if (isAlike) afterMs += Math.floor((turnMs - afterMs) / Math.max(1, sendMs)) * sendMs;
    }
    before = slower || rounds === 1 ? Infinity : next;
  }
  return { kind: 'never', roundBytes: leftBytes };
}

/** No shorter than the round before, or by so little that it would take hundreds of rounds. */
function stays(next: number, before: number, fits: number): boolean {
  const over = before - fits;
  return next > before - Math.max(pageBytes, shrinks * over);
}

/** What becomes of it when the guest is paused at once: it dirties nothing more, so this always ends. All of it is freeze. */
export function simulatePaused(start: Start, way: Way): Ending {
  const { bandwidthBytesPerSecond: bandwidth, drainBytesPerSecond: drain, maxDowntimeMs } = start;
  const { workingSetBytes, rateBytesPerSecond, headroom } = way;
  const fits = (bandwidth * maxDowntimeMs) / 1000;
  const rate = rateBytesPerSecond * throttledShare(start.throttlePercent / 100, headroom);
  const sent = Math.max(0, start.leftBytes - fits);
  const left = start.leftBytes - sent;
  const pending = Math.min(workingSetBytes, left * start.rewrittenShare);
  const seconds = writingSeconds(way, start.roundMs / 1000, start.busyRoundMs / 1000);
  const dirtied = dirtiedBytes(way, rate, seconds, pending);
  const again = Math.max(0, left + dirtied - fits);
  const last = Math.min(fits, left + dirtied);
  return { afterMs: (1000 * (sent + again)) / drain, lastBytes: last };
}
