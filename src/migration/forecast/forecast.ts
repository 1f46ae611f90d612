import { sameLoadMs } from '../readings.js';
import { type Course, steady } from './course.js';
import { Ends, finishing, linkBeyondCap } from './ends.js';
import type { Hovering } from './hovering.js';
import { type History, type Present, presentOf } from './present.js';
import { type End, gustSeconds, simulate, simulatePaused, type Start, switchOverMs } from './simulate.js';
import { isCapped, rewriting, startOf, starts } from './starts.js';
import { type Fit, fitWorkingSet } from './workingSet.js';

/** Other settings than those in force. What is left out stays as it is. */
export interface Settings {
  readonly speedMiBps?: number;
  readonly maxDowntimeMs?: number;
  readonly throttlePercent?: number;
  readonly autoConverge?: boolean;
  /** The guest is paused now. */
  readonly pause?: boolean;
  /** It switches to post-copy now. */
  readonly postcopy?: boolean;
}

export type Forecast =
  | {
      readonly kind: 'finishes';
      /** From the last reading on, if it ends. */
      readonly medianMs: number;
      /** Eight times in ten it takes longer than the first and less than the second; undefined: or it never ends. */
      readonly intervalMs: readonly [number, number | undefined];
      /** For how long the guest stands still; the least and the most of it. */
      readonly freezeMs: number;
      readonly freezeIntervalMs: readonly [number, number];
      /** How likely it is that it ends at all: 0.5 to 1. */
      readonly sure: number;
      /** Only the first round's end is known: what the guest dirties meanwhile is measured then. */
      readonly atLeast: boolean;
    }
  /** It does not end at these settings, by the load as it is. */
  | { readonly kind: 'never'; readonly sure: number; readonly roundBytes: number }
  /** No byte moves. */
  | { readonly kind: 'stalled'; readonly sinceMs: number }
  /** The first seconds only. */
  | { readonly kind: 'tooEarly' };

/** A history looked at once, for as many questions as there are. */
export interface Outlook {
  readonly present: Present;
  readonly fit: Fit;
  readonly asItIs: Forecast;
  readonly at: (settings: Settings) => Forecast;
  /** If the guest were busy from now on, where it is busy by turns. */
  readonly alwaysBusy: () => Forecast;
}

/** So long there is nothing to say yet. */
const firstSecondsMs = 1_800;
/** A guest that was measured and watched for so long is told a *never* in its first round already, and how sure that is at most. */
const knownSeconds = 20;
const foretoldSure = 0.7;
/** Of short rounds any may meet no gust of the guest's: a *never* is no surer than this until so many were seen. */
const luckySure = 0.9;
const luckyUntil = 20;
/** Connecting two hosts takes a while; past this it hangs. */
const setUpMs = 15_000;
/** A post-copy's switch: the dirty pages' list and the devices. */
const postcopySwitchMs = 200;
/**
 * What lies below the interval that holds eight times in ten, and as much above it: in a first round that was measured well, less comes
 * of what samples leave open than all ways together allow. By what held on the recordings.
 */
const tail = 0.09;
const firstRoundTail = 0.2;

/** Whether, when and after what freeze the migration ends, with `settings` in place of those in force. */
export function forecast(history: History, settings: Settings = {}): Forecast {
  return outlookOf(history)?.at(settings) ?? { kind: 'tooEarly' };
}

/** Undefined before the first reading. */
export function outlookOf(history: History): Outlook | undefined {
  const present = presentOf(history);
  if (present === undefined) return undefined;
  const bandwidth = (present.bandwidthBytesPerSecond ?? 0) * present.compression;
  const { iterations, filledBytes, measured } = present;
  const fit = fitWorkingSet(iterations, filledBytes, bandwidth, measured, present.activity);
  const at = (settings: Settings): Forecast => judge(present, fit, settings);
  const alwaysBusy = (): Forecast => judge({ ...present, courses: steady }, fit, {});
  return { present, fit, asItIs: at({}), at, alwaysBusy };
}

