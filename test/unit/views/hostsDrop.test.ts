import { describe, expect, it } from 'vitest';
import type { HostsNode } from '../../../src/views/hostsModel.js';
import { dropOf, isDraggable } from '../../../src/views/hostsDrop.js';
import { domain, FakeFleet, FakeHypervisor, FakeMigration, FakeMigrations } from '../fakes.js';

const web: HostsNode = { kind: 'domain', host: 'hv1', domain: 'uuid-1' };
const host = (name: string): HostsNode => ({ kind: 'host', host: name });

function scene() {
  const lost = new FakeHypervisor('lost');
  lost.disconnect();
  const hosts = [
    new FakeHypervisor('hv1').with(
      domain({ uuid: 'uuid-1', name: 'web-1' }),
      domain({ uuid: 'uuid-2', name: 'off', state: 'shutOff' }),
      domain({ uuid: 'uuid-5', name: 'held', state: 'paused', reason: 'user' }),
      domain({ uuid: 'uuid-6', name: 'half', state: 'paused', reason: 'post-copy failed' }),
    ),
    new FakeHypervisor('hv2').with(domain({ uuid: 'uuid-3', name: 'mail' })),
    new FakeHypervisor('seen', { readOnly: true }).with(domain({ uuid: 'uuid-4', name: 'theirs' })),
    lost,
  ];
  return { fleet: new FakeFleet(hosts), migrations: new FakeMigrations() };
}

function drop(dragged: readonly HostsNode[], onto: HostsNode | undefined) {
  const { fleet, migrations } = scene();
  return dropOf(dragged, onto, fleet, migrations);
}

describe('a guest dragged', () => {
  it('onto another host, or onto a guest there, is to be migrated to it', () => {
    const migrate = { kind: 'migrate', host: 'hv1', domain: 'uuid-1', destination: 'hv2' };
    expect(drop([web], host('hv2'))).toEqual(migrate);
    expect(drop([web], { kind: 'domain', host: 'hv2', domain: 'uuid-3' })).toEqual(migrate);
  });

  it('and paused by somebody is to be migrated, too', () => {
    expect(drop([{ ...web, domain: 'uuid-5' }], host('hv2'))).toMatchObject({ kind: 'migrate', domain: 'uuid-5' });
  });

  it.each<[string, HostsNode, HostsNode, string]>([
    ['onto its own host', web, host('hv1'), 'web-1 is on hv1 already.'],
    ['onto a neighbour', web, { kind: 'domain', host: 'hv1', domain: 'uuid-2' }, 'web-1 is on hv1 already.'],
    [
      'onto a read-only host',
      web,
      host('seen'),
      'seen is read-only: its entry in the setting libvirt.hosts says that nothing is changed on it.',
    ],
    ['onto a host that is not connected', web, host('lost'), 'lost is not connected: connect it first.'],
    [
      'that has half its memory elsewhere',
      { ...web, domain: 'uuid-6' },
      host('hv2'),
      "half can't be migrated while it is paused (post-copy failed).",
    ],
    ['that is off', { ...web, domain: 'uuid-2' }, host('hv2'), 'off is not running.'],
    [
      'away from a read-only host',
      { kind: 'domain', host: 'seen', domain: 'uuid-4' },
      host('hv2'),
      'theirs stays on seen: seen is read-only: its entry in the setting libvirt.hosts says that nothing is changed on it.',
    ],
  ])('%s stays, and it is said why', (_where, dragged, onto, why) => {
    expect(drop([dragged], onto)).toEqual({ kind: 'refused', why });
  });

  it('that migrates already stays with its migration', () => {
    const { fleet, migrations } = scene();
    migrations.all = [new FakeMigration({ source: 'hv1', domainUuid: 'uuid-1' })];
    expect(dropOf([web], host('hv2'), fleet, migrations)).toEqual({ kind: 'refused', why: 'web-1 migrates already.' });
  });

  it('with another one is refused, since a form is for one', () => {
    expect(drop([web, { ...web, domain: 'uuid-2' }], host('hv2'))).toMatchObject({ kind: 'refused' });
  });

  it('onto a group, a note or nothing means nothing', () => {
    expect(drop([web], { kind: 'group', group: 'zone' })).toEqual({ kind: 'nothing' });
    expect(drop([web], undefined)).toEqual({ kind: 'nothing' });
    expect(drop([host('hv1')], host('hv2'))).toEqual({ kind: 'nothing' });
  });

  it('is the only row that can be taken along', () => {
    expect(isDraggable(web)).toBe(true);
    expect(isDraggable(host('hv1'))).toBe(false);
    expect(isDraggable({ kind: 'group', group: 'zone' })).toBe(false);
  });
});
