import type { HostVersions } from '../../../virsh/hostCommands.js';
import type { HostCapabilities } from '../../../virsh/parseCapabilities.js';
import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

export interface VersionsFacts {
  readonly hosts: Pair;
  readonly source: Fact<HostVersions>;
  readonly destination: Fact<HostVersions>;
  readonly needs: Fact<DomainNeeds>;
  readonly capabilities: Fact<HostCapabilities>;
}

/** Whether libvirt and QEMU go forwards, and the guest's machine type is known at the destination. */
export function checkVersions({ hosts, source, destination, needs, capabilities }: VersionsFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('versions', 'libvirt and QEMU');
  const machine = missingMachine(needs, capabilities);
  if (machine !== undefined) {
    return result(
      'failed',
      `The guest's machine type is ${words(machine)}, which the QEMU of ${there} does not know.`,
      `Update QEMU on ${there}, or choose another destination.`,
    );
  }
  if (!source.known) return result('unknown', cantTell(source.why));
  if (!destination.known) return result('unknown', cantTell(destination.why));
  const pairs = [
    { what: 'libvirt', from: source.value.libvirt, to: destination.value.libvirt },
    { what: 'QEMU', from: source.value.qemu, to: destination.value.qemu },
  ];
  const told = pairs.map(({ what, from, to }) => `${what} ${from ?? '?'} to ${to ?? '?'}`).join(', ');
  const back = pairs.filter(({ from, to }) => from !== undefined && to !== undefined && compare(from, to) > 0);
  if (back.length > 0) {
    return result(
      'warned',
      `${back.map(({ what }) => what).join(' and ')} would go backwards: ${told}.`,
      'An older version may not understand what a newer one sends; it then fails, and the guest stays where it is.',
    );
  }
  if (pairs.some(({ from, to }) => from === undefined || to === undefined)) {
    return result('unknown', `Can't tell: ${told}.`);
  }
  return result('passed', `From ${told}.`);
}

function missingMachine(needs: Fact<DomainNeeds>, capabilities: Fact<HostCapabilities>): string | undefined {
  if (!needs.known || !capabilities.known) return undefined;
  const { arch, machine } = needs.value;
  if (arch === undefined || machine === undefined) return undefined;
  const machines = capabilities.value.guests.filter((guest) => guest.arch === arch).flatMap((guest) => guest.machines);
  // Nothing told of an architecture is told by the check of architectures.
  return machines.length === 0 || machines.includes(machine) ? undefined : machine;
}

/** Above 0 where `a` is the newer. */
export function compare(a: string, b: string): number {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let at = 0; at < Math.max(x.length, y.length); at += 1) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
