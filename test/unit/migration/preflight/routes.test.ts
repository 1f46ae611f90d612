import { describe, expect, it } from 'vitest';
import { known, untold } from '../../../../src/migration/preflight/fact.js';
import { endOf, isLoopback } from '../../../../src/migration/preflight/network.js';
import {
  candidateUris,
  migrationUriOf,
  type RouteFacts,
  RouteFinder,
  routesOf,
} from '../../../../src/migration/preflight/routes.js';
import type { ConnectAttempt } from '../../../../src/virsh/scripts/connect.js';
import { FakeFleet, FakeHypervisor } from '../../fakes.js';

function facts(told: Partial<RouteFacts> = {}): RouteFacts {
  return {
    source: 'hv1',
    destination: { name: 'hv2', destination: 'hv2', uri: 'qemu:///system' },
    hostname: known('kvm-2'),
    loginAddress: known('10.0.0.2'),
    atSource: known(['10.0.0.2']),
    atDestination: known(['10.0.0.2']),
    ...told,
  };
}

const root = known({ isRoot: true, who: 'root' });
const yes: ConnectAttempt = { reached: true, hostname: 'kvm-2' };
const no: ConnectAttempt = { reached: false, words: 'Connection refused' };

describe('routes to a destination', () => {
  it('go by its own name, then by its address, and by what is safe first', () => {
    expect(candidateUris(facts())).toEqual([
      'qemu+tls://kvm-2/system',
      'qemu+tls://10.0.0.2/system',
      'qemu+ssh://kvm-2/system',
      'qemu+ssh://10.0.0.2/system',
      'qemu+tcp://kvm-2/system',
      'qemu+tcp://10.0.0.2/system',
    ]);
  });

  it.each([
    ['a name that leads back', { atSource: known(['127.0.1.1']) }, '10.0.0.2'],
    ['a name nobody knows', { atSource: known([]) }, '10.0.0.2'],
    ['localhost', { hostname: known('localhost.localdomain') }, '10.0.0.2'],
    ['an IPv6 address', { hostname: untold('x'), loginAddress: known('fd00::2') }, '[fd00::2]'],
    ['a name that is more than a name', { hostname: known('hv2/system?command=/sbin/poweroff#') }, '10.0.0.2'],
    ['a name with a port', { hostname: known('hv2:16514') }, '10.0.0.2'],
    ['a name that is an option', { hostname: known('-oProxyCommand=reboot') }, '10.0.0.2'],
    ['nothing but the entry', { hostname: untold('x'), loginAddress: untold('x') }, 'hv2'],
  ])('do not go by %s', (_, told, host) => {
    const uris = candidateUris(facts(told));
    expect(uris).toEqual(['tls', 'ssh', 'tcp'].map((way) => `qemu+${way}://${host}/system`));
  });

  it('ask for the same libvirt as the host, by the port of its ssh', () => {
    const session = { name: 'hv2', destination: 'ops@hv2:2222', uri: 'qemu:///session' };
    expect(candidateUris(facts({ destination: session, loginAddress: untold('x') }))).toEqual([
      'qemu+ssh://kvm-2:2222/session',
    ]);
  });

  it('that answered come first, then those that could not be tried', () => {
    const uris = ['qemu+tls://kvm-2/system', 'qemu+ssh://kvm-2/system', 'qemu+tcp://kvm-2/system'];
    const routes = routesOf(facts(), uris, known([no, no, yes]), root);
    expect(routes[0]).toEqual({
      destinationUri: 'qemu+tcp://kvm-2/system',
      migrationUri: undefined,
      reachable: true,
      reason: 'hv2 answers hv1 by qemu+tcp.',
    });
    expect(routes[1]).toMatchObject({
      destinationUri: 'qemu+tls://kvm-2/system',
      reachable: false,
      reason: 'hv2 does not answer hv1 by qemu+tls: Connection refused.',
    });
  });

  it('that were not tried as root are guesses, and say so', () => {
    const [route] = routesOf(
      facts(),
      ['qemu+ssh://kvm-2/system'],
      known([yes]),
      known({ isRoot: false, who: 'uid 7' }),
    );
    expect(route).toMatchObject({
      reachable: undefined,
      reason: expect.stringMatching(/tried as uid 7, and libvirtd/) as string,
    });
    const [guess] = routesOf(facts(), ['qemu+ssh://kvm-2/system'], untold('hv1 is not connected'), root);
    expect(guess).toMatchObject({ reachable: undefined, reason: 'A guess, not tried from hv1: hv1 is not connected.' });
  });

  it('that lead to another host are none', () => {
    const wrong: ConnectAttempt = { reached: true, hostname: 'kvm-1' };
    const [route] = routesOf(facts(), ['qemu+tcp://kvm-2/system'], known([wrong]), root);
    expect(route).toMatchObject({ reachable: false, reason: 'It leads to kvm-1, not to hv2.' });
  });

  it.each([
    ['a good name', {}, undefined],
    ['a name that is loopback there', { atDestination: known(['127.0.1.1']) }, 'tcp://10.0.0.2'],
    ['a name that leads back', { atSource: known(['127.0.1.1']), loginAddress: known('10.9.9.2') }, 'tcp://10.9.9.2'],
    ['a name nobody knows', { atSource: known([]), loginAddress: known('fd00::2') }, 'tcp://[fd00::2]'],
    ['localhost', { hostname: known('localhost'), atSource: known(['::1']) }, 'tcp://10.0.0.2'],
    ['a name of which nothing is known', { hostname: untold('x') }, undefined],
  ])('have memory sent elsewhere than %s says, where that is needed', (_, told, uri) => {
    expect(migrationUriOf(facts(told))).toBe(uri);
  });

  it('are never none, and never fail, whatever is not there', async () => {
    const hv2 = new FakeHypervisor('hv2');
    hv2.disconnect();
    const finder = new RouteFinder(new FakeFleet([new FakeHypervisor('hv1'), hv2]));
    expect((await finder.find('hv1', 'hv2')).length).toBeGreaterThan(0);
    const [route] = await finder.find('gone', 'hv9');
    expect(route).toMatchObject({ destinationUri: 'qemu+tls://hv9/system', reachable: undefined });
  });
});

describe('an address', () => {
  it.each([
    ['127.0.1.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.2', false],
    ['fd00::1', false],
  ])('%s leads back: %s', (address, back) => {
    expect(isLoopback(address)).toBe(back);
  });

  it.each([
    ['tcp://10.0.0.2', { host: '10.0.0.2', port: undefined }],
    ['tcp://[fd00::2]:49160', { host: 'fd00::2', port: 49_160 }],
    ['qemu+ssh://root@hv2:2222/system', { host: 'hv2', port: 2222 }],
    ['nonsense', undefined],
  ])('is taken from %s', (uri, end) => {
    expect(endOf(uri)).toEqual(end);
  });
});
