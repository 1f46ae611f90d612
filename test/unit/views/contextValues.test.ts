import { describe, expect, it } from 'vitest';
import { contextValues } from '../../../src/views/contextValues.js';
import { domain, FakeFleet, FakeHypervisor, FakeMigration } from '../fakes.js';

const readOnly = { readOnly: true };

/** The keys that hold. */
function held(hosts: readonly FakeHypervisor[], migrations: readonly FakeMigration[] = []): string[] {
  const values = contextValues(new FakeFleet(hosts), migrations, []);
  return Object.entries(values).flatMap(([key, value]) => (value ? [key.replace('libvirt.', '')] : []));
}

describe('what the palette offers', () => {
  it('without a host is nothing about hosts', () => {
    expect(held([])).toEqual(['ready']);
  });

  it.each([
    ['runs on a connected host', new FakeHypervisor('hv1').with(domain({ uuid: '1', name: 'web-1' })), true],
    [
      'is paused by somebody',
      new FakeHypervisor('hv1').with(domain({ uuid: '1', name: 'web-1', state: 'paused', reason: 'user' })),
      true,
    ],
    [
      'is just arriving',
      new FakeHypervisor('hv1').with(domain({ uuid: '1', name: 'web-1', state: 'paused', reason: 'migrating' })),
      false,
    ],
    ['is off', new FakeHypervisor('hv1').with(domain({ uuid: '1', name: 'web-1', state: 'shutOff' })), false],
    ['runs on a read-only host', new FakeHypervisor('hv1', readOnly).with(domain({ uuid: '1', name: 'web-1' })), false],
    ['is on no host', new FakeHypervisor('hv1'), false],
  ])('to migrate a guest is offered or not when one %s', (_when, host, offered) => {
    expect(held([host]).includes('canMigrate')).toBe(offered);
  });

  it('while a guest migrates is to steer it', () => {
    expect(held([new FakeHypervisor('hv1')], [new FakeMigration()])).toEqual([
      'ready',
      'hasHosts',
      'connected',
      'hasMigrations',
      'migrating',
      'steerable',
    ]);
  });

  it.each([
    ['postcopy', 'inPostcopy'],
    ['postcopyInterrupted', 'hasInterruptedPostcopy'],
  ] as const)('in %s is what can be done then', (phase, key) => {
    const migration = new FakeMigration({ state: { phase } });
    expect(held([new FakeHypervisor('hv1')], [migration])).toContain(key);
    expect(held([new FakeHypervisor('hv1', readOnly)], [migration])).not.toContain(key);
  });

  it('while a guest migrates away from a host that is only watched is to look at it', () => {
    const watched = new FakeHypervisor('hv1', readOnly);
    const paused = new FakeMigration({ state: { phase: 'paused' } });
    expect(held([watched], [new FakeMigration(), paused])).toEqual([
      'ready',
      'hasHosts',
      'connected',
      'hasMigrations',
      'migrating',
    ]);
  });

  it('after a migration is to resume its guest, where it was left paused and may be touched', () => {
    const left = new FakeMigration({
      state: { phase: 'ended', outcome: { kind: 'aborted' }, leftPausedOn: 'hv2' },
    });
    const hv1 = new FakeHypervisor('hv1', readOnly);
    expect(held([hv1, new FakeHypervisor('hv2')], [left])).toContain('hasPausedGuest');
    expect(held([hv1, new FakeHypervisor('hv2', readOnly)], [left])).not.toContain('hasPausedGuest');
    expect(held([hv1, new FakeHypervisor('hv2')], [left])).not.toContain('steerable');
  });

  it('where a host shows another key is to forget the old one', () => {
    const changed = new FakeHypervisor('hv1');
    changed.status = { kind: 'failed', message: 'hv1 shows another key.', advice: undefined, remedy: 'forgetHostKey' };
    expect(held([changed])).toEqual(['ready', 'hasHosts', 'hasChangedHostKey']);
  });
});
