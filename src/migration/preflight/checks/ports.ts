import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { firstMigrationPort, lastMigrationPort } from '../network.js';
import type { PortAnswer } from '../../../virsh/scripts/network.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

export interface PortsFacts {
  readonly hosts: Pair;
  readonly address: Fact<string>;
  readonly answers: Fact<readonly PortAnswer[]>;
}

/**
 * Whether the ports of an incoming migration are open on the way. Nothing listens there before it begins, so a connection
 * that is refused got through, and one without an answer did not.
 */
export function checkPorts({ hosts, address, answers }: PortsFacts): CheckResult {
  const [source, destination] = [name(hosts.source), name(hosts.destination)];
  const result = checkOf('ports', `Migration ports of ${destination}`);
  if (!address.known) return result('unknown', cantTell(address.why));
  if (!answers.known) return result('unknown', cantTell(answers.why));
  const at = words(address.value);
  const ports = (of: readonly PortAnswer[]): string =>
    `${of.length === 1 ? 'port' : 'ports'} ${of.map(({ port }) => port).join(' and ')}`;
  // One alone was asked for by the migration URI.
  const [only, second] = answers.value;
  const toOpen =
    only !== undefined && second === undefined
      ? `port ${only.port}`
      : `ports ${firstMigrationPort} to ${lastMigrationPort}`;
  const bad = answers.value.filter(({ state }) => state === 'filtered' || state === 'blocked');
  if (bad.length > 0) {
    const silent = bad.every(({ state }) => state === 'filtered');
    const said = silent
      ? 'give no answer, so something drops what is sent there'
      : `can't be reached: ${words(bad.map((one) => one.words).find((text) => text !== '') ?? 'something on the way refuses')}`;
    return result(
      'failed',
      `From ${source}, ${ports(bad)} of ${at} ${said}.`,
      `Open the ${toOpen} (TCP) on ${destination} for ${source}: memory, and copied disks, go there.`,
    );
  }
  const untold = answers.value.filter(({ state }) => state === 'untold');
  if (untold.length > 0) {
    return result(
      'unknown',
      cantTell(untold.map((one) => one.words).find((text) => text !== '') ?? 'nothing was said'),
    );
  }
  return result(
    'passed',
    `From ${source}, ${ports(answers.value)} of ${at} answer at once; nothing listens there before a migration.`,
  );
}
