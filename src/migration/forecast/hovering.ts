import { mean } from './averages.js';
import type { Iteration } from './iterations.js';
import { gustSeconds } from './simulate.js';

/** So many short rounds in a row that got no shorter are no coincidence. */
const leastRounds = 6;
/** Those that still get shorter take less than this share of the ones before: as far back as this many. */
const shrinksTo = 0.7;
const compared = 8;
/**
 * Of n such rounds the next one is the last with a chance of 1.2 / (n + 3), by how the recordings ended: who has waited for long, waits
 * for as long again.
 */
const rate = 1.2;
const first = 3;
/** A sixth, a half and five sixths of them have ended by then. */
const quantiles = [1 / 6, 1 / 2, 5 / 6] as const;

/**
 * A guest may come to rounds that are short and get no shorter: each time a little more is left than fits, and the next one may be the last,
 * or the hundredth.
 */
export interface Hovering {
  /** How many of them there were so far. */
  readonly rounds: number;
  /** For how many ms from now on it goes on like that at least, each as likely as the others. */
  readonly leastMs: readonly number[];
}

/** Undefined where its rounds are not so, or not known to be. */
export function hoveringOf(iterations: readonly Iteration[]): Hovering | undefined {
  const lengths = shortRounds(iterations);
  const half = Math.min(compared, Math.floor(lengths.length / 2));
  const usualMs = mean(lengths.slice(0, half));
  const getsShorter = usualMs < shrinksTo * mean(lengths.slice(half, 2 * half));
  const rounds = lengths.length;
  if (rounds < leastRounds || getsShorter) return undefined;
  return { rounds, leastMs: quantiles.map((share) => (rounds + first) * ((1 - share) ** (-1 / rate) - 1) * usualMs) };
}

/** How long those took that ended last, in ms, the latest first. */
function shortRounds(iterations: readonly Iteration[]): readonly number[] {
  const lengths: number[] = [];
  for (const { number, startMs, endMs } of iterations.slice(0, -1).toReversed()) {
    if (number === 1 || endMs === undefined || endMs - startMs >= 1000 * gustSeconds) break;
    lengths.push(endMs - startMs);
  }
  return lengths;
}
