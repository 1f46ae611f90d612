import { attribute, bytesOf, child, children, rootOf, textOf, toXml, type XmlNode } from './xml.js';

/** Where a disk's bytes are. `network`: reached over the network by whoever runs the guest (rbd, nbd, iscsi, ...). */
export type DiskKind = 'file' | 'block' | 'network' | 'volume' | 'other';

export interface DiskNeed {
  /** What the guest calls it: `vda`. */
  readonly target: string;
  readonly kind: DiskKind;
  /** Of a file, a block device or a folder. */
  readonly path: string | undefined;
  /** Of a volume. */
  readonly pool: string | undefined;
  /** libvirt copies neither these nor what is `shareable`. */
  readonly readOnly: boolean;
  readonly shareable: boolean;
  /** The files it is based on, the nearest first. */
  readonly backing: readonly string[];
}

/** What keeps a guest on its host. `certain`: libvirt refuses it; else it depends on more than its XML tells. */
export interface Obstacle {
  readonly what: string;
  readonly certain: boolean;
}

/** What a running domain needs of the host it runs on, by its XML. Texts may hold anything. */
export interface DomainNeeds {
  readonly name: string | undefined;
  readonly virtType: string | undefined;
  readonly arch: string | undefined;
  readonly machine: string | undefined;
  readonly emulator: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly hugePages: boolean;
  /** `custom`, `host-model`, `host-passthrough`, `maximum`. */
  readonly cpuMode: string | undefined;
  /** The whole element, for cpu-compare; undefined where the guest asks for no model. */
  readonly cpuXml: string | undefined;
  /** libvirt's networks. */
  readonly networks: readonly string[];
  /** Bridges and other interfaces of the host. */
  readonly bridges: readonly string[];
  /** Firmware and kernels: read when QEMU starts, on the destination as well. */
  readonly files: readonly string[];
  /** Those that have a source: an empty drive needs nothing. */
  readonly disks: readonly DiskNeed[];
  readonly obstacles: readonly Obstacle[];
}

/** Throws a `UserError` for what is no domain XML. */
export function parseDomainNeeds(text: string): DomainNeeds {
  const domain = rootOf(text, 'domain', 'dumpxml');
  const os = child(domain, 'os');
  const type = child(os, 'type');
  const devices = child(domain, 'devices');
  const cpu = child(domain, 'cpu');
  const interfaces = children(devices, 'interface');
  const mode = attribute(cpu, 'mode') ?? (child(cpu, 'model') === undefined ? undefined : 'custom');
  return {
    name: textOf(child(domain, 'name')),
    virtType: attribute(domain, 'type'),
    arch: attribute(type, 'arch'),
    machine: attribute(type, 'machine'),
    emulator: textOf(child(devices, 'emulator')),
    memoryBytes: bytesOf(child(domain, 'memory')),
    hugePages: child(domain, 'memoryBacking', 'hugepages') !== undefined,
    cpuMode: mode,
    cpuXml: cpu === undefined || mode === undefined ? undefined : toXml(cpu, 'cpu'),
    networks: unique(interfaces.map((one) => sourceOf(one, 'network', 'network'))),
    bridges: unique(interfaces.flatMap((one) => [sourceOf(one, 'bridge', 'bridge'), sourceOf(one, 'direct', 'dev')])),
    files: unique(['loader', 'kernel', 'initrd', 'dtb'].map((name) => textOf(child(os, name)))),
    disks: children(devices, 'disk').flatMap(diskOf),
    obstacles: obstaclesOf(domain, devices, interfaces),
  };
}

function sourceOf(node: XmlNode, type: string, name: string): string | undefined {
  return attribute(node, 'type') === type ? attribute(child(node, 'source'), name) : undefined;
}

function diskOf(disk: XmlNode): readonly DiskNeed[] {
  const source = child(disk, 'source');
  if (source === undefined) return [];
  const type = attribute(disk, 'type');
  const path = pathOf(source);
  const pool = attribute(source, 'pool');
  if (type !== 'network' && path === undefined && pool === undefined) return [];
  return [
    {
      target: attribute(child(disk, 'target'), 'dev') ?? '?',
      kind: kindOf(type),
      path,
      pool: type === 'volume' ? pool : undefined,
      readOnly: child(disk, 'readonly') !== undefined,
      shareable: child(disk, 'shareable') !== undefined,
      backing: backingOf(child(disk, 'backingStore')),
    },
  ];
}

