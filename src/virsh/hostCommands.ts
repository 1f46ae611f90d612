import { UserError } from '../base/errors.js';
import type { VirshCommand } from './command.js';
import { type HostCapabilities, parseCapabilities } from './parseCapabilities.js';
import { type DomainNeeds, parseDomainNeeds } from './parseDomainNeeds.js';
import { type NodeNetDevice, parseNodeNetDevice, parseStoragePool, type StoragePool } from './parseNodeXml.js';

/** What the pre-flight asks of hosts, on the slow lane. Nothing here changes anything. */

const timeoutMs = 40_000;

const ask = <T>(args: readonly string[], parse: VirshCommand<T>['parse']): VirshCommand<T> => ({
  args,
  lane: 'slow',
  timeoutMs,
  parse,
});

/** The name a host's libvirt gives to a source that asks where memory is to be sent. */
export function hostname(): VirshCommand<string> {
  return ask(['hostname'], ({ stdout }) => {
    const name = stdout.trim();
    if (!/^\S+$/.test(name)) throw new UserError('virsh hostname answered no name.');
    return name;
  });
}

export interface HostVersions {
  readonly libvirt: string | undefined;
  /** `QEMU 7.2.22`; undefined where libvirt knows none. */
  readonly qemu: string | undefined;
}

export function hostVersions(): VirshCommand<HostVersions> {
  return ask(['version'], ({ stdout }) => ({
    libvirt: /Using library: libvirt ([\d.]+)/.exec(stdout)?.[1],
    qemu: /Running hypervisor: QEMU ([\d.]+)/.exec(stdout)?.[1],
  }));
}

export interface NodeMemory {
  readonly totalBytes: number | undefined;
  readonly freeBytes: number;
  /** Buffers and cache: the kernel gives most of it up for a guest. */
  readonly reclaimableBytes: number;
}

/** Since 0.9.3. */
export function nodeMemory(): VirshCommand<NodeMemory> {
  return ask(['nodememstats'], ({ stdout }) => {
    const bytesOf = (name: string): number | undefined => {
      const kib = new RegExp(`^\\s*${name}\\s*:\\s*(\\d+) KiB`, 'm').exec(stdout)?.[1];
      return kib === undefined ? undefined : Number(kib) * 1024;
    };
    const freeBytes = bytesOf('free');
    if (freeBytes === undefined) throw new UserError('virsh nodememstats tells no free memory.');
    const reclaimableBytes = (bytesOf('buffers') ?? 0) + (bytesOf('cached') ?? 0);
    return { totalBytes: bytesOf('total'), freeBytes, reclaimableBytes };
  });
}

/** For a libvirt that has no nodememstats: free memory alone, cache not counted. */
export function freeMemory(): VirshCommand<NodeMemory> {
  return ask(['freecell'], ({ stdout }) => {
    const kib = /Total\s*:\s*(\d+) Ki?B/i.exec(stdout)?.[1];
    if (kib === undefined) throw new UserError('virsh freecell tells no free memory.');
    return { totalBytes: undefined, freeBytes: Number(kib) * 1024, reclaimableBytes: 0 };
  });
}

/** Of the domains that are defined, running or not. */
export function persistentUuids(): VirshCommand<ReadonlySet<string>> {
  return ask(['list', '--all', '--persistent', '--uuid'], ({ stdout }) => new Set(linesOf(stdout)));
}

/** Names, one a line: of those that are active, or of all. */
export function networkNames(which: 'active' | 'all'): VirshCommand<readonly string[]> {
  return ask(['net-list', ...(which === 'all' ? ['--all'] : []), '--name'], ({ stdout }) => linesOf(stdout));
}

/** Of those that are active. A pool is asked about by its UUID: a name may hold anything. */
export function poolUuids(): VirshCommand<readonly string[]> {
  return ask(['pool-list', '--uuid'], ({ stdout }) => linesOf(stdout).filter((line) => /^[0-9a-f-]{36}$/i.test(line)));
}

export function poolXml(uuid: string): VirshCommand<StoragePool> {
  return ask(['pool-dumpxml', uuid], ({ stdout }) => parseStoragePool(stdout));
}

