import { describe, expect, it } from 'vitest';
import { EventParser } from '../../../src/virsh/parseEvents.js';
import { parseDomainXml } from '../../../src/virsh/parseDomainXml.js';

const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const xml = (inside: string, name = 'web-1'): string =>
  `<domain type='kvm' id='1'><name>${name}</name><uuid>${uuid}</uuid>${inside}</domain>\n`;

describe('a domain', () => {
  it('is described by its XML', () => {
    expect(
      parseDomainXml(
        xml("<title>The shop</title><memory unit='KiB'>524288</memory><vcpu placement='static' current='2'>4</vcpu>"),
      ),
    ).toEqual({
      uuid,
      name: 'web-1',
      title: 'The shop',
      memoryBytes: 512 * 2 ** 20,
      vcpus: 4,
      platformName: undefined,
      platform: undefined,
      virtType: 'kvm',
    });
  });

  it.each([' two spaces ', '\ttab', 'no-break\u00a0', '   '])('keeps its name %j as events will tell it', (name) => {
    expect(parseDomainXml(xml('<vcpu> 2\n</vcpu><title>\n  The shop\n</title>', name))).toMatchObject({
      name,
      vcpus: 2,
      title: 'The shop',
    });
    const [event] = new EventParser().feed(`event 'migration-iteration' for domain '${name}': iteration: '2'\n`);
    expect(event?.domainName).toBe(name);
  });

  it.each([
    ["<memory unit='GiB'>2</memory>", 2 * 2 ** 30],
    ['<memory>1024</memory>', 2 ** 20],
    ["<memory unit='b'>4096</memory>", 4096],
    ["<memory unit='MB'>3</memory>", 3e6],
    ["<memory unit='parsec'>3</memory>", undefined],
    ["<memory unit='constructor'>3</memory>", undefined],
    ['<memory>much</memory>', undefined],
  ])('has the memory that %s says', (inside, bytes) => {
    expect(parseDomainXml(xml(inside)).memoryBytes).toBe(bytes);
  });

  it("has OpenStack's name, whatever prefix its namespace has", () => {
    const metadata = (prefix: string, version: string): string =>
      `<metadata><${prefix}:instance xmlns:${prefix}="http://openstack.org/xmlns/libvirt/nova/${version}"><${prefix}:name>billing db</${prefix}:name></${prefix}:instance></metadata>`;
    for (const [prefix, version] of [
      ['nova', '1.0'],
      ['n', '1.1'],
    ] as const) {
      expect(parseDomainXml(xml(metadata(prefix, version), 'instance-0000002a'))).toMatchObject({
        platform: 'openstack',
        platformName: 'billing db',
      });
    }
  });

  it("has OpenStack's name beside another application's instance", () => {
    const inside =
      '<metadata><m:instance xmlns:m="urn:x"><m:name>no</m:name></m:instance><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>shop</nova:name></nova:instance></metadata>';
    expect(parseDomainXml(xml(inside))).toMatchObject({ platform: 'openstack', platformName: 'shop' });
  });

  it("has CloudStack's display name where its metadata tells it", () => {
    const inside =
      '<metadata><c:instance xmlns:c="http://cloudstack.example/instance"><c:name>vm-1</c:name><c:displayName>Shop 1</c:displayName></c:instance></metadata>';
    expect(parseDomainXml(xml(inside, 'i-2-34-VM'))).toMatchObject({ platform: 'cloudstack', platformName: 'Shop 1' });
  });

  it('is no OpenStack guest by a look-alike of another namespace', () => {
    const inside =
      '<metadata><nova:instance xmlns:nova="http://example.org/"><nova:name>no</nova:name></nova:instance></metadata>';
    expect(parseDomainXml(xml(inside)).platform).toBeUndefined();
  });

  it.each(['i-17-91-VM', 'r-4-VM', 'v-2-VM', 's-1-VM'])("is CloudStack's by its name: %s", (name) => {
    expect(parseDomainXml(xml('<description>Ubuntu 22.04</description>', name))).toMatchObject({
      platform: 'cloudstack',
      platformName: name,
    });
  });

  it.each([
    ['quotes', 'a &quot;b&quot; &apos;c&apos;', 'a "b" \'c\''],
    ['HTML', '&lt;img src=x onerror=alert(1)&gt;', '<img src=x onerror=alert(1)>'],
    ['a shell substitution', '$(reboot) `reboot`', '$(reboot) `reboot`'],
    ['a leading dash', '--all', '--all'],
    ['emoji', '🚚', '🚚'],
    ['an imitated event', 'event &apos;lifecycle&apos; for domain', "event 'lifecycle' for domain"],
  ])('keeps %s in its name as text', (_, escaped, name) => {
    expect(parseDomainXml(xml('', escaped)).name).toBe(name);
  });

  it('keeps a title of 10 kB whole', () => {
    expect(parseDomainXml(xml(`<title>${'x'.repeat(10_240)}</title>`)).title).toHaveLength(10_240);
  });

  it.each([
    ['', 'nothing'],
    ['error: failed to get domain', 'an error'],
    ['<network/>', 'other XML'],
    [`<domain><name>x</name></domain>`, 'XML without a uuid'],
    ['<domain><name>x</name><uuid>--all</uuid></domain>', 'XML whose uuid is an option'],
    [xml('').slice(0, 60), 'XML cut off'],
    [`<!DOCTYPE d [<!ENTITY e "boom">]>${xml('<title>&e;</title>')}`, 'XML with entities of its own'],
  ])('is refused where there is %j', (text) => {
    expect(() => parseDomainXml(text)).toThrow();
  });
});
