import { formatMs } from '../../../panel/format.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import type { ClockReading } from '../../../virsh/scripts/clock.js';
import { cantTell, checkOf, name, type Pair } from './result.js';

/** More than that between two hosts, and logs, certificates and the guest's own clock begin to suffer. */
const skewLimitMs = 1000;

export interface ClockFacts {
  readonly hosts: Pair;
  readonly source: Fact<ClockReading>;
  readonly destination: Fact<ClockReading>;
}

/** Whether the clocks of both hosts agree. */
export function checkClock({ hosts, source, destination }: ClockFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('clock', `Clock of ${there}`);
  if (!source.known) return result('unknown', cantTell(source.why));
  if (!destination.known) return result('unknown', cantTell(destination.why));
  const aheadMs = destination.value.aheadMs - source.value.aheadMs;
  const uncertaintyMs = destination.value.uncertaintyMs + source.value.uncertaintyMs;
  const skewMs = Math.abs(aheadMs);
  const give = `give or take ${formatMs(uncertaintyMs)}`;
  const differs = `It is ${formatMs(skewMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${name(hosts.source)}, ${give}`;
  if (skewMs - uncertaintyMs > skewLimitMs) {
    return result(
      'warned',
      `${differs}.`,
      'Set both by NTP (chrony): times in logs can not be compared, a certificate may seem invalid, and the guest may see its clock jump.',
    );
  }
  if (uncertaintyMs > skewLimitMs) {
    return result('unknown', `Can't tell: the answers took too long (${give}).`);
  }
  return result('passed', `${differs}.`);
}