export function hostCapabilities(): VirshCommand<HostCapabilities> {
  return ask(['capabilities'], ({ stdout }) => parseCapabilities(stdout));
}

/** The network cards, as libvirt names them: `net_eth0_52_54_00_12_34_56`. */
export function netDevices(): VirshCommand<readonly string[]> {
  return ask(['nodedev-list', '--cap', 'net'], ({ stdout }) => linesOf(stdout).filter((line) => /^\S+$/.test(line)));
}

export function netDevice(name: string): VirshCommand<NodeNetDevice> {
  return ask(['nodedev-dumpxml', name], ({ stdout }) => parseNodeNetDevice(stdout));
}

/** `migratable`: as it would be sent to a destination; refused to who may only read. */
export function domainNeeds(uuid: string, { migratable }: { readonly migratable: boolean }): VirshCommand<DomainNeeds> {
  return ask(['dumpxml', ...(migratable ? ['--migratable'] : []), uuid], ({ stdout }) => parseDomainNeeds(stdout));
}

export function snapshotNames(uuid: string): VirshCommand<readonly string[]> {
  return ask(['snapshot-list', '--name', uuid], ({ stdout }) => linesOf(stdout));
}

/**
 * Has QEMU measure for so long (1 to 60 s) what the guest writes (since 7.2), by samples of its pages. Never for a domain that migrates: it
 * waits 30 s there for a lock and fails. Never with `--mode dirty-bitmap`: it killed an emulated guest of QEMU 7.2's.
 */
export function measureDirtyRate(uuid: string, seconds: number): VirshCommand<void> {
  return ask(['domdirtyrate-calc', uuid, '--seconds', String(seconds)], () => undefined);
}

export interface DomainFigures {
  /** What QEMU takes of the host's memory. */
  readonly residentBytes: number | undefined;
  /** Of a finished measurement; undefined while one runs, and where nothing is told. */
  readonly dirtyBytesPerSecond: number | undefined;
  /** For how long that was measured, in whole seconds. */
  readonly periodSeconds: number | undefined;
  /** The time that its virtual CPUs have had of the host's, all of them together, since its QEMU began; by a clock of 10 ms steps. */
  readonly vcpuMs: number | undefined;
  /** How long the answer was, in characters. */
  readonly length: number;
}

/** Groups of `domstats`: since 1.2.9, `dirtyrate` since 7.2. Later libvirts tell some 40 figures of each virtual CPU. */
export type FigureGroup = 'balloon' | 'vcpu' | 'dirtyrate';

/** Of a running domain; what was not asked for is undefined. Waits for no lock (since 4.5). The rate is that of the last measurement. */
export function domainFigures(uuid: string, groups: readonly FigureGroup[]): VirshCommand<DomainFigures> {
  return ask(['domstats', ...groups.map((group) => `--${group}`), '--nowait', uuid], ({ stdout }) => {
    const figures = (name: string): number[] =>
      [...stdout.matchAll(new RegExp(`^\\s*${name}=(\\d{1,20})\\s*$`, 'gm'))].map(([, digits]) => Number(digits));
    const figure = (name: string): number | undefined => figures(name)[0];
    const residentKib = figure('balloon\\.rss');
    const status = figure('dirtyrate\\.calc_status');
    const rate = figure('dirtyrate\\.megabytes_per_second');
    const vcpuNs = figures('vcpu\\.\\d+\\.time');
    return {
      residentBytes: residentKib === undefined ? undefined : residentKib * 1024,
      // Status 2 is a finished measurement. The unit is MiB, whatever the name says.
      dirtyBytesPerSecond: status === 2 && rate !== undefined ? rate * 1024 * 1024 : undefined,
      periodSeconds: figure('dirtyrate\\.calc_period'),
      vcpuMs: vcpuNs.length === 0 ? undefined : vcpuNs.reduce((sum, ns) => sum + ns, 0) / 1e6,
      length: stdout.length,
    };
  });
}

function linesOf(stdout: string): readonly string[] {
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
