import { type Point, tellingSeconds } from './points.js';
import { type Candidate, candidates, offBy, spreadOf, steadyScatter } from './ways.js';

/** From this factor on, and this many times the scatter, a round is no chance. */
const changeFactor = 1.6;
const changeScatters = 4;
const alike = 0.15;
/** And so much beyond what a round of another length allows a steady guest. */
const beyondFactor = 1.2;

/** Where the last stretch begins in which no round contradicts those before it, and how often there was a new one. */
export function lastChange(
  points: readonly Point[],
  memoryBytes: number,
  idleShares: readonly number[],
): { readonly from: number; readonly changes: number } {
  let from = 0;
  let changes = 0;
  for (let index = 1; index < points.length; index += 1) {
    const point = points[index];
    if (
      point === undefined ||
      point.sure < 1 ||
      !contradicts(points.slice(from, index), point, memoryBytes, idleShares)
    )
      continue;
    from = index;
    // Nobody saw it change: the measurement was of another moment.
    if (points[index - 1]?.isMeasured !== true) changes += 1;
  }
  return { from, changes };
}

function contradicts(
  before: readonly Point[],
  point: Point,
  memoryBytes: number,
  idleShares: readonly number[],
): boolean {
  const last = before.at(-1);
  if (last !== undefined && isAlike(last, point)) return false;
  // What is beyond a steady guest is nothing to one that works by turns.
  const byTurns = idleShares.length > 1;
  if (last !== undefined && !byTurns && isBeyond(last, point)) return true;
  // Rounds of other lengths say little of this one: whatever of the ways they allow fits it, will do.
  const ways = idleShares.flatMap((idleShare) => candidates(before, memoryBytes, 1, idleShare));
  const nearest = Math.min(...ways.map((each) => leastOff(before, point, each)));
  const scatter = Math.max(steadyScatter, point.noise, Math.min(...before.map(({ noise }) => noise)));
  return nearest > Math.max(Math.log(changeFactor), changeScatters * scatter);
}

/** By how much `point` lies beyond what that way allows: where all that can be dirty was, at any of the rates too that are open then. */
function leastOff(before: readonly Point[], point: Point, { way, error }: Candidate): number {
  const { rates, open } = spreadOf(before, way, error + steadyScatter ** 2);
  const ways = open ? [way, ...rates.map((rateBytesPerSecond) => ({ ...way, rateBytesPerSecond }))] : [way];
  return Math.min(...ways.map((each) => Math.abs(offBy(point, each)))) - Math.sqrt(error) * 2;
}

/**
 * However a steady guest writes, a round of half the length dirties between half as much and as much. Whether `point` is well
 * beyond that.
 */
function isBeyond(each: Point, point: Point): boolean {
  if (each.isMeasured || each.sure < 1 || each.throttle !== point.throttle) return false;
  // What one gust is to a short round is none to a long one.
  if (Math.min(each.seconds, point.seconds) < 2 * tellingSeconds) return false;
  const length = point.seconds / each.seconds;
  const chance = Math.max(each.grainBytes, point.grainBytes) + steadyScatter * each.dirtiedBytes;
  const least = each.dirtiedBytes * Math.min(1, length) - chance;
  const most = each.dirtiedBytes * Math.max(1, length) + chance;
  const { dirtiedBytes } = point;
  return dirtiedBytes * beyondFactor < least || dirtiedBytes > beyondFactor * most;
}

/** Most rounds are much as the one before: those need no fit to see that they don't contradict it. */
function isAlike(one: Point, other: Point): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= alike * Math.max(a, b);
  return (
    near(one.seconds, other.seconds) && near(one.dirtiedBytes, other.dirtiedBytes) && one.throttle === other.throttle
  );
}
