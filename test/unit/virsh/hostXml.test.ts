import { describe, expect, it } from 'vitest';
import { domainFigures, freeMemory, hostname, hostVersions, nodeMemory } from '../../../src/virsh/hostCommands.js';
import { parseCapabilities } from '../../../src/virsh/parseCapabilities.js';
import { parseDomainNeeds } from '../../../src/virsh/parseDomainNeeds.js';
import { parseNodeNetDevice, parseStoragePool } from '../../../src/virsh/parseNodeXml.js';

const answer = (stdout: string): { stdout: string; stderr: string } => ({ stdout, stderr: '' });
const domain = (devices: string, more = ''): string =>
  `<domain type='kvm' id='3'><name>web-1</name><memory unit='KiB'>1048576</memory>${more}
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram>/var/lib/libvirt/qemu/nvram/web-1.fd</nvram></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${devices}</devices></domain>`;

describe('what a domain needs of a host', () => {
  it('is read from its XML', () => {
    const needs = parseDomainNeeds(
      domain(
        `<interface type='network'><source network='default' bridge='virbr0'/></interface>
         <interface type='bridge'><source bridge='br0'/></interface>
         <interface type='direct'><source dev='eth1' mode='bridge'/></interface>
         <interface type='bridge'><source bridge='br0'/></interface>`,
        "<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC &amp; more</model><feature policy='require' name='x2apic'/><feature policy='disable' name='svm'/></cpu><memoryBacking><hugepages/></memoryBacking>",
      ),
    );
    expect(needs).toEqual({
      name: 'web-1',
      virtType: 'kvm',
      arch: 'x86_64',
      machine: 'pc-q35-7.2',
      emulator: '/usr/bin/qemu-system-x86_64',
      memoryBytes: 2 ** 30,
      hugePages: true,
      cpuMode: 'custom',
      cpuXml:
        "<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC &#38; more</model><feature policy='require' name='x2apic'></feature><feature policy='disable' name='svm'></feature></cpu>",
      networks: ['default'],
      bridges: ['br0', 'eth1'],
      files: ['/usr/share/OVMF/OVMF_CODE.fd'],
      disks: [],
      obstacles: [],
    });
  });

  it('asks for no CPU where it names none', () => {
    expect(parseDomainNeeds(domain('', "<cpu><topology sockets='1' cores='2' threads='1'/></cpu>"))).toMatchObject({
      cpuMode: undefined,
      cpuXml: undefined,
    });
  });

  it.each([
    ["<disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>", []],
    [
      "<disk type='file' device='disk'><source file='/a b.qcow2'/><backingStore type='file'><source file='/base'/><backingStore type='block'><source dev='/dev/x'/><backingStore/></backingStore></backingStore><target dev='vda'/></disk>",
      [
        {
          target: 'vda',
          kind: 'file',
          path: '/a b.qcow2',
          readOnly: false,
          shareable: false,
          backing: ['/base', '/dev/x'],
        },
      ],
    ],
    [
      "<disk type='network' device='disk'><source protocol='rbd' name='p/i'/><target dev='vdb'/></disk>",
      [{ target: 'vdb', kind: 'network', path: undefined }],
    ],
    [
      "<disk type='volume' device='disk'><source pool='images' volume='v'/><target dev='vdc'/><shareable/></disk>",
      [{ target: 'vdc', kind: 'volume', pool: 'images', shareable: true }],
    ],
  ])('has the disks of %s', (devices, disks) => {
    const needs = parseDomainNeeds(domain(devices));
    expect(needs.disks).toHaveLength(disks.length);
    expect(needs.disks).toMatchObject(disks);
  });

  it.each([
    ["<hostdev mode='subsystem' type='mdev'/>", "a device of the host's (hostdev, mdev)", true],
    ["<hostdev mode='subsystem' type='pci'/>", "a device of the host's (hostdev, pci)", false],
    ["<hostdev mode='subsystem' type='usb'/>", "a device of the host's (hostdev, usb), which stays behind", false],
    [
      "<interface type='hostdev'><mac address='52:54:00:11:22:33'/></interface>",
      "the network card 52:54:00:11:22:33 is a device of the host's (hostdev, no teaming)",
      false,
    ],
    ["<filesystem type='mount'><target dir='data'/></filesystem>", 'the shared folder data (9p)', true],
    [
      "<filesystem type='mount'><driver type='virtiofs'/><target dir='data'/></filesystem>",
      'the shared folder data (virtiofs)',
      false,
    ],
    ["<shmem name='ivshmem'/>", 'the shared memory ivshmem (no role master)', true],
    ["<tpm><backend type='passthrough'/></tpm>", "the host's own TPM", true],
  ])('has an obstacle in %s', (devices, what, certain) => {
    expect(parseDomainNeeds(domain(devices)).obstacles).toEqual([{ what, certain }]);
  });

  it.each([
    "<hostdev mode='subsystem' type='pci'><teaming type='transient' persistent='ua-0'/></hostdev>",
    "<interface type='hostdev'><teaming type='transient' persistent='ua-0'/></interface>",
    "<shmem name='ivshmem' role='master'/>",
    "<tpm><backend type='emulator'/></tpm>",
  ])('has none in %s', (devices) => {
    expect(parseDomainNeeds(domain(devices)).obstacles).toEqual([]);
  });

  it.each([
    ["<cpu><feature policy='require' name='invtsc'/></cpu>", 1],
    ["<cpu><feature policy='disable' name='invtsc'/></cpu>", 0],
    [
      "<cpu><feature policy='require' name='invtsc'/></cpu><clock><timer name='tsc' frequency='2500000000'/></clock>",
      0,
    ],
  ])('minds an invariant TSC: %s', (more, count) => {
    expect(parseDomainNeeds(domain('', more)).obstacles).toHaveLength(count);
  });

  it('is not read from what is no domain', () => {
    expect(() => parseDomainNeeds('error: nothing')).toThrow(/not a domain XML/);
  });
});

