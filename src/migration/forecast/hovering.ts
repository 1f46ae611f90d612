import { mean } from './averages.js';
import type { Iteration } from './iterations.js';
import { gustSeconds } from './simulate.js';

/** So many short rounds in a row that got no shorter are no coincidence. */
const leastRounds = 6;
/** Those that still get shorter take less than this share of the ones before: as many against as many, up to so many. */
const shrinksTo = 0.7;
const mostCompared = 12;
/**
 * What they differ by, until some are seen: as a share of what is left beyond what fits. It counts for as many of them. And by how much
 * what fits goes up and down, as QEMU takes its bandwidth from the last tenth of a second.
 */
const usualShare = 0.5;
const usualRounds = 4;
const fitsShare = 0.1;
/** Where half of them would take more rounds than this, and so many were seen that no gust of the guest's hides, it never ends. */
const mostRounds = 100;
const tellingRounds = 20;
/** The logistic distribution that is most like the normal one. */
const logistic = 1.7;
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
  /** Hardly any of them can be the last. */
  readonly forEver: boolean;
}

/** Undefined where its rounds are not so by the settings that are in force since `sinceMs`, or the one that runs takes longer. */
export function hoveringOf(
  iterations: readonly Iteration[],
  { sinceMs, nowMs, fitsBytes }: { readonly sinceMs: number; readonly nowMs: number; readonly fitsBytes: number },
): Hovering | undefined {
  const short = shortRounds(iterations, sinceMs);
  const half = Math.min(mostCompared, Math.floor(short.length / 2));
  const [late, early] = [short.slice(0, half), short.slice(half, 2 * half)];
  const usualMs = mean(late.map(({ lengthMs }) => lengthMs));
  const rounds = short.reduce((sum, { many }) => sum + many, 0);
  const getsShorter = usualMs < shrinksTo * mean(early.map(({ lengthMs }) => lengthMs));
  const runsForMs = nowMs - (iterations.at(-1)?.startMs ?? nowMs);
  if (rounds < leastRounds || half === 0 || getsShorter || runsForMs >= 1000 * gustSeconds) return undefined;
  const toSend = late.map(({ toSendBytes }) => toSendBytes);
  const chance = chanceOfLast(toSend, fitsBytes);
  const roundsUntil = (share: number): number => Math.log(1 - share) / Math.log(1 - chance);
  return {
    rounds,
    toSendBytes: mean(toSend),
    leastMs: quantiles.map((share) => roundsUntil(share) * usualMs),
    forEver: rounds >= tellingRounds && roundsUntil(0.5) > mostRounds,
  };
}

/** That a round has no more to send than fits, by what those had that ended: as if they differed as a normal distribution does. */
function chanceOfLast(toSendBytes: readonly number[], fitsBytes: number): number {
  const usual = mean(toSendBytes);
  const beyond = Math.max(0, usual - fitsBytes);
  const squares = toSendBytes.reduce((sum, bytes) => sum + (bytes - usual) ** 2, 0);
  const variance = (squares + usualRounds * (usualShare * beyond) ** 2) / (toSendBytes.length + usualRounds);
  const deviation = Math.sqrt(variance + (fitsShare * fitsBytes) ** 2);
  return 1 / (1 + Math.exp((logistic * beyond) / Math.max(1, deviation)));
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
