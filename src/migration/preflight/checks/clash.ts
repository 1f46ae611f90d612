import type { Domain } from '../../../hypervisor/model.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, name, type Pair } from './result.js';

export interface ClashFacts {
  readonly hosts: Pair;
  readonly uuid: string;
  readonly domainName: Fact<string>;
  readonly destination: Fact<readonly Pick<Domain, 'uuid' | 'name' | 'state'>[]>;
}

/** Whether the destination has another domain of this name or UUID. */
export function checkClash({ hosts, uuid, domainName, destination }: ClashFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('clash', `Domains of this name or UUID on ${there}`);
  if (!domainName.known) return result('unknown', cantTell(domainName.why));
  if (!destination.known) return result('unknown', cantTell(destination.why));
  const own = domainName.value;
  const twin = destination.value.find((one) => one.uuid.toLowerCase() === uuid.toLowerCase());
  if (twin !== undefined && twin.name !== own) {
    return result(
      'failed',
      `${there} has a domain "${name(twin.name)}" with this guest's UUID.`,
      `Undefine it there, if it is an old copy, or give it another UUID.`,
    );
  }
  if (twin !== undefined && twin.state !== 'shutOff') {
    return result(
      'failed',
      `${there} has this guest already, and it is not shut off there.`,
      'Find out which of the two is the real one before you do anything: they must never both write to one disk.',
    );
  }
  const namesake = destination.value.find((one) => one.name === own && one !== twin);
  if (namesake !== undefined) {
    return result(
      'failed',
      `${there} has another domain named "${name(own)}" (UUID ${name(namesake.uuid)}).`,
      'Rename one of the two: virsh domrename, while it is shut off.',
    );
  }
  if (twin !== undefined) {
    return result(
      'passed',
      `${there} has this guest defined and shut off, from an earlier stay: libvirt takes that up.`,
    );
  }
  return result('passed', `${there} has none.`);
}