describe('what a host tells of itself', () => {
  it('is its capabilities, of old and new libvirt', () => {
    const told =
      parseCapabilities(`<capabilities><host><uuid>u-1</uuid><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
      <guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/qemu</emulator>
        <machine maxCpus='255'>pc-i440fx-7.2</machine><machine canonical='pc-q35-7.2' maxCpus='255'>q35</machine>
        <domain type='qemu'/><domain type='kvm'><emulator>/usr/bin/kvm</emulator><machine>old-1</machine></domain></arch></guest></capabilities>`);
    expect(told).toEqual({
      uuid: 'u-1',
      arch: 'x86_64',
      cpuXml: '<cpu><arch>x86_64</arch><model>EPYC</model></cpu>',
      guests: [
        {
          arch: 'x86_64',
          emulators: ['/usr/bin/qemu', '/usr/bin/kvm'],
          machines: ['pc-i440fx-7.2', 'q35', 'old-1', 'pc-q35-7.2'],
          virtTypes: ['qemu', 'kvm'],
        },
      ],
    });
  });

  it("is its memory, in bytes, or its free cells' on an old one", () => {
    const text =
      'total  :             24684084 KiB\nfree   :             21827316 KiB\nbuffers:                49060 KiB\ncached :              1237440 KiB\n\n';
    expect(nodeMemory().parse(answer(text))).toEqual({
      totalBytes: 24_684_084 * 1024,
      freeBytes: 21_827_316 * 1024,
      reclaimableBytes: (49_060 + 1_237_440) * 1024,
    });
    expect(freeMemory().parse(answer('Total: 4416392 KiB\n'))).toMatchObject({ freeBytes: 4_416_392 * 1024 });
    expect(() => nodeMemory().parse(answer(''))).toThrow(/no free memory/);
    expect(() => freeMemory().parse(answer(''))).toThrow(/no free memory/);
  });

  it('is its name and versions', () => {
    expect(hostname().parse(answer('hv1\n\n'))).toBe('hv1');
    expect(() => hostname().parse(answer('\n'))).toThrow(/no name/);
    const text = 'Using library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\n';
    expect(hostVersions().parse(answer(text))).toEqual({ libvirt: '9.0.0', qemu: '7.2.22' });
  });

  it('is the speed of its cards, where they have one', () => {
    const card = (link: string): string =>
      `<device><name>net_eth0</name><capability type='net'><interface>eth0</interface>${link}</capability></device>`;
    expect(parseNodeNetDevice(card("<link speed='25000' state='up'/>")).megabitsPerSecond).toBe(25_000);
    expect(parseNodeNetDevice(card("<link state='down'/>")).megabitsPerSecond).toBeUndefined();
  });

  it('is where its pools are', () => {
    expect(parseStoragePool("<pool type='dir'><name>images</name><target><path>/var/x</path></target></pool>")).toEqual(
      {
        name: 'images',
        path: '/var/x',
      },
    );
  });
});

describe('the time that virtual CPUs have had', () => {
  it.each([
    [
      "Domain: 'web-1'\n  vcpu.current=2\n  vcpu.0.state=1\n  vcpu.0.time=3150000000\n  vcpu.0.wait=0\n  vcpu.0.delay=7\n  vcpu.1.time=850000000\n",
      4000,
    ],
    // A year of 32 of them.
    ['  vcpu.0.time=1009152000000000000\n', 1_009_152_000_000],
    ["Domain: 'web-1'\n", undefined],
  ])('is told for all of them together, in ms: %j is %s', (text, ms) => {
    expect(domainFigures('u', ['vcpu']).args).toEqual(['domstats', '--vcpu', '--nowait', 'u']);
    expect(domainFigures('u', ['vcpu']).parse(answer(text)).vcpuMs).toBe(ms);
  });
});

describe('what a guest writes', () => {
  const figures = (text: string): unknown => domainFigures('u', ['balloon', 'vcpu', 'dirtyrate']).parse(answer(text));

  it('is known once QEMU has measured it', () => {
    expect(
      figures(
        "Domain: 'web-1'\n  balloon.rss=425220\n  dirtyrate.calc_status=2\n  dirtyrate.calc_period=5\n  dirtyrate.megabytes_per_second=44\n",
      ),
    ).toEqual({
      residentBytes: 425_220 * 1024,
      dirtyBytesPerSecond: 44 * 1024 * 1024,
      periodSeconds: 5,
      vcpuMs: undefined,
      length: expect.any(Number) as number,
    });
    for (const status of [0, 1]) {
      expect(figures(`  dirtyrate.calc_status=${status}\n  dirtyrate.megabytes_per_second=44\n`)).toMatchObject({
        dirtyBytesPerSecond: undefined,
      });
    }
  });
});
