/** How a guest writes: here and there, so that it hits more and more of what is dirty already, or through its memory in turn. */
export type Shape = 'scattered' | 'sweep';

/**
 * Whatever a guest does, it rewrites what it does that with: its kernel's memory, stacks and buffers. So much of it is dirty in each
 * round, once it has written as much: where little fits into the downtime, this is what keeps the last rounds from ending. It is
 * what fits the lab's guests best, which are small.
 */
export const besideBytes = 2 ** 20;

/** One way in which a guest may write. */
export interface Way {
  readonly shape: Shape;
  /** What it rewrites over and over; the rest of its memory is left alone, but for a little. */
  readonly workingSetBytes: number;
  /** At which it makes clean pages of that dirty when none is dirty yet; nothing throttled. */
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
  /** The same where both manners to write were as likely before the rounds told. */
  readonly evenWeight: number;
}

/** What a guest makes dirty in so many seconds of writing, beside `pendingBytes` of its working set, which are dirty anyway. */
export function dirtiedBytes(
  { shape, workingSetBytes }: Pick<Way, 'shape' | 'workingSetBytes'>,
  rateBytesPerSecond: number,
  seconds: number,
  pendingBytes: number,
): number {
  if (workingSetBytes <= 0) return 0;
  const cleanShare = Math.max(0, 1 - pendingBytes / workingSetBytes);
  const beside = Math.min(besideBytes, rateBytesPerSecond * seconds);
  const share = dirtyShare(shape, rateBytesPerSecond, workingSetBytes, seconds);
  // As much of what it works with is pending as of its working set.
  return cleanShare * (workingSetBytes * share + beside);
}

/** What of a working set is dirty after a time, of what was clean. From 0 to 1. */
export function dirtyShare(shape: Shape, rateBytesPerSecond: number, workingSetBytes: number, seconds: number): number {
  if (workingSetBytes <= 0) return 0;
  const passes = (rateBytesPerSecond * seconds) / workingSetBytes;
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
