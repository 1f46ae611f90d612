import { mean } from './averages.js';
import type { Iteration } from './iterations.js';
import { gustSeconds } from './simulate.js';

/** So many short rounds in a row that got no shorter are no coincidence. */
const leastRounds = 6;
/**
 * Those that still get shorter begin with less each time by this share at least, and by more than comes of rounds that are alike by
 * chance: by so many deviations. Seen in up to so many of them, and by this share of it in the later half too: else they got shorter, and
 * do so no more.
 */
const shrinksBy = 0.03;
const shrinksByDeviations = 3;
const mostCompared = 24;
const laterShare = 0.15;
/** What they have to send is told by so many, and by more where those before took about as long, give or take this share. */
const mostLast = 12;
const mostAlike = 48;
const alikeWithin = 1.2;
/**
 * What they differ by, until some are seen: as a share of what is left beyond what fits. It counts for as many of them. And by how much
 * what fits goes up and down, as QEMU takes its bandwidth from the last tenth of a second.
 */
const usualShare = 0.5;
const usualRounds = 4;
const fitsShare = 0.1;
/**
 * Where half of them would take more rounds than this, and so many were seen, it never ends; and that stays so until half of them would
 * take fewer than `fewRounds`, or it would be told in turn of what is near the bound.
 */
const mostRounds = 100;
const tellingRounds = 12;
const fewRounds = 40;
const mostLookedBack = 100;
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
  const runsForMs = nowMs - (iterations.at(-1)?.startMs ?? nowMs);
  const rounds = countOf(short);
  if (rounds < leastRounds || short.length < 2 || getsShorter(short) || runsForMs >= 1000 * gustSeconds)
    return undefined;
  const like = alike(short);
  const chance = chanceOfLast(like, fitsBytes);
  const usualMs = usualLength(lastOf(short));
  return {
    rounds,
    toSendBytes: mean(like.map(({ toSendBytes }) => toSendBytes)),
    leastMs: quantiles.map((share) => roundsUntil(share, chance) * usualMs),
    forEver: isForEver(short, fitsBytes),
  };
}

/** By what was known when each of the last rounds had ended, one after the other. */
function isForEver(short: readonly Short[], fitsBytes: number): boolean {
  let forEver = false;
  for (let ago = Math.min(mostLookedBack, short.length - 2); ago >= 0; ago -= 1) {
    const then = short.slice(ago);
    if (countOf(then) < tellingRounds) continue;
    forEver = roundsUntil(0.5, chanceOfLast(alike(then), fitsBytes)) > (forEver ? fewRounds : mostRounds);
  }
  return forEver;
}

/** After how many of them this share of all has ended. */
function roundsUntil(share: number, chance: number): number {
  return Math.log1p(-share) / Math.log1p(-chance);
}

function getsShorter(short: readonly Short[]): boolean {
  const last = short.slice(0, mostCompared);
  const { slope, deviation } = trendOf(last);
  const { slope: laterSlope } = trendOf(last.slice(0, Math.ceil(last.length / 2)));
  return slope < -Math.max(shrinksBy, shrinksByDeviations * deviation) && laterSlope < laterShare * slope;
}

/** By what share each begins with more than the one before: of a straight line through the logarithms, with its standard error. */
function trendOf(short: readonly Short[]): { readonly slope: number; readonly deviation: number } {
  const values = short.map(({ toSendBytes }) => Math.log(Math.max(1, toSendBytes)));
  const middle = mean(values);
  // The latest is the first of them.
  const moments = values.map((_, index) => (values.length - 1) / 2 - index);
  const sum = (of: (value: number, at: number) => number): number =>
    values.reduce((total, value, index) => total + of(value - middle, moments[index] ?? 0), 0);
  const squares = sum((_, at) => at ** 2);
  const slope = sum((value, at) => value * at) / squares;
  const off = sum((value, at) => (value - slope * at) ** 2) / Math.max(1, values.length - 2);
  return { slope, deviation: Math.sqrt(off / squares) };
}

/** The later half of them, but no more than a dozen. */
function lastOf(short: readonly Short[]): readonly Short[] {
  return short.slice(0, Math.min(mostLast, Math.floor(short.length / 2)));
}

/** Those, and as many before them as are like them. */
function alike(short: readonly Short[]): readonly Short[] {
  let found = lastOf(short);
  while (found.length + leastRounds <= Math.min(short.length, mostAlike)) {
    const upTo = found.length + leastRounds;
    const ratio = usualLength(short.slice(found.length, upTo)) / usualLength(found);
    if (ratio > alikeWithin || ratio < 1 / alikeWithin) break;
    found = short.slice(0, upTo);
  }
  return found;
}

function usualLength(short: readonly Short[]): number {
  return mean(short.map(({ lengthMs }) => lengthMs));
}

function countOf(short: readonly Short[]): number {
  return short.reduce((sum, { many }) => sum + many, 0);
}

/** That a round has no more to send than fits, by what those had that ended: as if they differed as a normal distribution does. */
function chanceOfLast(rounds: readonly Short[], fitsBytes: number): number {
  const toSendBytes = rounds.map((round) => round.toSendBytes);
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
