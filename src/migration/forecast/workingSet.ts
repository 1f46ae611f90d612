import type { MeasuredSpan } from '../model.js';
import type { Activity } from './activity.js';
import type { Iteration } from './iterations.js';
import { lastChange } from './loadChange.js';
import { aged, chanceBytes, type Point, pointOf, pointsOf } from './points.js';
import { candidates, countOf, errorOf, mostOf, spreadOf, steadyScatter, weightOf } from './ways.js';
import type { Hypothesis } from './writing.js';

/** What is known of how the guest writes. */
export interface Fit {
  readonly hypotheses: readonly Hypothesis[];
  /** How many rounds it rests on, and measurements before them: 0 is a guess without any. */
  readonly points: number;
  /** The rounds of those alone. */
  readonly rounds: number;
  /** For how long it was measured, by those measurements that nothing since contradicts. */
  readonly measuredSeconds: number;
  /** It rests on those measurements alone, as no round has ended yet: what guests do when nothing is known. */
  readonly unmeasured: readonly Hypothesis[] | undefined;
  /** How far the rounds lie from what fits them best, as a share, beyond what chance makes of what was measured. */
  readonly scatter: number;
  /** When the guest was seen to write otherwise than before, if it was. */
  readonly changedAtMs: number | undefined;
  /** By which factor it writes more since; below 1: less. */
  readonly changedBy: number | undefined;
}

/** A guest whose load is another keeps its memory: hardly ever does it rewrite less than this share of what it did. */
const keptShare = 0.85;
const forgottenWeight = 0.2;
/** Who changes so often changes by habit: then all rounds count, and the scatter says how little they tell. */
const changesOfHabit = 3;
/** What an idle stretch dirties may be what its virtual CPUs do, nothing, or the same. */
const distinctShare = 0.12;
/**
 * Writing takes processors' time: that a guest writes as much without, as by what its devices bring in, is less likely, until the
 * rounds say which it is.
 */
const unheardWeight = 0.3;
/**
 * As long as its rounds, or what was measured, leave it open, that it writes through its memory in turn, as what copies or streams
 * does, is so much likelier than here and there: so do most of the lab's guests. An assumption, of which nothing is taken to be sure.
 */
const sweepWeight = 2;
/** A round that was busy for more than this share says nothing of idle turns. */
const tellingShare = 0.7;
const headrooms = [1, 1.6, 2.5, 5, 10, 25, 60] as const;

/**
 * How the guest writes, by the rounds that ended, and by what was measured before them. `memoryBytes` is the most it can rewrite.
 */
export function fitWorkingSet(
  iterations: readonly Iteration[],
  memoryBytes: number,
  bandwidth: number,
  spans: readonly MeasuredSpan[] = [],
  activity?: Activity,
): Fit {
  const measured = spans.map((span) => pointOf(span, activity));
  const points = aged([...measured, ...pointsOf(iterations, activity)]);
  const idleShares = idleSharesOf(activity);
  const { from, changes } = lastChange(points, memoryBytes, idleShares);
  const habit = changes >= changesOfHabit;
  const kept = habit ? points : points.slice(from);
  const before = points[from - 1];
  const changed = habit || before === undefined || before.isMeasured ? undefined : kept[0];
  const rateOf = ({ dirtiedBytes, seconds }: Point): number => (dirtiedBytes + chanceBytes / 4) / seconds;
  const knownBytes = habit ? 0 : mostOf(points.slice(0, from));
  return {
    ...fit(kept, memoryBytes, bandwidth, knownBytes, idleShares),
    rounds: kept.filter(({ isMeasured }) => !isMeasured).length,
    measuredSeconds: kept.reduce((sum, { isMeasured, seconds }) => (isMeasured ? sum + seconds : sum), 0),
    unmeasured: measured.length > 0 && points.length === measured.length ? guesses(memoryBytes, bandwidth) : undefined,
    changedAtMs: changed && before?.endMs,
    changedBy: changed && before && rateOf(changed) / rateOf(before),
  };
}

function idleSharesOf(activity: Activity | undefined): readonly number[] {
  if (activity === undefined) return [1];
  const share = activity.idleVcpus / activity.busyVcpus;
  return share > distinctShare ? [1, share, 0] : [1, 0];
}

function tellsOfIdleTurns({ isMeasured, seconds, busySeconds }: Point): boolean {
  return !isMeasured && busySeconds < tellingShare * seconds;
}

/** `knownBytes`: what it was seen to rewrite before its load was another. */
function fit(
  points: readonly Point[],
  memoryBytes: number,
  bandwidth: number,
  knownBytes: number,
  idleShares: readonly number[],
): Pick<Fit, 'hypotheses' | 'points' | 'scatter'> {
  if (points.length === 0) return { hypotheses: guesses(memoryBytes, bandwidth), points: 0, scatter: 1 };
  const throttled = points.some(({ throttle }) => throttle > 0);
  const found = headrooms
    .slice(0, throttled ? headrooms.length : 1)
    .flatMap((headroom) => idleShares.flatMap((idleShare) => candidates(points, memoryBytes, headroom, idleShare)));
  const best = Math.min(...found.map(({ error }) => error));
  const sumOf = (weigh: (point: Point) => number): number => points.reduce((sum, point) => sum + weigh(point), 0);
  const effective = sumOf(weightOf);
  // What chance adds to a point weighs it down already: it is no scatter of the guest's.
  const scatter = Math.max(steadyScatter, Math.sqrt((best * effective) / sumOf(countOf)));
  const isUnheard = idleShares.length > 1 && !points.some(tellsOfIdleTurns);
  const likelihood = (error: number): number => Math.exp((-0.5 * effective * (error - best)) / scatter ** 2);
  const all = found.flatMap(({ way, error, width }) => {
    const likely = likelihood(error);
    if (likely < 0.01) return [];
    const { rates, room, open } = spreadOf(points, way, error + scatter ** 2 / effective);
    return rates.map((rateBytesPerSecond) => {
      const other = { ...way, rateBytesPerSecond };
      const kept = way.workingSetBytes < keptShare * knownBytes ? forgottenWeight : 1;
      const driven = isUnheard && way.idleShare === 1 ? unheardWeight : 1;
      // What needs a coincidence, as a rate that is just the network's, has little room, and so counts little.
      const evenWeight = kept * driven * width * room * (open ? likelihood(errorOf(points, other)) : likely);
      return { ...other, evenWeight, weight: evenWeight * (way.shape === 'sweep' ? sweepWeight : 1) };
    });
  });
  const sum = all.reduce((total, { weight }) => total + weight, 0);
  const evenSum = all.reduce((total, { evenWeight }) => total + evenWeight, 0);
  const hypotheses = all.map((each) => ({
    ...each,
    weight: each.weight / sum,
    evenWeight: each.evenWeight / evenSum,
  }));
  return { hypotheses, points: points.length, scatter };
}

/** Before anything is known: what guests do. Most migrations end by themselves. */
function guesses(memoryBytes: number, bandwidth: number): readonly Hypothesis[] {
  const all = [0.02, 0.08, 0.25, 0.5].flatMap((size) =>
    [0.01, 0.05, 0.15, 0.35, 0.6, 1.5].map((rate) => ({
      shape: 'scattered' as const,
      workingSetBytes: memoryBytes * size,
      rateBytesPerSecond: bandwidth * rate,
      headroom: 1,
      idleShare: 1,
    })),
  );
  return all.map((way) => ({ ...way, weight: 1 / all.length, evenWeight: 1 / all.length }));
}