function judge(present: Present, fit: Fit, settings: Settings): Forecast {
  const { phase, elapsedMs, stalledMs } = present;
  if (stalledMs !== undefined && phase !== 'ended') return { kind: 'stalled', sinceMs: stalledMs };
  switch (phase) {
    case 'setup':
      return elapsedMs < setUpMs ? { kind: 'tooEarly' } : { kind: 'stalled', sinceMs: elapsedMs };
    case 'diskCopy':
      return disksFirst(present);
    case 'postcopyInterrupted':
      return { kind: 'stalled', sinceMs: 0 };
    case 'ended':
      return { kind: 'tooEarly' };
    case 'postcopy':
      return fetching(present, present.remainingBytes, 0);
    case 'paused':
      return paused(present, fit, settings);
    case 'precopy':
      return settings.postcopy === true
        ? postcopy(present, fit)
        : settings.pause === true
          ? paused(present, fit, settings)
          : copying(present, fit, settings);
  }
}

function copying(present: Present, fit: Fit, settings: Settings): Forecast {
  const base = startOf(present, settings);
  const firstRound = fit.points === 0 || fit.unmeasured !== undefined;
  if (base === undefined || (firstRound && present.elapsedMs < firstSecondsMs)) return { kind: 'tooEarly' };
  const ends = new Ends(base, present);
  const eased = isEased(base, startOf(present, {}));
  let neverWeight = 0;
  let evenNeverWeight = 0;
  let neverBytes = 0;
  for (const { start, weight } of starts(base, present, settings)) {
    for (const way of fit.hypotheses) {
      for (const course of way.idleShare === 1 ? steady : present.courses) {
        const end = simulate(rewriting(start, present, way), way, course);
        const share = weight * way.weight * course.weight;
        const hovering = hovers(present, eased, course, end) ? present.hovering : undefined;
        // What its rounds do tells more of when they end than what they come of.
        const ending = hovering === undefined ? end : whileHovering(hovering, end, start);
        if (ending.kind === 'finishes') ends.add(ending, share, hovering?.leastMs);
        else {
          neverWeight += share;
          evenNeverWeight += weight * way.evenWeight * course.weight;
          neverBytes += share * ending.roundBytes;
        }
      }
    }
  }
  const sure = 1 - neverWeight / (neverWeight + ends.timesMs.weight);
  // That guests mostly write in turn is assumed for when this one ends: whether it does, is told no surer than without that.
  const told = (share: number, evenShare: number): number => Math.max(0.5, Math.min(share, evenShare));
  // A load may change at any time: the more rounds were alike, the less likely that is. What was measured before them was of moments.
  const byRounds = fit.unmeasured === undefined ? 1 - 0.3 / (fit.rounds + 1) : foretoldSure;
  const most = mayBeLucky(present) ? Math.min(luckySure, byRounds) : byRounds;
  // Some seconds of its writing may have been a gust: they alone are no verdict.
  if (sure < 0.5 && fit.unmeasured !== undefined && !isKnownWell(present, fit))
    return copying(present, { ...fit, hypotheses: fit.unmeasured, unmeasured: undefined, points: 0 }, settings);
  if (sure < 0.5) {
    const neverSure = Math.min(most, told(1 - sure, evenNeverWeight));
    return { kind: 'never', sure: neverSure, roundBytes: neverBytes / neverWeight };
  }
  const atLeast = fit.points === 0;
  const measuredWell = firstRound && fit.measuredSeconds >= knownSeconds;
  const out = measuredWell && !atLeast ? firstRoundTail : tail;
  return { ...finishing(present, ends, sure, atLeast, out), sure: told(sure, 1 - evenNeverWeight) };
}

/** Rounds that get no shorter end sooner only where more fits, but for luck, or where the guest turns to write less. */
function hovers({ hovering }: Present, eased: boolean, { turns }: Course, end: End): boolean {
  return hovering !== undefined && turns === undefined && (!eased || (end.kind === 'finishes' && end.byLuck));
}

/** Whether its last round was so short that chance decides what it met, and too few of those were seen to tell. */
function mayBeLucky({ iterations, hovering }: Present): boolean {
  const last = iterations.findLast(({ endMs }) => endMs !== undefined);
  const lastMs = (last?.endMs ?? Infinity) - (last?.startMs ?? 0);
  const isSeen = hovering?.forEver === true && hovering.rounds >= luckyUntil;
  return lastMs < 1000 * gustSeconds && !isSeen;
}

