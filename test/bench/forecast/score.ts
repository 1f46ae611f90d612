import { outlookOf } from '../../../src/migration/forecast/forecast.js';
import { sureEnough } from '../../../src/migration/forecast/verdict.js';
import { iterationsOf } from '../../../src/migration/forecast/iterations.js';
import type { Mark, Sample } from '../../../src/migration/model.js';
import { iterationOf } from '../../../src/migration/readings.js';
import { baselines } from './baselines.js';
import { horizonMs, patienceMs, type RecordingKind } from './plans.js';
import { phaseAt, type Recording } from './recording.js';

/** When a migration is asked about: shares of its time, or of the horizon of one that never ends. */
export const moments = [0.25, 0.5, 0.75] as const;

/** One answer to one question, against what came. */
export interface Answer {
  readonly kind: RecordingKind;
  readonly by: string;
  readonly moment: number;
  /** It ended by itself, at the settings and with the load of the moment. */
  readonly ended: boolean;
  /** Whether it ever would have ended: nobody knows of some that were paused. */
  readonly known: boolean;
  /** What was said: how long in all, Infinity for never, undefined for nothing. */
  readonly saidMs: number | undefined;
  /** In the first round nobody can know yet what the guest writes; the forecast tells only a least time then. */
  readonly inFirstRound: boolean;
  /** Told without a doubt: neither `probably` nor `perhaps` nor a least time. The simpler ways know no doubt. */
  readonly surely: boolean;
  readonly tookMs: number;
  /** Whether it came within what was said to hold eight times in ten; undefined where no such thing was said. */
  readonly within: boolean | undefined;
}

/** What was said of the freeze at the moment of a real pause, and what it was. */
export interface Freeze {
  readonly name: string;
  readonly kind: RecordingKind;
  readonly saidMs: number;
  readonly tookMs: number;
  /** Within a fifth of what it was, or 200 ms. */
  readonly isNear: boolean;
}

export const ownName = 'forecast';
/** A reading is made as somebody acts: what it tells is of that moment, where the one before may be a second old. */
const pauseLookMs = 100;
/** Another bandwidth is seen by the last seconds: who came or went within them is not seen yet. */
const unseenMs = 3_500;
const nearShare = 0.12;
/** So many rounds that became each shorter, down to less than this share, were on their way to an end. */
const shrinkingRounds = 4;
const shrunkTo = 0.85;

/** Where the load or the speed changes, only what was said from then on counts. Of a pause only what was said before it. */
export function answersOf(recording: Recording): readonly Answer[] {
  const { plan } = recording;
  const scored = scoredOf(recording);
  if (scored === undefined) return [];
  const { fromMs, untilMs, ended } = scored;
  return moments.flatMap((moment) => {
    const seen = seenUntil(recording, fromMs + moment * (untilMs - fromMs));
    const last = seen.at(-1);
    if (last === undefined) return [];
    const inFirstRound = (iterationOf(last) ?? 0) < 2;
    const common = { kind: plan.kind, moment, inFirstRound, ended, known: isKnown(recording, scored), tookMs: untilMs };
    const others = Object.entries(baselines).map(([by, baseline]): Answer => {
      const ms = baseline(seen);
      const saidMs = ms === undefined ? undefined : last.elapsedMs + ms;
      return { ...common, by, saidMs, surely: true, within: undefined };
    });
    return [{ ...common, by: ownName, ...said(recording, seen, last, untilMs) }, ...others];
  });
}

/** Whether the last that was said before the end, or the horizon, was wrong about never. */
export function isWrongAtLast(recording: Recording): boolean {
  const scored = scoredOf(recording);
  if (scored === undefined || !isKnown(recording, scored)) return false;
  const last = seenUntil(recording, scored.untilMs - 1).at(-1);
  return last !== undefined && isWrongAt(recording, last, scored);
}

