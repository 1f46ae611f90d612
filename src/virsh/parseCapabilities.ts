import { attribute, child, children, rootOf, textOf, toXml } from './xml.js';

/** One architecture that a host's libvirt can run guests of. */
export interface GuestSupport {
  readonly arch: string;
  readonly emulators: readonly string[];
  /** Aliases (`pc`) as well as what they stand for (`pc-i440fx-7.2`). */
  readonly machines: readonly string[];
  /** `kvm`, `qemu`. */
  readonly virtTypes: readonly string[];
}

/** What `virsh capabilities` tells of a host. */
export interface HostCapabilities {
  /** libvirt refuses a migration between two hosts of one UUID. */
  readonly uuid: string | undefined;
  readonly arch: string | undefined;
  /** The host's own CPU, for cpu-compare. */
  readonly cpuXml: string | undefined;
  readonly guests: readonly GuestSupport[];
}

/** Throws a `UserError` for what is no capabilities XML. */
export function parseCapabilities(text: string): HostCapabilities {
  const root = rootOf(text, 'capabilities', 'capabilities');
  const host = child(root, 'host');
  const cpu = child(host, 'cpu');
  return {
    uuid: textOf(child(host, 'uuid')),
    arch: textOf(child(cpu, 'arch')),
    cpuXml: cpu === undefined ? undefined : toXml(cpu, 'cpu'),
    guests: children(root, 'guest').flatMap((guest) =>
      children(guest, 'arch').map((arch) => {
        const domains = children(arch, 'domain');
        const told = (name: string): readonly string[] =>
          [arch, ...domains]
            .flatMap((one) => children(one, name))
            .map(textOf)
            .filter((one) => one !== undefined);
        return {
          arch: attribute(arch, 'name') ?? '?',
          emulators: told('emulator'),
          machines: [
            ...told('machine'),
            ...[arch, ...domains]
              .flatMap((one) => children(one, 'machine'))
              .map((one) => attribute(one, 'canonical'))
              .filter((one) => one !== undefined),
          ],
          virtTypes: domains.map((one) => attribute(one, 'type')).filter((one) => one !== undefined),
        };
      }),
    ),
  };
}