/** What becomes of it while its rounds get no shorter: it never ends, or any of them may be the last. */
function whileHovering({ forEver, toSendBytes }: Hovering, end: End, start: Start): End {
  if (forEver) return { kind: 'never', roundBytes: toSendBytes };
  const lastBytes = (start.bandwidthBytesPerSecond * start.maxDowntimeMs) / 1000;
  return end.kind === 'finishes' ? end : { kind: 'finishes', byLuck: true, afterMs: 0, lastBytes };
}

/** Whether by other settings more fits into the downtime than by those in force, or the guest writes less. */
function isEased(start: Start, inForce: Start | undefined): boolean {
  if (inForce === undefined) return false;
  const fits = (of: Start): number => of.bandwidthBytesPerSecond * of.maxDowntimeMs;
  return fits(start) > fits(inForce) || start.throttlePercent > inForce.throttlePercent;
}

/**
 * Before its first round ends: whether its load was measured for long enough, lately, and watched, so that no turn of it is taken for
 * all, and whether the bandwidth tells what the network carries.
 */
function isKnownWell(present: Present, { measuredSeconds }: Fit): boolean {
  const { elapsedMs, iteration, watchedBeforeMs, goesByZeros } = present;
  const knownMs = 1000 * knownSeconds;
  return (
    measuredSeconds >= knownSeconds &&
    watchedBeforeMs >= knownMs &&
    elapsedMs <= sameLoadMs &&
    elapsedMs - (iteration?.startMs ?? elapsedMs) >= firstSecondsMs &&
    (!goesByZeros || isCapped(present))
  );
}

function paused(present: Present, fit: Fit, settings: Settings): Forecast {
  const base = startOf(present, settings);
  if (base === undefined) return { kind: 'tooEarly' };
  const ends = new Ends(base, present, true);
  for (const { start, weight } of starts(base, present, settings))
    for (const way of fit.hypotheses)
      ends.add(simulatePaused(rewriting(start, present, way), way), weight * way.weight);
  const found = finishing(present, ends, 1, false, tail);
  if (present.pausedAtMs === undefined) return found;
  // It stands still already.
  const sofar = present.elapsedMs - present.pausedAtMs;
  const [low, high] = found.freezeIntervalMs;
  return { ...found, freezeMs: found.freezeMs + sofar, freezeIntervalMs: [low + sofar, high + sofar] };
}

/** What is missing on the destination at the switch follows it. Post-copy has a cap of its own, usually none. */
function postcopy(present: Present, fit: Fit): Forecast {
  const base = startOf(present, {});
  if (base === undefined) return { kind: 'tooEarly' };
  let dirtied = 0;
  for (const { start, weight } of starts(base, present, {})) {
    for (const way of fit.hypotheses) {
      const withNothingFitting = rewriting({ ...start, maxDowntimeMs: 0 }, present, way);
      dirtied += weight * way.weight * simulatePaused(withNothingFitting, way).afterMs;
    }
  }
  return fetching(present, (dirtied / 1000) * base.drainBytesPerSecond, postcopySwitchMs);
}

function fetching(present: Present, bytes: number | undefined, freezeMs: number): Forecast {
  const bandwidth = present.bandwidthBytesPerSecond;
  if (bytes === undefined || bandwidth === undefined) return { kind: 'tooEarly' };
  const ms = (1000 * bytes) / bandwidth + freezeMs + switchOverMs;
  // Without the cap of the copy before it is faster by what nobody has measured.
  const least = freezeMs > 0 && isCapped(present) ? ms / (linkBeyondCap.at(-1) ?? 1) : 0.8 * ms;
  return {
    kind: 'finishes',
    medianMs: ms,
    intervalMs: [least, 1.3 * ms + 500],
    freezeMs,
    freezeIntervalMs: [freezeMs / 2, 3 * freezeMs],
    sure: 0.95,
    atLeast: false,
  };
}

/** Storage has its own end; memory, of which nothing was read yet, comes after it. */
function disksFirst(present: Present): Forecast {
  const { diskRemainingBytes: left, diskBytesPerSecond: rate } = present;
  if (left === undefined || rate === undefined || rate <= 0) return { kind: 'tooEarly' };
  const ms = (1000 * left) / rate;
  return {
    kind: 'finishes',
    medianMs: ms,
    intervalMs: [0.8 * ms, undefined],
    freezeMs: switchOverMs,
    freezeIntervalMs: [switchOverMs, present.maxDowntimeMs + switchOverMs],
    sure: 0.5,
    atLeast: true,
  };
}