/** Whether, of one that was watched past the horizon, no later reading was right either until it was paused: once right is no cure. */
export function staysWrong(recording: Recording): boolean {
  const scored = scoredOf(recording);
  if (scored === undefined || !isWrongAtLast(recording)) return false;
  const pausedMs = pauseOf(recording.marks)?.elapsedMs ?? 0;
  const later = seenUntil(recording, pausedMs - 1).filter(({ elapsedMs }) => elapsedMs >= scored.untilMs);
  return later.every((last) => isWrongAt(recording, last, scored));
}

function isWrongAt(recording: Recording, last: Sample, { ended }: Scored): boolean {
  const { saidMs } = said(recording, seenUntil(recording, last.elapsedMs), last, 0);
  return Number.isFinite(saidMs ?? NaN) !== ended;
}

/**
 * Undefined where nobody paused the guest on its way, or it did not arrive; and where who shares the link came or went after the
 * pause, or so shortly before it that it can't be seen: what is said before a change does not count, of a freeze no more than of an end.
 * Said by the reading that is made as it is paused, or, with a `lookMs` of 0, by the one before that.
 */
export function freezeOf(
  { name, samples, marks, plan, state, changedAtMs = 0 }: Recording,
  lookMs = pauseLookMs,
): Freeze | undefined {
  const paused = pauseOf(marks);
  if (paused === undefined || state.outcome?.kind !== 'completed') return undefined;
  if (plan.kind === 'sharing' && changedAtMs > paused.elapsedMs - unseenMs) return undefined;
  const took = state.outcome.result.totalTimeMs;
  const before = samples.filter(({ elapsedMs }) => elapsedMs <= paused.elapsedMs + lookMs);
  const last = before.at(-1);
  if (took === undefined || last === undefined) return undefined;
  const running = marks.filter((mark) => mark !== paused && !(mark.kind === 'phase' && mark.phase === 'paused'));
  const seen = {
    samples: before,
    marks: marksUntil(running, last.elapsedMs),
    state: { phase: 'precopy' as const },
  };
  const forecast = outlookOf(seen)?.at({ pause: true });
  if (forecast?.kind !== 'finishes') return undefined;
  const tookMs = took - paused.elapsedMs;
  const { freezeMs: saidMs } = forecast;
  return { name, kind: plan.kind, saidMs, tookMs, isNear: Math.abs(saidMs - tookMs) <= Math.max(200, 0.2 * tookMs) };
}

interface Scored {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly ended: boolean;
}

/** Undefined where nothing can be scored: it broke off, or there is too little left of it after its change. */
function scoredOf(recording: Recording): Scored | undefined {
  const pausedMs = pauseOf(recording.marks)?.elapsedMs;
  const untilMs = pausedMs === undefined ? totalMs(recording) : Math.min(pausedMs, horizonMs);
  if (untilMs === undefined) return undefined;
  const changed = changedMs(recording);
  // What changed after the horizon is none of its business.
  const fromMs = changed < untilMs || !Number.isFinite(changed) ? changed : 0;
  return fromMs > 0.75 * untilMs ? undefined : { fromMs, untilMs, ended: pausedMs === undefined };
}

function seenUntil({ samples }: Recording, atMs: number): readonly Sample[] {
  return samples.filter(({ elapsedMs }) => elapsedMs <= atMs);
}

function said(
  { marks }: Recording,
  seen: readonly Sample[],
  last: Sample,
  tookMs: number,
): Pick<Answer, 'saidMs' | 'surely' | 'within'> {
  const until = marksUntil(marks, last.elapsedMs);
  const state = { phase: phaseAt(marks, last.elapsedMs) };
  const forecast = outlookOf({ samples: seen, marks: until, state })?.asItIs;
  switch (forecast?.kind) {
    case 'finishes': {
      const left = tookMs - last.elapsedMs;
      const { intervalMs, medianMs, atLeast, sure } = forecast;
      const [low, high = Infinity] = intervalMs;
      return {
        saidMs: last.elapsedMs + medianMs,
        surely: !atLeast && sure >= sureEnough,
        // A least time is no interval.
        within: atLeast ? undefined : left >= low && left <= high,
      };
    }
    case 'never':
      return { saidMs: Infinity, surely: forecast.sure >= sureEnough, within: undefined };
    default:
      return { saidMs: undefined, surely: false, within: undefined };
  }
}

