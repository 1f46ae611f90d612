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

/** Who was seen to turn once only, turns back with this chance at most; with less, the longer that was ago against the turn before. */
const turnsBack = 0.4;
/** How long a turn goes on of which only its age is known: as shares of that, or of the turn before where it is young. */
const ofAge = [0.3, 1, 3] as const;
const youngShare = 0.4;
/** What one turn is like those before it; of which only a part was seen where it had begun before anybody looked. */
const likeWhole = [0.85, 1, 1.15] as const;
const likePart = [1.02, 1.3, 1.8] as const;
/** What does not end within so many turns, never does: by then they are others. */
const turnsAhead = 16;
const leastMs = 300;

/** How the guest may go on, by the turns it was seen to take. */
export function coursesOf({ stretches }: Activity): readonly Course[] {
  const now = stretches.at(-1);
  if (now === undefined) return steady;
  const ageMs = now.toMs - now.fromMs;
  const others = stretches.slice(0, -1);
  const same = lengthsOf(others, now.busy);
  const otherMs = middleOf(lengthsOf(others, !now.busy)) ?? ageMs;
  const known = same.map((ms) => ms - ageMs).filter((ms) => ms > 0);
  const rests = known.length > 0 ? known : ofAge.map((share) => share * Math.max(ageMs, youngShare * otherMs));
  const staying = stretches.length === 2 ? 1 - (turnsBack * otherMs) / (otherMs + ageMs) : 0;
  const turning = rests.map((restMs): Course => {
    const turnsMs: number[] = [];
    let atMs = Math.max(leastMs, restMs);
    for (let isOther = true; turnsMs.length < turnsAhead; isOther = !isOther) {
      turnsMs.push(atMs);
      atMs += Math.max(leastMs, isOther ? otherMs : (middleOf(same) ?? ageMs + restMs));
    }
    return { busyNow: now.busy, turnsMs, weight: (1 - staying) / rests.length };
  });
  return staying > 0 ? [...turning, { busyNow: now.busy, turnsMs: [], weight: staying }] : turning;
}

/** How long its turns of this kind may take, as far as was seen, the shortest first; none where none has ended. */
function lengthsOf(stretches: readonly Stretch[], busy: boolean): readonly number[] {
  const alike = stretches.filter((stretch) => stretch.busy === busy);
  const whole = alike.filter((stretch) => stretch !== stretches[0]);
  const lengths = (whole.length > 0 ? whole : alike).map(({ fromMs, toMs }) => toMs - fromMs);
  if (lengths.length === 0) return [];
  const usualMs = lengths.reduce((sum, ms) => sum + ms, 0) / lengths.length;
  return (whole.length > 0 ? likeWhole : likePart).map((share) => share * usualMs);
}

function middleOf(lengths: readonly number[]): number | undefined {
  return lengths[Math.floor(lengths.length / 2)];
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
