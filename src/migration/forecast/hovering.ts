import { mean } from './averages.js';
import type { Iteration } from './iterations.js';
import { gustSeconds } from './simulate.js';

/** So many short rounds in a row that got no shorter are no coincidence. */
const leastRounds = 6;
/** Those that still get shorter take less than this share of the ones before, half of them against the other half. */
const shrinksTo = 0.7;
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
  /** With how much to send they begin, lately. */
  readonly toSendBytes: number;
  /** For how many ms from now on it goes on like that at least, each as likely as the others. */
  readonly leastMs: readonly number[];
}

/** Undefined where its rounds are not so by the settings that are in force since `sinceMs`, or the one that runs takes longer. */
export function hoveringOf(
  iterations: readonly Iteration[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Hovering | undefined {
  const short = shortRounds(iterations, sinceMs);
  const half = Math.floor(short.length / 2);
  const [late, early] = [short.slice(0, half), short.slice(half)];
  const usualMs = mean(late.map(({ lengthMs }) => lengthMs));
  const rounds = short.reduce((sum, { many }) => sum + many, 0);
  const getsShorter = usualMs < shrinksTo * mean(early.map(({ lengthMs }) => lengthMs));
  const runsForMs = nowMs - (iterations.at(-1)?.startMs ?? nowMs);
  if (rounds < leastRounds || half === 0 || getsShorter || runsForMs >= 1000 * gustSeconds) return undefined;
  return {
    rounds,
    toSendBytes: mean(late.map(({ toSendBytes }) => toSendBytes)),
    leastMs: quantiles.map((share) => (rounds + first) * ((1 - share) ** (-1 / rate) - 1) * usualMs),
  };
}

interface Short {
  /** Between two readings there may be more than one of them. */
  readonly many: number;
  readonly lengthMs: number;
  readonly toSendBytes: number;
}

/** Those that ended last, the latest first. */
function shortRounds(iterations: readonly Iteration[], sinceMs: number): readonly Short[] {
  const found: Short[] = [];
  for (let index = iterations.length - 2; index >= 0; index -= 1) {
    const round = iterations[index];
    const next = iterations[index + 1];
    if (round?.endMs === undefined || next === undefined || round.number === 1 || round.startMs < sinceMs) break;
    const many = Math.max(1, next.number - round.number);
    const lengthMs = (round.endMs - round.startMs) / many;
    if (lengthMs >= 1000 * gustSeconds) break;
    found.push({ many, lengthMs, toSendBytes: round.toSendBytes });
  }
  return found;
}
