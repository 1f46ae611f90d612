import { isOfTheWay, SshError } from '../ssh/types.js';
import { remedyFor } from './remedy.js';

/** The first try after a loss: soon, but not all hosts of a network that was gone in the same moment. */
const firstDelayMs = 500;
const longestDelayMs = 60_000;
/** A migration is not to be left alone for longer. */
const longestDelayMigratingMs = 5_000;
/** A connection that lasted for less than this may be lost again: its tries go on to be counted. */
const steadyMs = 30_000;

/**
 * How long to wait before the try number `attempt` (from 0) of those since the host was lost: doubling, up to a minute, and by
 * half of that at random (`random` from 0 to 1), so that many hosts lost together do not come back together. `spentMs` is how
 * long the try before took: one that hung has waited already, for packets that were repeated less and less often.
 */
export function retryDelayMs(attempt: number, migrating: boolean, random: number, spentMs = 0): number {
  const longest = migrating ? longestDelayMigratingMs : longestDelayMs;
  const whole = Math.min(longest, firstDelayMs * 2 ** Math.min(attempt, 20));
  return Math.max(firstDelayMs, whole - spentMs) * (0.5 + random / 2);
}

/** The tries to reach one lost host again: how many there were, and the wait for the next. */
export class Retries {
  private count = 0;
  private succeededAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly isMigrating: () => boolean,
    private readonly retry: () => void,
  ) {}

  /** Plans the next, and answers how many ms it is until then. See `retryDelayMs`. */
  plan(spentMs: number): number {
    if (this.succeededAtMs !== undefined && Date.now() - this.succeededAtMs >= steadyMs) this.count = 0;
    this.succeededAtMs = undefined;
    const delayMs = retryDelayMs(this.count, this.isMigrating(), Math.random(), spentMs);
    this.count += 1;
    this.cancel();
    this.timer = setTimeout(this.retry, delayMs);
    return delayMs;
  }

  /** The host is connected. */
  succeeded(): void {
    this.succeededAtMs = Date.now();
  }

  /** The next ones follow each other as fast as the first did. */
  startOver(): void {
    this.count = 0;
  }

  /** The one that is planned is not made. */
  cancel(): void {
    clearTimeout(this.timer);
  }
}

/**
 * Whether trying again by itself may help. What only the user can settle (a key, a secret, a setting) is not tried again: it
 * would fail the same way, and a login that is refused again and again locks an account.
 */
export function mayPass(error: unknown): boolean {
  return error instanceof SshError ? isOfTheWay(error) : remedyFor(error) === 'retry';
}