function kindOf(type: string | undefined): DiskKind {
  return type === 'file' || type === 'block' || type === 'network' || type === 'volume' ? type : 'other';
}

function pathOf(source: XmlNode | undefined): string | undefined {
  return attribute(source, 'file') ?? attribute(source, 'dev') ?? attribute(source, 'dir');
}

function backingOf(store: XmlNode | undefined): readonly string[] {
  if (store === undefined) return [];
  const path = pathOf(child(store, 'source'));
  return [...(path === undefined ? [] : [path]), ...backingOf(child(store, 'backingStore'))];
}

/** What libvirt's qemuMigrationSrcIsAllowed refuses, and QEMU's own blockers as far as XML shows them. */
function obstaclesOf(
  domain: XmlNode,
  devices: XmlNode | undefined,
  interfaces: readonly XmlNode[],
): readonly Obstacle[] {
  const found: Obstacle[] = [];
  for (const hostdev of children(devices, 'hostdev')) found.push(...hostdevObstacle(hostdev));
  for (const one of interfaces) {
    const type = attribute(one, 'type');
    const target = attribute(child(one, 'target'), 'dev') ?? attribute(child(one, 'mac'), 'address') ?? '?';
    if (type === 'hostdev' && !isTransient(one)) {
      found.push({
        what: `the network card ${target} is a device of the host's (hostdev, no teaming)`,
        certain: false,
      });
    }
    if (type === 'vdpa') found.push({ what: `the network card ${target} is a vDPA device`, certain: false });
  }
  for (const shared of children(devices, 'filesystem')) {
    const what = attribute(child(shared, 'target'), 'dir') ?? '?';
    const driver = attribute(child(shared, 'driver'), 'type') === 'virtiofs' ? 'virtiofs' : '9p';
    found.push({ what: `the shared folder ${what} (${driver})`, certain: driver === '9p' });
  }
  for (const shmem of children(devices, 'shmem')) {
    if (attribute(shmem, 'role') !== 'master') {
      found.push({ what: `the shared memory ${attribute(shmem, 'name') ?? '?'} (no role master)`, certain: true });
    }
  }
  for (const tpm of children(devices, 'tpm')) {
    if (attribute(child(tpm, 'backend'), 'type') === 'passthrough')
      found.push({ what: "the host's own TPM", certain: true });
  }
  for (const disk of children(devices, 'disk')) {
    const target = attribute(child(disk, 'target'), 'dev') ?? '?';
    if (child(disk, 'transient') !== undefined) found.push({ what: `the transient disk ${target}`, certain: true });
    if (attribute(disk, 'type') === 'nvme')
      found.push({ what: `the disk ${target}, an NVMe device of the host's`, certain: true });
  }
  return [...found, ...clockObstacle(domain)];
}

function hostdevObstacle(hostdev: XmlNode): readonly Obstacle[] {
  const type = attribute(hostdev, 'type') ?? attribute(hostdev, 'mode') ?? '?';
  if (isTransient(hostdev)) return [];
  const what = `a device of the host's (hostdev, ${type})`;
  // libvirt lets a USB device go, and it is gone then; newer ones leave a PCI device to its driver, by VFIO.
  return [{ what: type === 'usb' ? `${what}, which stays behind` : what, certain: type !== 'usb' && type !== 'pci' }];
}

/** QEMU takes such a device out for the migration: the guest goes on with its partner. */
function isTransient(node: XmlNode): boolean {
  return attribute(child(node, 'teaming'), 'type') === 'transient';
}

/** QEMU refuses an invariant TSC whose frequency is not told. */
function clockObstacle(domain: XmlNode): readonly Obstacle[] {
  const invariant = children(child(domain, 'cpu'), 'feature').some(
    (one) => attribute(one, 'name') === 'invtsc' && attribute(one, 'policy') !== 'disable',
  );
  const told = children(child(domain, 'clock'), 'timer').some(
    (one) => attribute(one, 'name') === 'tsc' && attribute(one, 'frequency') !== undefined,
  );
  return invariant && !told ? [{ what: 'the CPU feature invtsc without a frequency of the TSC', certain: true }] : [];
}

function unique(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