function marksUntil(marks: readonly Mark[], elapsedMs: number): readonly Mark[] {
  return marks.filter((mark) => mark.elapsedMs <= elapsedMs);
}

function totalMs({ state, samples }: Recording): number | undefined {
  if (state.outcome?.kind !== 'completed') return undefined;
  return state.outcome.result.totalTimeMs ?? samples.at(-1)?.elapsedMs;
}

/** When somebody paused it: what else pauses a guest is its switch-over. */
function pauseOf(marks: readonly Mark[]): Mark | undefined {
  return marks.find((mark) => mark.kind === 'action' && mark.action === 'pause' && !mark.failed);
}

/**
 * From when on the settings and the load are those of the end, and that can be seen: the last change of speed, that of who
 * shares the link, or the end of the first round that saw nothing but the new load.
 */
function changedMs({ marks, samples, plan, changedAtMs = 0 }: Recording): number {
  const speed = marks.findLast((mark) => mark.kind === 'action' && mark.action === 'setSpeed' && !mark.failed);
  const shown =
    changedAtMs === 0 || plan.kind === 'sharing'
      ? changedAtMs
      : (iterationsOf(samples, marks).find(({ startMs }) => startMs >= changedAtMs)?.endMs ?? Infinity);
  return Math.max(speed?.elapsedMs ?? 0, shown);
}

/** The score of one way to forecast. All shares are from 0 to 1. */
export interface Score {
  readonly by: string;
  readonly asked: number;
  /** 90th percentile of what the total time was off by at half-way, as a share, of those that ended. */
  readonly halfwayError90: number;
  /** How many of those were off by no more than the 12 % that are wanted of nine in ten. */
  readonly halfwayNearShare: number;
  /** The same two of guests that do not write in bursts: where those end is settled by which pause of theirs a round falls into. */
  readonly steadyHalfwayError90: number;
  readonly steadyHalfwayNearShare: number;
  /** The same of those answers that came after the first round, and how many those are. */
  readonly laterError90: number;
  readonly laterShare: number;
  readonly medianError: number;
  readonly laterMedianError: number;
  /** How often ends and never were told apart rightly; saying nothing counts as wrong, a least time as an end. */
  readonly rightShare: number;
  /** The same of those answers that came after the first round, and how many those are. */
  readonly laterRightShare: number;
  readonly laterAskedShare: number;
  /** The same of those answers that were told without a doubt, and how many those are. */
  readonly surelyRightShare: number;
  readonly surelyShare: number;
  /** How often the end came within the interval; undefined where none is told. */
  readonly coverage: Coverage | undefined;
}

export interface Coverage {
  readonly share: number;
  readonly of: number;
  /** Where the true share lies, nineteen times in twenty. */
  readonly confidence: readonly [number, number];
}

export function scoresOf(recordings: readonly Recording[]): readonly Score[] {
  const answers = recordings.flatMap(answersOf);
  return [...new Set(answers.map(({ by }) => by))].map((by) =>
    scoreOf(
      by,
      answers.filter((answer) => answer.by === by),
    ),
  );
}

