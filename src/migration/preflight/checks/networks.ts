import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import { type Fact, valueOf } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, listed, name, type Pair } from './result.js';

export interface NetworksFacts {
  readonly hosts: Pair;
  readonly needs: Fact<DomainNeeds>;
  /** libvirt's networks on the destination. */
  readonly active: Fact<readonly string[]>;
  readonly defined: Fact<readonly string[]>;
  /** Those of the guest's bridges and interfaces that the destination has. */
  readonly interfaces: Fact<ReadonlySet<string>>;
}

/** Whether the destination has what the guest's network cards are plugged into. */
export function checkNetworks({ hosts, needs, active, defined, interfaces }: NetworksFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('networks', `Networks and bridges on ${there}`);
  if (!needs.known) return result('unknown', cantTell(needs.why));
  const { networks, bridges } = needs.value;
  if (networks.length + bridges.length === 0) return result('passed', 'The guest needs none.');
  const missing: string[] = [];
  const cures: string[] = [];
  const activeThere = valueOf(active);
  const lost = activeThere === undefined ? [] : networks.filter((one) => !activeThere.includes(one));
  const asleep = lost.filter((one) => valueOf(defined)?.includes(one) === true);
  const gone = lost.filter((one) => !asleep.includes(one));
  if (gone.length > 0) {
    missing.push(`no network ${listed(gone)}`);
    cures.push(`Define it there: virsh net-dumpxml on ${name(hosts.source)}, virsh net-define on ${there}.`);
  }
  if (asleep.length > 0) {
    missing.push(`the network ${listed(asleep)} inactive`);
    cures.push('Start it there: virsh net-start.');
  }
  const present = valueOf(interfaces);
  const absent = present === undefined ? [] : bridges.filter((one) => !present.has(one));
  if (absent.length > 0) {
    missing.push(`no ${absent.length === 1 ? 'bridge or interface' : 'bridges or interfaces'} ${listed(absent)}`);
    cures.push(`Set it up on ${there} under the same name.`);
  }
  if (missing.length > 0) return result('failed', `${there} has ${missing.join(', and ')}.`, cures.join(' '));
  if (networks.length > 0 && !active.known) return result('unknown', cantTell(active.why));
  if (bridges.length > 0 && !interfaces.known) return result('unknown', cantTell(interfaces.why));
  return result('passed', `${there} has ${listed([...networks, ...bridges])}.`);
}
