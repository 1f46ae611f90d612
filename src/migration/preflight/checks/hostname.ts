import { type Fact, known } from '../fact.js';
import type { CheckResult } from '../model.js';
import { isLoopback } from '../network.js';
import { cantTell, checkOf, listed, name, type Pair, words } from './result.js';

export interface HostnameFacts {
  readonly hosts: Pair;
  /** The host in the migration URI, where one is given. */
  readonly migrationHost: string | undefined;
  /** What the destination's libvirt calls itself: where memory is sent, unless a migration URI says otherwise. */
  readonly hostname: Fact<string>;
  /** To what the source resolves the name that memory is sent to. */
  readonly atSource: Fact<readonly string[]>;
  /** To what the destination resolves its own name. */
  readonly atDestination: Fact<readonly string[]>;
}

/** Whether the name that memory is sent to leads to the destination, and not back to whoever uses it. */
export function checkHostname(facts: HostnameFacts): CheckResult {
  const { hosts, migrationHost, hostname, atSource, atDestination } = facts;
  const destination = name(hosts.destination);
  const result = checkOf('hostname', `Address to which memory is sent`);
  const cure = `Give a migration URI with the address of ${destination}: tcp://ADDRESS.`;
  const asked = migrationHost === undefined ? hostname : known(migrationHost);
  if (!asked.known) return result('unknown', cantTell(asked.why), cure);
  const target = words(asked.value);
  const whose = migrationHost === undefined ? `${destination} calls itself ${target}` : `Memory goes to ${target}`;
  // libvirt refuses such a name by itself.
  if (migrationHost === undefined && /^localhost\b/.test(asked.value)) {
    return result('failed', `${whose}, which leads everyone back to themselves.`, cure);
  }
  if (!atSource.known) return result('unknown', `${whose}. ${cantTell(atSource.why)}`, cure);
  const addresses = atSource.value;
  if (addresses.length === 0) {
    return result('failed', `${whose}, and ${name(hosts.source)} does not know that name.`, cure);
  }
  if (addresses.some(isLoopback)) {
    return result(
      'failed',
      `${whose}, and on ${name(hosts.source)} that leads to ${listed(addresses)}: to itself.`,
      cure,
    );
  }
  const own = atDestination.known ? atDestination.value.filter(isLoopback) : [];
  const calls = hostname.known ? words(hostname.value) : 'its own name';
  const leads = `on ${destination} itself ${calls} leads to ${listed(own)}`;
  if (own.length > 0 && migrationHost === undefined) {
    return result(
      'warned',
      `${whose}, which is ${listed(addresses)} for ${name(hosts.source)}; but ${leads}.`,
      `${cure} Or take the name from that line of its hosts file.`,
    );
  }
  const but = own.length === 0 ? '' : ` That ${leads} is no matter, since the migration URI says where to.`;
  const same = addresses.length === 1 && addresses[0] === asked.value;
  return result('passed', `${whose}${same ? '' : `, which is ${listed(addresses)} for ${name(hosts.source)}`}.${but}`);
}
