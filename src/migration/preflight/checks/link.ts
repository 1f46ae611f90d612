import { formatRate } from '../../../panel/format.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { bytesPerSecondOf } from '../linkSpeed.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

/** How fast the card is by which a host sends to the other. */
export interface CardSpeed {
  readonly card: string;
  readonly megabitsPerSecond: number | undefined;
}

export interface LinkFacts {
  readonly hosts: Pair;
  readonly source: Fact<CardSpeed>;
  readonly destination: Fact<CardSpeed>;
  readonly dirtyBytesPerSecond: Fact<number>;
  readonly bandwidthMiBps: number | undefined;
}

/** Whether the link between the hosts carries more than the guest writes. */
export function checkLink({ hosts, source, destination, dirtyBytesPerSecond, bandwidthMiBps }: LinkFacts): CheckResult {
  const result = checkOf('link', 'Link against what the guest writes');
  const ends = [
    { host: hosts.source, fact: source },
    { host: hosts.destination, fact: destination },
  ];
  const told = ends.flatMap(({ host, fact }) => {
    const speed = fact.known ? fact.value.megabitsPerSecond : undefined;
    return fact.known && speed !== undefined ? [{ host, card: fact.value.card, speed }] : [];
  });
  const slowest = told.reduce<(typeof told)[number] | undefined>(
    (least, one) => (least === undefined || one.speed < least.speed ? one : least),
    undefined,
  );
  if (slowest === undefined) {
    const why = ends.map(({ fact }) => (fact.known ? undefined : fact.why)).find((one) => one !== undefined);
    return result('unknown', cantTell(why ?? 'neither card tells its speed, as virtual ones do not'));
  }
  const carries = bytesPerSecondOf(slowest.speed);
  const limit = bandwidthMiBps === undefined || bandwidthMiBps === 0 ? undefined : bandwidthMiBps * 1024 * 1024;
  const card = `${words(slowest.card)} of ${name(slowest.host)} carries ${slowest.speed} Mbit/s, at most ${formatRate(carries)}`;
  if (limit !== undefined && limit > carries) {
    return result(
      'warned',
      `${card}, less than the ${bandwidthMiBps ?? 0} MiB/s asked for.`,
      'The migration would take all of the link, and everything else on it would suffer.',
    );
  }
  if (!dirtyBytesPerSecond.known) return result('unknown', `${card}. ${cantTell(dirtyBytesPerSecond.why)}`);
  const dirty = dirtyBytesPerSecond.value;
  const writes = `the guest wrote ${formatRate(dirty)}`;
  if (dirty >= carries) {
    return result(
      'warned',
      `${card}; ${writes}, more than that.`,
      'Let auto-converge slow the guest, or allow post-copy; or migrate when it is quieter.',
    );
  }
  return result('passed', `${card}; ${writes}.`);
}
