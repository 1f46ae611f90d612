/** How a guest writes: here and there, so that it hits more and more of what is dirty already, or through its memory in turn. */
export type Shape = 'scattered' | 'sweep';

/** One way in which a guest may write. */
export interface Way {
  readonly shape: Shape;
  /** What it rewrites over and over; the rest of its memory is left alone. */
  readonly workingSetBytes: number;
  /** At which it makes clean pages dirty when none is dirty yet; nothing throttled. */
  readonly rateBytesPerSecond: number;
  /** How much faster it could go than it does: throttling takes that first. 1: it goes as fast as it can. */
  readonly headroom: number;
  /** What an idle second of it dirties against a busy one, as a share: 1 where its virtual CPUs tell nothing of what it writes. */
  readonly idleShare: number;
}

/** One that what was seen does not contradict. */
export interface Hypothesis extends Way {
  /** All add up to 1. */
  readonly weight: number;
}

/** What of a working set is dirty after a time, of what was clean. From 0 to 1. */
export function dirtyShare(shape: Shape, ratePerSecond: number, workingSetBytes: number, seconds: number): number {
  if (workingSetBytes <= 0) return 0;
  const passes = (ratePerSecond * seconds) / workingSetBytes;
  return shape === 'sweep' ? Math.min(1, passes) : 1 - Math.exp(-passes);
}

/** For how long the guest wrote at its rate, of so many seconds, of which it was busy for `busySeconds`. */
export function writingSeconds(
  { idleShare }: Pick<Hypothesis, 'idleShare'>,
  seconds: number,
  busySeconds: number,
): number {
  return busySeconds + idleShare * (seconds - busySeconds);
}

/** What throttling by `throttle` (0 to 1) leaves of the rate. */
export function throttledShare(throttle: number, headroom: number): number {
  return Math.min(1, headroom * (1 - throttle));
}