function scoreOf(by: string, answers: readonly Answer[]): Score {
  const ended = answers.filter((answer) => answer.ended);
  const halfway = ended.filter(({ moment }) => moment === 0.5);
  const later = (of: readonly Answer[]): readonly Answer[] => of.filter(({ inFirstRound }) => !inFirstRound);
  const steady = halfway.filter(({ kind }) => kind !== 'bursty');
  const isNear = (error: number): boolean => error <= nearShare;
  const known = answers.filter((answer) => answer.known);
  const surely = known.filter((answer) => answer.surely);
  const told = ended.filter(({ within }) => within !== undefined);
  return {
    by,
    asked: answers.length,
    halfwayError90: percentile(errorsOf(halfway), 0.9),
    halfwayNearShare: shareOf(errorsOf(halfway), isNear),
    steadyHalfwayError90: percentile(errorsOf(steady), 0.9),
    steadyHalfwayNearShare: shareOf(errorsOf(steady), isNear),
    laterError90: percentile(errorsOf(later(halfway)), 0.9),
    laterShare: later(halfway).length / halfway.length,
    medianError: percentile(errorsOf(ended), 0.5),
    laterMedianError: percentile(errorsOf(later(ended)), 0.5),
    rightShare: shareOf(known, isRight),
    laterRightShare: shareOf(later(known), isRight),
    laterAskedShare: later(known).length / known.length,
    surelyRightShare: shareOf(surely, isRight),
    surelyShare: surely.length / known.length,
    coverage:
      told.length === 0 ? undefined : coverageOf(told.filter(({ within }) => within === true).length, told.length),
  };
}

/**
 * What was paused while auto-converge still worked on it might have ended, and so might what had the link to itself only just
 * before, or whose rounds still got shorter: nobody knows.
 */
function isKnown(recording: Recording, { ended, fromMs }: Scored): boolean {
  const { kind, pauseAfterMs } = recording.plan;
  if (ended) return true;
  return kind !== 'autoConverge' && (kind !== 'sharing' || pauseAfterMs >= patienceMs) && !shrank(recording, fromMs);
}

/**
 * Whether each of the last rounds that had begun before its pause was shorter than the one before; those of bursts come as they come, and
 * the first sends all there is.
 */
function shrank({ plan, samples, marks }: Recording, fromMs: number): boolean {
  const pausedMs = pauseOf(marks)?.elapsedMs ?? Infinity;
  const last = iterationsOf(samples, marks)
    .filter(({ number, startMs }) => number > 1 && startMs >= fromMs && startMs < pausedMs)
    .slice(-shrinkingRounds)
    .map(({ toSendBytes }) => toSendBytes);
  const [first = NaN] = last;
  const falls = last.every((bytes, index) => index === 0 || bytes < (last[index - 1] ?? NaN));
  return plan.kind !== 'bursty' && last.length === shrinkingRounds && falls && (last.at(-1) ?? NaN) < shrunkTo * first;
}

function isRight({ ended, saidMs }: Answer): boolean {
  return saidMs !== undefined && Number.isFinite(saidMs) === ended;
}

function errorsOf(answers: readonly Answer[]): number[] {
  return answers.map(({ saidMs, tookMs }) => Math.abs((saidMs ?? Infinity) - tookMs) / tookMs).sort((a, b) => a - b);
}

function shareOf<T>(all: readonly T[], is: (each: T) => boolean): number {
  return all.filter(is).length / all.length;
}

/** How often the end came within the interval, asked at each reading; those of one migration are no more than one to the confidence. */
export function coverageAtEachReading(recordings: readonly Recording[]): Coverage {
  const told = recordings
    .map(withinAtEachReading)
    .filter((within) => within.length > 0)
    .map((within) => ({ held: within.filter((each) => each).length, of: within.length }));
  const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
  const of = sum(told.map((each) => each.of));
  const share = sum(told.map(({ held }) => held)) / of;
  return { share, of, confidence: wilson(share, told.length) };
}

function withinAtEachReading(recording: Recording): readonly boolean[] {
  const scored = scoredOf(recording);
  if (scored?.ended !== true) return [];
  const { fromMs, untilMs } = scored;
  return recording.samples
    .filter(({ elapsedMs }) => elapsedMs > fromMs && elapsedMs < untilMs)
    .flatMap((last) => said(recording, seenUntil(recording, last.elapsedMs), last, untilMs).within ?? []);
}

export function coverageOf(held: number, of: number): Coverage {
  const share = held / of;
  return { share, of, confidence: wilson(share, of) };
}

/** Wilson's interval for a share of so many. */
function wilson(share: number, of: number): readonly [number, number] {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2))) / (1 + z ** 2 / of);
  return [middle - half, middle + half];
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
