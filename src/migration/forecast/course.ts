import { type Activity, lengthMsOf, type Stretch } from './activity.js';
import { mean, middleOf } from './averages.js';

/** One way in which a guest may go on. Times in ms from now on. */
export interface Course {
  readonly busyNow: boolean;
  /** Undefined of one that stays as it is. */
  readonly turns: Turns | undefined;
  /** All add up to 1. */
  readonly weight: number;
}

/** How one goes on that is busy and idle in turn. */
export interface Turns {
  /** Until it turns for the first time. */
  readonly firstMs: number;
  /** How long each turn of the other kind takes, and each of the kind of now. */
  readonly otherMs: number;
  readonly sameMs: number;
}

/** Who does the same all the time goes on so. */
export const steady: readonly [Course] = [{ busyNow: true, turns: undefined, weight: 1 }];

/**
 * Who turned once only, or has not turned for longer than ever before, turns back with this chance at most; with less, the longer it
 * has been against what it did before.
 */
const turnsBack = 0.4;
/** How long a turn goes on of which only its age is known: as shares of that, or of the turn before where it is young. */
const ofAge = [0.3, 1, 3] as const;
const youngShare = 0.4;
/** What one turn is like those before it, by as much as those are like each other; of a single one nobody knows. */
const leastSpread = 0.05;
const spreadOfOne = 0.15;
/** One that takes longer than those before is about to end, but where it takes more than this much longer. */
const overdue = 1.25;
const overdueRestShare = 0.08;
/** One that takes as long as two and the other turn between them, give or take this share, was two: nobody saw that turn. */
const missedShare = 0.2;
/** Of which only a part was seen where it had begun before anybody looked. */
const likePart = [1.02, 1.3, 1.8] as const;
const leastMs = 300;

/** How the guest may go on, by the turns it was seen to take. */
export function coursesOf({ now, before }: Activity): readonly Course[] {
  const ageMs = now.toMs - now.fromMs;
  const same = lengthsOf(before, now.busy);
  const other = lengthsOf(before, !now.busy);
  const otherMs = middleOf(other) ?? ageMs;
  const usual = middleOf(same);
  const ahead = same.map((ms) => ms - ageMs).filter((ms) => ms > 0);
  const isOverdue = ahead.length === 0 && usual !== undefined && ageMs < overdue * usual;
  const rests = isOverdue ? [overdueRestShare * usual] : ahead;
  const turning = (restMs: number, sameMs: number, weight: number): Course => ({
    busyNow: now.busy,
    turns: { firstMs: Math.max(leastMs, restMs), otherMs: Math.max(leastMs, otherMs), sameMs },
    weight,
  });
  if (rests.length > 0) return rests.map((restMs) => turning(restMs, middleOf(same) ?? ageMs, 1 / rests.length));
  const usualMs = middleOf(same) ?? otherMs;
  const goesBack = (turnsBack * usualMs) / (usualMs + ageMs);
  return [
    ...ofAge.map((share) => {
      const restMs = share * Math.max(ageMs, youngShare * otherMs);
      return turning(restMs, ageMs + restMs, goesBack / ofAge.length);
    }),
    { busyNow: now.busy, turns: undefined, weight: 1 - goesBack },
  ];
}

/** How long its turns of this kind may take, the shortest first; none where none has ended. */
function lengthsOf(stretches: readonly Stretch[], busy: boolean): readonly number[] {
  const alike = stretches.filter((stretch) => stretch.busy === busy);
  const whole = alike.filter(({ isWhole }) => isWhole);
  const lengths = (whole.length > 0 ? withoutMissed(whole, stretches) : alike).map(lengthMsOf);
  if (lengths.length === 0) return [];
  const usualMs = mean(lengths);
  if (whole.length === 0) return likePart.map((share) => share * usualMs);
  const spread = whole.length === 1 ? spreadOfOne : spreadOf(lengths, usualMs);
  return [1 - spread, 1, 1 + spread].map((share) => share * usualMs);
}

/** Those of which none was two, with a turn between them that nobody saw. */
function withoutMissed(whole: readonly Stretch[], all: readonly Stretch[]): readonly Stretch[] {
  const others = all.filter(({ busy, isWhole }) => isWhole && busy !== whole[0]?.busy);
  const twoMs = 2 * (middleOf(whole.map(lengthMsOf)) ?? NaN) + (middleOf(others.map(lengthMsOf)) ?? NaN);
  const once = whole.filter((stretch) => !(Math.abs(lengthMsOf(stretch) - twoMs) <= missedShare * twoMs));
  return once.length > whole.length / 2 ? once : whole;
}

/** By how much they differ, as a share of their mean. */
function spreadOf(lengths: readonly number[], usualMs: number): number {
  const squares = lengths.reduce((sum, ms) => sum + (ms / usualMs - 1) ** 2, 0);
  return Math.min(0.5, Math.max(leastSpread, Math.sqrt(squares / (lengths.length - 1))));
}

/** How much of the time between two moments it is busy. */
export function busyAhead(course: Course, fromMs: number, toMs: number): number {
  return busyUntil(course, toMs) - busyUntil(course, fromMs);
}

function busyUntil({ busyNow, turns }: Course, ms: number): number {
  if (turns === undefined) return busyNow ? ms : 0;
  const { firstMs, otherMs, sameMs } = turns;
  const same = Math.min(ms, firstMs) + sameUntil(ms - firstMs, otherMs, sameMs);
  return busyNow ? same : ms - same;
}

/** Of so many ms from a turn to the other kind on, those that are of the kind of now. */
function sameUntil(ms: number, otherMs: number, sameMs: number): number {
  if (ms <= 0) return 0;
  const periods = Math.floor(ms / (otherMs + sameMs));
  const rest = ms - periods * (otherMs + sameMs);
  return periods * sameMs + Math.max(0, rest - otherMs);
}

/** When it turns next after a moment; Infinity where it never does. */
export function nextTurnMs({ turns }: Course, afterMs: number): number {
  if (turns === undefined) return Infinity;
  const { firstMs, otherMs, sameMs } = turns;
  if (afterMs < firstMs) return firstMs;
  const period = otherMs + sameMs;
  const began = firstMs + Math.floor((afterMs - firstMs) / period) * period;
  return afterMs < began + otherMs ? began + otherMs : began + period;
}
