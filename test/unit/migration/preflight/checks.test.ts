import { describe, expect, it } from 'vitest';
import { checkArchitecture } from '../../../../src/migration/preflight/checks/architecture.js';
import { checkClash } from '../../../../src/migration/preflight/checks/clash.js';
import { checkClock } from '../../../../src/migration/preflight/checks/clock.js';
import { checkCpu } from '../../../../src/migration/preflight/checks/cpu.js';
import { checkDevices } from '../../../../src/migration/preflight/checks/devices.js';
import { checkHostname } from '../../../../src/migration/preflight/checks/hostname.js';
import { checkLink } from '../../../../src/migration/preflight/checks/link.js';
import { checkMemory } from '../../../../src/migration/preflight/checks/memory.js';
import { checkNetworks } from '../../../../src/migration/preflight/checks/networks.js';
import { checkPorts } from '../../../../src/migration/preflight/checks/ports.js';
import { checkReachable, type ReachableFacts } from '../../../../src/migration/preflight/checks/reachable.js';
import { checkStorage, copyOf, isSame, type StorageFacts } from '../../../../src/migration/preflight/checks/storage.js';
import { checkVersions, compare } from '../../../../src/migration/preflight/checks/versions.js';
import { type Fact, known, untold } from '../../../../src/migration/preflight/fact.js';
import type { FileSight } from '../../../../src/virsh/scripts/files.js';
import type { PortState } from '../../../../src/virsh/scripts/network.js';
import type { DiskNeed, DomainNeeds } from '../../../../src/virsh/parseDomainNeeds.js';

const hosts = { source: 'hv1', destination: 'hv2' };
const gib = 2 ** 30;
const deaf = untold('hv2 runs no sh for this login.');

function needs(told: Partial<DomainNeeds> = {}): Fact<DomainNeeds> {
  return known({
    name: 'web-1',
    virtType: 'kvm',
    arch: 'x86_64',
    machine: 'pc-q35-7.2',
    emulator: '/usr/bin/qemu-system-x86_64',
    memoryBytes: 4 * gib,
    hugePages: false,
    cpuMode: 'custom',
    cpuXml: '<cpu/>',
    networks: [],
    bridges: [],
    files: [],
    disks: [],
    obstacles: [],
    ...told,
  });
}

