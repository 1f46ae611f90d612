import type { Migration, Sample } from './model.js';
import { expectedDowntimeMs, iterationOf, remainingBytes, throttlePercent } from './readings.js';

/** Auto-converge acts after two rounds that dirtied too much: past this many, one that throttles nothing does not do so. */
const roundsToAct = 4;
/** A round that leaves less than this of what the one before left is on its way to an end. */
const shrinks = 0.8;

/**
 * What to do where auto-converge would have helped: a pre-copy that does not get nearer to its end, and whose guest nothing slows
 * down. libvirt can't switch it on once a migration runs. Empty where it would not help, or nobody can tell.
 */
export function autoConvergeNote({ samples }: Pick<Migration, 'samples'>): string {
  const last = samples.at(-1);
  if (last === undefined || !isStuck(samples, last)) return '';
  return (
    ' Auto-converge would have slowed the guest until the copy keeps up; it can only be chosen when a migration starts. ' +
    'Raise the max downtime or the speed, pause the guest, or abort and start again with it.'
  );
}

function isStuck(samples: readonly Sample[], last: Sample): boolean {
  const iteration = iterationOf(last);
  // Before 3.3 libvirt tells no operation, and the oldest of these no throttle either.
  if (iteration === undefined || iteration < roundsToAct || last.job.operation === undefined) return false;
  if (samples.some((sample) => throttlePercent(sample) !== undefined)) return false;
  const expected = expectedDowntimeMs(last);
  if (expected === undefined || last.maxDowntimeMs === undefined || expected <= last.maxDowntimeMs) return false;
  const [before, now] = [iteration - 2, iteration].map((round) => atBegin(samples, round));
  return before !== undefined && now !== undefined && now >= shrinks * before;
}

/** What there was to send as an iteration was first read. Only these compare: within one, what remains only falls. */
function atBegin(samples: readonly Sample[], iteration: number): number | undefined {
  const first = samples.find((sample) => iterationOf(sample) === iteration);
  return first && remainingBytes(first);
}
