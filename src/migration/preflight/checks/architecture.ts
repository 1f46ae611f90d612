import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import type { HostCapabilities } from '../../../virsh/parseCapabilities.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

export interface ArchitectureFacts {
  readonly hosts: Pair;
  readonly needs: Fact<DomainNeeds>;
  readonly destination: Fact<HostCapabilities>;
  /** Whether the destination has a file at the path of the guest's emulator. */
  readonly emulatorThere: Fact<boolean>;
}

/** Whether the destination runs guests of this architecture, by the same kind of virtualisation and at the same path. */
export function checkArchitecture({ hosts, needs, destination, emulatorThere }: ArchitectureFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('architecture', `Architecture of ${there}`);
  if (!needs.known) return result('unknown', cantTell(needs.why));
  if (!destination.known) return result('unknown', cantTell(destination.why));
  const { arch, virtType, emulator } = needs.value;
  if (arch === undefined) return result('unknown', cantTell('the domain names no architecture'));
  const support = destination.value.guests.filter((guest) => guest.arch === arch);
  const host = destination.value.arch;
  if (support.length === 0) {
    const is = host === undefined ? '' : ` It is ${words(host)}.`;
    return result(
      'failed',
      `The guest is ${words(arch)}, and ${there} runs no such guests.${is}`,
      'Choose another destination.',
    );
  }
  if (virtType !== undefined && !support.some(({ virtTypes }) => virtTypes.includes(virtType))) {
    const kvm =
      virtType === 'kvm'
        ? `Switch virtualisation on in the firmware of ${there}, or choose another destination.`
        : 'Choose another destination.';
    return result('failed', `The guest runs by ${words(virtType)}, and ${there} has none for ${words(arch)}.`, kvm);
  }
  if (emulator !== undefined && emulatorThere.known && !emulatorThere.value) {
    return result(
      'failed',
      `The guest runs in ${words(emulator)}, and ${there} has no such program.`,
      `Install the same QEMU package on ${there}, or have "emulator" of the domain name one that both hosts have.`,
    );
  }
  const by = virtType === undefined ? '' : ` by ${words(virtType)}`;
  return result('passed', `${there} runs ${words(arch)} guests${by}.`);
}