describe('whether the destination is reachable', () => {
  const root = known({ isRoot: true, who: 'root' });
  const ops = known({ isRoot: false, who: 'uid 1000 (ops)' });
  const reached = known({ reached: true, hostname: 'hv2' } as const);
  const refused = (words: string): ReachableFacts['attempt'] => known({ reached: false, words });
  const facts = (told: Partial<ReachableFacts>): ReachableFacts => ({
    hosts,
    uri: 'qemu+ssh://hv2/system',
    p2p: true,
    attempt: reached,
    identity: root,
    hostname: 'hv2',
    sourceUuid: 'a',
    destinationUuid: 'b',
    ...told,
  });

  it.each([
    ['as root', {}, 'passed', 'hv2 answers hv1 by this URI.'],
    [
      'as another user',
      { identity: ops },
      'unknown',
      "Can't tell: tested as uid 1000 (ops), and libvirtd does it as root. Tested so, hv2 answers hv1 by this URI.",
    ],
    [
      'as another user whose virsh it is that connects',
      { identity: ops, p2p: false },
      'passed',
      'hv2 answers hv1 by this URI.',
    ],
    [
      'refused',
      { attempt: refused('Permission denied (publickey).') },
      'failed',
      'hv1 does not reach it: Permission denied (publickey).',
    ],
    ['not tested', { attempt: deaf }, 'unknown', "Can't tell: hv2 runs no sh for this login."],
    ['another host', { hostname: 'kvm-2' }, 'failed', 'On hv1 this URI leads to hv2, and hv2 calls itself kvm-2.'],
    [
      'a twin',
      { destinationUuid: 'a' },
      'failed',
      'Both hosts have the libvirt host UUID a: to libvirt they are one host, and it refuses.',
    ],
  ] as const)('is said: %s', (_, told, verdict, reason) => {
    expect(checkReachable(facts(told))).toMatchObject({ verdict, reason });
  });

  it.each([
    ['Host key verification failed.', /known_hosts on hv1/],
    ['Permission denied (publickey).', /root's key on hv1/],
    ["Cannot read CA certificate '/etc/pki/CA/cacert.pem'", /TLS certificates/],
    ['no answer within 6 s', /firewall/],
  ])('comes with what to do: %s', (words, advice) => {
    expect(checkReachable(facts({ attempt: refused(words) })).advice).toMatch(advice);
  });
});

describe('the address that memory is sent to', () => {
  it.each([
    [
      'a name of its own',
      undefined,
      'hv2',
      ['10.0.0.2'],
      ['10.0.0.2'],
      'passed',
      'hv2 calls itself hv2, which is 10.0.0.2 for hv1.',
    ],
    ['localhost', undefined, 'localhost.localdomain', [], [], 'failed', 'leads everyone back'],
    ['a name nobody knows', undefined, 'kvm-7', [], ['10.0.0.2'], 'failed', 'hv1 does not know that name'],
    ['a name that is the source to the source', undefined, 'hv2', ['127.0.1.1'], ['10.0.0.2'], 'failed', 'to itself'],
    [
      'a name that is loopback there',
      undefined,
      'hv2',
      ['10.0.0.2'],
      ['127.0.1.1'],
      'warned',
      'on hv2 itself hv2 leads to 127.0.1.1',
    ],
    ['such a name, and a migration URI', '10.0.0.2', 'hv2', ['10.0.0.2'], ['127.0.1.1'], 'passed', 'no matter'],
    ['a migration URI that leads back', 'localhost', 'hv2', ['::1', '127.0.0.1'], ['10.0.0.2'], 'failed', 'to itself'],
  ] as const)('is seen through: %s', (_, migrationHost, hostname, atSource, atDestination, verdict, reason) => {
    const line = checkHostname({
      hosts,
      migrationHost,
      hostname: known(hostname),
      atSource: known(atSource),
      atDestination: known(atDestination),
    });
    expect(line).toMatchObject({ verdict, reason: expect.stringContaining(reason) as string });
    if (verdict !== 'passed') expect(line.advice).toMatch(/^Give a migration URI/);
  });

  it("can't be told where the source can't be asked", () => {
    const line = checkHostname({
      hosts,
      migrationHost: undefined,
      hostname: known('hv2'),
      atSource: deaf,
      atDestination: deaf,
    });
    expect(line).toMatchObject({
      verdict: 'unknown',
      reason: "hv2 calls itself hv2. Can't tell: hv2 runs no sh for this login.",
    });
  });
});

describe('the migration ports', () => {
  it.each([
    ['refused', 'refused', 'passed'],
    ['open', 'refused', 'passed'],
    ['filtered', 'refused', 'failed'],
    ['refused', 'blocked', 'failed'],
    ['untold', 'refused', 'unknown'],
    ['untold', 'filtered', 'failed'],
  ] as const)('of which the first is %s and the last %s: %s', (first, last, verdict) => {
    const answer = (port: number, state: PortState): { port: number; state: PortState; words: string } => ({
      port,
      state,
      words: '',
    });
    const answers = known([answer(49_152, first), answer(49_215, last)]);
    expect(checkPorts({ hosts, address: known('10.0.0.2'), answers }).verdict).toBe(verdict);
  });

  it.each([
    [[49_152, 49_215], 'Open the ports 49152 to 49215 (TCP) on hv2 for hv1'],
    [[50_000], 'Open the port 50000 (TCP) on hv2 for hv1'],
  ])('that give no answer are those to open: %j', (ports, advice) => {
    const answers = known(ports.map((port) => ({ port, state: 'filtered' as const, words: '' })));
    expect(checkPorts({ hosts, address: known('10.0.0.2'), answers }).advice).toContain(advice);
  });

  it('are not tried without an address', () => {
    expect(checkPorts({ hosts, address: deaf, answers: deaf }).verdict).toBe('unknown');
  });
});

describe('the architecture', () => {
  const there = (virtTypes: readonly string[]): Fact<never> =>
    known({
      uuid: 'b',
      arch: 'x86_64',
      cpuXml: undefined,
      guests: [{ arch: 'x86_64', emulators: [], machines: [], virtTypes }],
    }) as unknown as Fact<never>;
  it.each([
    ['the same', {}, ['qemu', 'kvm'], true, 'passed'],
    ['another', { arch: 'aarch64' }, ['qemu', 'kvm'], true, 'failed'],
    ['without KVM', {}, ['qemu'], true, 'failed'],
    ['without its emulator', {}, ['kvm'], false, 'failed'],
  ] as const)('is %s', (_, told, virtTypes, emulator, verdict) => {
    const facts = { hosts, needs: needs(told), destination: there(virtTypes), emulatorThere: known(emulator) };
    expect(checkArchitecture(facts).verdict).toBe(verdict);
  });
});

describe('the CPU', () => {
  it.each([
    ['custom', 'identical', 'passed'],
    ['custom', 'superset', 'passed'],
    ['custom', 'incompatible', 'failed'],
    ['host-passthrough', 'identical', 'passed'],
    ['host-passthrough', 'superset', 'warned'],
    ['host-passthrough', 'incompatible', 'failed'],
  ] as const)('of mode %s on a host whose CPU is %s: %s', (cpuMode, verdict, expected) => {
    const words = 'the CPU is incompatible with host CPU: Host CPU does not provide required features: hle';
    const line = checkCpu({ hosts, needs: needs({ cpuMode }), answer: known({ verdict, words }) });
    expect(line.verdict).toBe(expected);
    if (expected === 'failed') expect(line.reason).toMatch(/: Host CPU does not provide required features: hle\.$/);
  });

  it('that nobody asks for is no question', () => {
    expect(checkCpu({ hosts, needs: needs({ cpuXml: undefined }), answer: deaf }).verdict).toBe('passed');
    expect(checkCpu({ hosts, needs: needs(), answer: deaf }).verdict).toBe('unknown');
  });
});

describe('free memory', () => {
  it.each([
    [8, 0, 64, 'passed'],
    [2, 6, 64, 'passed'],
    [4, 0, 64, 'failed'],
    [4.5, 1, 64, 'warned'],
    [5, 0, undefined, 'passed'],
  ] as const)('of %d GiB and %d GiB of cache, of %s: %s', (free, cache, total, verdict) => {
    const told = known({
      totalBytes: total === undefined ? undefined : total * gib,
      freeBytes: free * gib,
      reclaimableBytes: cache * gib,
    });
    expect(checkMemory({ hosts, needs: needs(), free: told }).verdict).toBe(verdict);
  });

  it('of huge pages is another question', () => {
    expect(checkMemory({ hosts, needs: needs({ hugePages: true }), free: deaf })).toMatchObject({
      verdict: 'unknown',
      advice: expect.stringContaining('freepages') as string,
    });
  });
});

describe('networks and bridges', () => {
  const facts = (active: readonly string[], defined: readonly string[], interfaces: readonly string[]) => ({
    hosts,
    active: known(active),
    defined: known(defined),
    interfaces: known(new Set(interfaces)),
  });
  const wanted = needs({ networks: ['lan 7', 'dmz'], bridges: ['br0'] });
  it.each([
    ['all there', facts(['lan 7', 'dmz'], ['lan 7', 'dmz'], ['br0']), 'passed', 'hv2 has lan 7, dmz and br0.'],
    ['one missing', facts(['dmz'], ['dmz'], ['br0']), 'failed', 'hv2 has no network lan 7.'],
    ['one asleep', facts(['dmz'], ['dmz', 'lan 7'], ['br0']), 'failed', 'hv2 has the network lan 7 inactive.'],
    ['no bridge', facts(['lan 7', 'dmz'], [], []), 'failed', 'hv2 has no bridge or interface br0.'],
    [
      'no sh',
      { ...facts(['lan 7', 'dmz'], [], []), interfaces: deaf },
      'unknown',
      "Can't tell: hv2 runs no sh for this login.",
    ],
  ] as const)('are looked for: %s', (_, told, verdict, reason) => {
    expect(checkNetworks({ ...told, needs: wanted })).toMatchObject({ verdict, reason });
  });

  it('are not needed by a guest without cards', () => {
    const nothing = { hosts, needs: needs(), active: deaf, defined: deaf, interfaces: deaf };
    expect(checkNetworks(nothing).verdict).toBe('passed');
  });
});

describe('disks', () => {
  const disk = (told: Partial<DiskNeed> = {}): DiskNeed => ({
    target: 'vda',
    kind: 'file',
    path: '/images/a.qcow2',
    pool: undefined,
    readOnly: false,
    shareable: false,
    backing: [],
    ...told,
  });
  const sight = (told: Partial<FileSight> = {}): FileSight => ({
    state: 'present',
    fileSystem: 'ext2/ext3',
    inode: '7',
    sizeBytes: gib,
    allocatedBytes: gib,
    birth: '2026-01-01 00:00:00.123456789 +0000',
    freeBytes: 100 * gib,
    ...told,
  });
  const nfs = sight({ fileSystem: 'nfs', birth: undefined });
  const other = sight({ inode: '8', birth: '2026-01-02 00:00:00.5 +0000' });
  const missing = sight({ state: 'missing', inode: undefined, allocatedBytes: undefined, birth: undefined });
  const denied = sight({ state: 'denied', inode: undefined });

  it.each([
    ['on one NFS', nfs, nfs, true],
    ['on two NFS', nfs, { ...nfs, inode: '9' }, false],
    ['on one file system of the machine', sight(), sight(), true],
    ['of one number on two machines', sight(), sight({ birth: '2026-01-02 00:00:00.5 +0000' }), false],
    [
      'of one number, where nobody tells when they were made',
      sight({ birth: undefined }),
      sight({ birth: undefined }),
      false,
    ],
    ['missing', sight(), missing, false],
    ['hidden', sight(), denied, undefined],
  ])('are the same, or not: %s', (_, here, there, same) => {
    expect(isSame(here, there)).toBe(same);
  });

  const facts = (mode: StorageFacts['mode'], one: DiskNeed, here: FileSight, there: FileSight): StorageFacts => ({
    hosts,
    mode,
    needs: needs({ disks: [one] }),
    atSource: known(new Map([['/images/a.qcow2', here]])),
    atDestination: known(new Map([['/images/a.qcow2', there]])),
    pools: known([{ name: 'images', path: '/pool/' }]),
  });

  it.each([
    ['shared', disk(), nfs, nfs, 'passed', /both hosts see the same vda/i],
    ['shared', disk(), sight(), sight(), 'warned', /unsafe/],
    ['shared', disk(), sight(), other, 'failed', /not shared, and has to be copied/],
    ['shared', disk(), sight(), missing, 'failed', /hv2 does not have vda/],
    ['shared', disk(), sight(), denied, 'unknown', /may not look/],
    ['shared', disk({ readOnly: true }), sight(), missing, 'failed', /does not copy/],
    ['shared', disk({ readOnly: true }), sight(), other, 'passed', /has vda/],
    ['shared', disk({ kind: 'block' }), sight(), other, 'warned', /same device/],
    ['shared', disk({ kind: 'network', path: undefined }), sight(), missing, 'passed', /over the network/],
    ['shared', disk({ kind: 'volume', path: undefined, pool: 'images' }), sight(), missing, 'passed', /pool images/],
    [
      'shared',
      disk({ kind: 'volume', path: undefined, pool: 'gone' }),
      sight(),
      missing,
      'failed',
      /no active pool gone/,
    ],
    ['shared', disk(), denied, other, 'unknown', /can't tell whether both hosts see the same vda.*on hv1/i],
    ['copyAll', disk(), sight(), other, 'passed', /overwritten/],
    ['copyAll', disk(), denied, other, 'unknown', /can't tell whether both hosts see the same vda.*on hv1/i],
    ['copyAll', disk(), nfs, nfs, 'failed', /overwrite it with itself/],
    ['copyAll', disk(), sight(), missing, 'failed', /no active pool for \/images/],
    ['copyAll', disk({ path: '/pool/a.qcow2' }), sight(), missing, 'unknown', /may not look/],
    ['copyAll', disk(), sight({ allocatedBytes: 200 * gib }), other, 'failed', /200 GiB|199 GiB/],
    ['copyAll', disk({ readOnly: true }), sight(), missing, 'failed', /does not copy/],
  ] as const)('with %s: %#', (mode, one, here, there, verdict, reason) => {
    const line = checkStorage(facts(mode, one, here, there));
    expect(line.reason).toMatch(reason);
    expect(line.verdict).toBe(verdict);
  });

  it('are created by libvirt where the folder is a pool', () => {
    const told = facts('copyAll', disk({ path: '/pool/a.qcow2' }), sight(), missing);
    const at = known(new Map([['/pool/a.qcow2', missing]]));
    expect(checkStorage({ ...told, atDestination: at }).reason).toMatch(/^libvirt creates vda/);
  });

  it('come with the files that QEMU reads when it starts', () => {
    const told = { ...facts('shared', disk(), nfs, nfs), needs: needs({ files: ['/fw.fd'] }) };
    const at = known(new Map([['/fw.fd', missing]]));
    expect(checkStorage({ ...told, atDestination: at })).toMatchObject({
      verdict: 'failed',
      reason: 'hv2 does not have /fw.fd, which QEMU reads when it starts.',
    });
    const hidden = new Map([
      ['/images/a.qcow2', nfs],
      ['/fw.fd', denied],
    ]);
    expect(checkStorage({ ...told, atDestination: known(hidden) })).toMatchObject({
      verdict: 'unknown',
      reason: "Can't tell of /fw.fd: this login may not look there.",
    });
  });

  it('are counted for what a copy moves', () => {
    const here = known(new Map([['/images/a.qcow2', sight()]]));
    expect(copyOf([disk(), disk({ readOnly: true })], here, known(new Map([['/images/a.qcow2', other]])))).toEqual({
      copyBytes: gib,
      needsCopy: true,
    });
    expect(copyOf([], here, here).needsCopy).toBeUndefined();
    expect(copyOf([disk()], here, deaf).needsCopy).toBeUndefined();
  });
});

describe('devices', () => {
  it.each([
    [[], [], 'passed'],
    [[{ what: 'a device of the host (pci)', certain: false }], [], 'warned'],
    [[{ what: 'a device of the host (mdev)', certain: true }], [], 'failed'],
    [[], ['before-upgrade'], 'failed'],
  ])('%j with the snapshots %j: %s', (obstacles, snapshots, verdict) => {
    expect(checkDevices({ hosts, needs: needs({ obstacles }), snapshots: known(snapshots) }).verdict).toBe(verdict);
  });

  it('are not called none where nobody can tell of snapshots', () => {
    expect(checkDevices({ hosts, needs: needs({}), snapshots: deaf }).verdict).toBe('unknown');
  });
});

describe('a clash', () => {
  const uuid = '11111111-2222-3333-4444-555555555555';
  it.each([
    ['none', [], 'passed'],
    ['the name', [{ uuid: 'x', name: 'web-1', state: 'shutOff' }], 'failed'],
    ['the UUID', [{ uuid: uuid.toUpperCase(), name: 'web-2', state: 'shutOff' }], 'failed'],
    ['the guest itself, shut off', [{ uuid, name: 'web-1', state: 'shutOff' }], 'passed'],
    ['the guest itself, running', [{ uuid, name: 'web-1', state: 'running' }], 'failed'],
  ] as const)('of %s', (_, domains, verdict) => {
    expect(checkClash({ hosts, uuid, domainName: known('web-1'), destination: known(domains) }).verdict).toBe(verdict);
  });
});

describe('versions', () => {
  const capabilities = known({
    uuid: 'b',
    arch: 'x86_64',
    cpuXml: undefined,
    guests: [{ arch: 'x86_64', emulators: [], machines: ['pc-q35-7.2'], virtTypes: ['kvm'] }],
  });
  it.each([
    [
      { libvirt: '9.0.0', qemu: '7.2.22' },
      { libvirt: '9.0.0', qemu: '7.2.22' },
      {},
      'passed',
      'From libvirt 9.0.0 to 9.0.0, QEMU 7.2.22 to 7.2.22.',
    ],
    [{ libvirt: '9.0.0', qemu: '7.2.22' }, { libvirt: '10.0.0', qemu: '8.0' }, {}, 'passed', 'QEMU 7.2.22 to 8.0'],
    [{ libvirt: '10.0.0', qemu: '7.2' }, { libvirt: '9.9.0', qemu: '7.2' }, {}, 'warned', 'libvirt would go backwards'],
    [{ libvirt: '9.0.0', qemu: undefined }, { libvirt: '9.0.0', qemu: '7.2' }, {}, 'unknown', 'QEMU ? to 7.2'],
    [
      { libvirt: '9.0.0', qemu: '7.2' },
      { libvirt: '9.0.0', qemu: '7.2' },
      { machine: 'pc-q35-9.0' },
      'failed',
      'pc-q35-9.0',
    ],
  ] as const)('%j to %j with %j: %s', (source, destination, told, verdict, reason) => {
    const line = checkVersions({
      hosts,
      source: known(source),
      destination: known(destination),
      needs: needs(told),
      capabilities,
    });
    expect(line).toMatchObject({ verdict, reason: expect.stringContaining(reason) as string });
  });

  it('are compared by their numbers', () => {
    expect(compare('10.0', '9.9.9')).toBeGreaterThan(0);
    expect(compare('9.0', '9.0.0')).toBe(0);
  });
});

describe('the clock', () => {
  it.each([
    [60_000, 20, 'warned', 'It is 1 min ahead of that of hv1, give or take 40 ms.'],
    [-60_000, 20, 'warned', 'It is 1 min behind that of hv1, give or take 40 ms.'],
    [300, 20, 'passed', 'It is 300 ms ahead of that of hv1, give or take 40 ms.'],
    [2000, 700, 'unknown', "Can't tell: the answers took too long (give or take 1.4 s)."],
    [60_000, 700, 'warned', 'It is 1 min ahead of that of hv1, give or take 1.4 s.'],
  ])('%i ms ahead, read to %i ms: %s', (aheadMs, uncertaintyMs, verdict, reason) => {
    const line = checkClock({
      hosts,
      source: known({ aheadMs: 0, uncertaintyMs }),
      destination: known({ aheadMs, uncertaintyMs }),
    });
    expect(line).toMatchObject({ verdict, reason });
  });
});

describe('the link', () => {
  const mib = 1024 * 1024;
  const card = (megabitsPerSecond: number | undefined) => known({ card: 'eno1', megabitsPerSecond });
  it.each([
    [
      1000,
      10_000,
      known(20 * mib),
      undefined,
      'passed',
      'eno1 of hv1 carries 1000 Mbit/s, at most 112 MiB/s; the guest wrote 20.0 MiB/s.',
    ],
    [1000, 1000, known(200 * mib), undefined, 'warned', 'more than that'],
    [1000, 1000, known(0), 500, 'warned', 'less than the 500 MiB/s asked for'],
    [undefined, undefined, known(0), undefined, 'unknown', 'neither card tells its speed'],
    [1000, undefined, deaf, undefined, 'unknown', 'runs no sh'],
  ] as const)('of %s and %s Mbit/s: %#', (here, there, dirtyBytesPerSecond, bandwidthMiBps, verdict, reason) => {
    const line = checkLink({
      hosts,
      source: card(here),
      destination: card(there),
      dirtyBytesPerSecond,
      bandwidthMiBps,
    });
    expect(line).toMatchObject({ verdict, reason: expect.stringContaining(reason) as string });
  });
});
