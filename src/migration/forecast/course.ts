import type { Activity, Stretch } from './activity.js';

/** One way in which a guest that is busy by turns may go on. Times in ms from now on. */
export interface Course {
  readonly busyNow: boolean;
  /** When it turns from one to the other, as far as is foreseen; where there is none, it stays as it is. */
  readonly turnsMs: readonly number[];
  /** All add up to 1. */
  readonly weight: number;
}

/** Who does the same all the time goes on so. */
export const steady: readonly Course[] = [{ busyNow: true, turnsMs: [], weight: 1 }];

/** Who was seen to turn once only, may have done so for good. */
const forGood = 0.6;
/** How long a turn goes on of which only its age is known: as shares of that, or of the turn before where it is young. */
const ofAge = [0.3, 1, 3] as const;
const youngShare = 0.4;
/** What one turn is like the one before it. */
const likeBefore = [0.85, 1, 1.15] as const;
/** What does not end within so many turns, never does: by then they are others. */
const turnsAhead = 16;
const leastMs = 300;
/** A turn of which only a part was seen is longer by so much. */
const unseen = 1.3;

/** How the guest may go on, by the turns it was seen to take. */
export function coursesOf({ stretches }: Activity): readonly Course[] {
  const now = stretches.at(-1);
  if (now === undefined) return steady;
  const ageMs = now.toMs - now.fromMs;
  const others = stretches.slice(0, -1);
  const same = usualMs(others, now.busy);
  const other = usualMs(others, !now.busy) ?? ageMs;
  const known = same !== undefined && ageMs < Math.max(...likeBefore) * same;
  const rests = known
    ? likeBefore.map((share) => share * same - ageMs).filter((ms) => ms > 0)
    : ofAge.map((share) => share * Math.max(ageMs, youngShare * other));
  const staying = stretches.length === 2 ? forGood : 0;
  const turning = rests.map((restMs): Course => {
    const turnsMs: number[] = [];
    let atMs = Math.max(leastMs, restMs);
    for (let isOther = true; turnsMs.length < turnsAhead; isOther = !isOther) {
      turnsMs.push(atMs);
      atMs += Math.max(leastMs, isOther ? other : (same ?? ageMs + restMs));
    }
    return { busyNow: now.busy, turnsMs, weight: (1 - staying) / rests.length };
  });
  return staying > 0 ? [...turning, { busyNow: now.busy, turnsMs: [], weight: staying }] : turning;
}

/** How long its turns of this kind take, as far as was seen; undefined where none has ended. */
function usualMs(stretches: readonly Stretch[], busy: boolean): number | undefined {
  const alike = stretches.filter((stretch) => stretch.busy === busy);
  // The first had begun before anybody looked.
  const whole = alike.filter((stretch) => stretch !== stretches[0]);
  const lengths = whole.map(({ fromMs, toMs }) => toMs - fromMs);
  if (lengths.length > 0) return lengths.reduce((sum, ms) => sum + ms, 0) / lengths.length;
  const [part] = alike;
  return part && unseen * (part.toMs - part.fromMs);
}

/** How much of the time between two moments it is busy. */
export function busyAhead({ busyNow, turnsMs }: Course, fromMs: number, toMs: number): number {
  let sum = 0;
  let busy = busyNow;
  let sinceMs = 0;
  for (const turnMs of turnsMs) {
    if (busy) sum += Math.max(0, Math.min(toMs, turnMs) - Math.max(fromMs, sinceMs));
    if (turnMs >= toMs) return sum;
    busy = !busy;
    sinceMs = turnMs;
  }
  return busy ? sum + Math.max(0, toMs - Math.max(fromMs, sinceMs)) : sum;
}
