import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Remedy } from '../../../src/hypervisor/remedy.js';
import { domainRow } from '../../../src/views/domainRow.js';
import { groupRow, hostChildren, hostRow, noteRow, rootNodes } from '../../../src/views/hostsModel.js';
import { migrationRow } from '../../../src/views/migrationRow.js';
import { domain, FakeFleet, FakeHypervisor, FakeMigration, stuckFigures } from '../fakes.js';

const web = domain({ uuid: 'uuid-1', name: 'web-1' });

describe('the tree of hosts', () => {
  it('has groups in the order they are named, then hosts without one, under what is wrong with the setting', () => {
    const fleet = new FakeFleet([
      new FakeHypervisor('a'),
      new FakeHypervisor('b', { group: 'zone 2' }),
      new FakeHypervisor('c', { group: 'zone 1' }),
      new FakeHypervisor('d', { group: 'zone 2' }),
    ]);
    expect(rootNodes(fleet, ['libvirt.hosts, entry 5: no.'])).toMatchObject([
      { kind: 'note', text: 'libvirt.hosts, entry 5: no.' },
      { kind: 'group', group: 'zone 2' },
      { kind: 'group', group: 'zone 1' },
      { kind: 'host', host: 'a' },
    ]);
  });

  it('sorts domains as people count', () => {
    const host = new FakeHypervisor('hv1').with(
      domain({ uuid: '3', name: 'web-10' }),
      domain({ uuid: '2', name: 'web-9' }),
      domain({ uuid: '1', name: 'DB' }),
    );
    expect(hostChildren(host)).toMatchObject([{ domain: '1' }, { domain: '2' }, { domain: '3' }]);
  });

  it('shows why a host fails, beside its name and readable below it', () => {
    const host = new FakeHypervisor('hv3');
    const message = 'The host key of hv3 has changed, so the connection was refused.';
    host.status = { kind: 'failed', message, advice: 'Check it with the one who runs hv3.' };
    const fleet = new FakeFleet([host]);
    expect(hostRow(host, fleet, 0)).toMatchObject({
      description: message,
      contextValue: 'host.failed',
      children: 'expanded',
    });
    expect(hostChildren(host)).toMatchObject([
      { kind: 'note', text: message },
      { kind: 'note', text: 'Check it with the one who runs hv3.' },
    ]);
  });

  it.each<[Remedy, string, string]>([
    ['connect', 'libvirt.connect', 'Connect'],
    ['retry', 'libvirt.connect', 'Try Again'],
    ['forgetHostKey', 'libvirt.forgetHostKey', 'Forget Old Key…'],
    ['editHosts', 'libvirt.editHosts', 'Edit Hosts'],
    ['chooseTransport', 'workbench.action.openSettings', 'Choose Transport'],
    ['showLog', 'libvirt.showLog', 'Show Log'],
  ])('offers what to do about a failure on the row that says so, and by its menus: %s', (remedy, command, title) => {
    const host = new FakeHypervisor('hv3');
    host.status = { kind: 'failed', message: 'A reason that is longer than its row.', advice: 'Do this.', remedy };
    expect(hostRow(host, new FakeFleet([host]), 0).contextValue).toBe(`host.failed.${remedy}`);
    const [reason, advice] = hostChildren(host).map((node) => (node.kind === 'note' ? noteRow(node) : undefined));
    expect(reason?.command).toBeUndefined();
    expect(advice).toMatchObject({ label: 'Do this.', command: { command, title } });
    expect(advice?.tooltip).toEqual(['Do this.', `Click: ${title}`]);
  });

  it('offers it on the reason where there is no advice', () => {
    const host = new FakeHypervisor('hv3');
    host.status = { kind: 'failed', message: 'The connection to hv3 was lost.', advice: undefined, remedy: 'retry' };
    const [note] = hostChildren(host);
    expect(note?.kind === 'note' && noteRow(note).command).toMatchObject({ arguments: [{ host: 'hv3' }] });
  });

  it('does not say a host twice, nor its setting before what is wrong with it', () => {
    const host = new FakeHypervisor('hv4');
    host.status = { kind: 'failed', message: 'hv4: No route to host', advice: undefined };
    expect(hostRow(host, new FakeFleet([host]), 0).description).toBe('No route to host');
    const [note] = rootNodes(new FakeFleet([]), ['libvirt.hosts, entry 5 ("bad"): no destination.']);
    expect(note?.kind === 'note' && noteRow(note).label).toBe('entry 5 ("bad"): no destination.');
  });

  it('shows domains of a lost host as last seen, and none of a host that was left', () => {
    const host = new FakeHypervisor('hv1').with(web);
    host.status = { kind: 'failed', message: 'Lost.', advice: undefined };
    expect(domainRow(host, web, undefined, new FakeFleet([host]))).toMatchObject({
      description: 'last seen running',
      contextValue: 'domain.stale',
    });
    host.disconnect();
    expect(hostChildren(host)).toEqual([]);
  });

  it('begins folded when there are many hosts', () => {
    const hosts = Array.from({ length: 11 }, (_, index) => new FakeHypervisor(`hv${index}`).with(web));
    const [first] = hosts;
    expect(first && hostRow(first, new FakeFleet(hosts), 0).children).toBe('collapsed');
  });

  it('leads from a broken setting to the setting', () => {
    const [note] = rootNodes(new FakeFleet([]), ['x']);
    expect(note?.kind === 'note' && noteRow(note).command?.command).toBe('libvirt.editHosts');
  });

  it('shows what can’t be used of the presets, and leads there', () => {
    const [note] = rootNodes(new FakeFleet([]), ['libvirt.migrate.presets, "Mine": it must be an object of options.']);
    expect(note?.kind === 'note' && noteRow(note)).toMatchObject({
      label: 'Preset "Mine": it must be an object of options.',
      command: { arguments: [{ revealSetting: { key: 'libvirt.migrate.presets' } }] },
    });
  });

  it('counts failed hosts at their folded group', () => {
    const host = new FakeHypervisor('a', { group: 'g' });
    host.status = { kind: 'failed', message: 'x', advice: undefined };
    expect(groupRow({ kind: 'group', group: 'g' }, new FakeFleet([host])).description).toBe('1 failed');
  });

  it.each([
    [0, '0 s'],
    [12_400, '12 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_000, '59 min'],
    [7_200_000, '2 h'],
    // The clock was set.
    [-5_000, '0 s'],
  ])('that was lost %i ms ago says so, why, and keeps its domains as they were', (ms, text) => {
    const host = new FakeHypervisor('hv1').with(web);
    host.status = {
      kind: 'reconnecting',
      message: 'The connection to root@hv1:22 was lost: it has not answered for 60 s.',
      advice: undefined,
      lastSeenAtMs: 1_000_000,
      nextTryAtMs: 1_002_000,
    };
    const fleet = new FakeFleet([host]);
    expect(hostRow(host, fleet, 1_000_000 + ms)).toMatchObject({
      description: `reconnecting, last seen ${text} ago`,
      contextValue: 'host.reconnecting',
    });
    const [note, guest] = hostChildren(host);
    expect(note).toMatchObject({ kind: 'note', text: host.status.message, remedy: 'retry' });
    expect(guest).toMatchObject({ kind: 'domain' });
  });

  it('that was lost tells when it is tried again, and while it is', () => {
    const host = new FakeHypervisor('hv1');
    const [lastSeenAtMs, nextTryAtMs] = [1_000_000, 1_060_000];
    host.status = { kind: 'reconnecting', message: 'Lost.', advice: 'Wait.', lastSeenAtMs, nextTryAtMs };
    const tooltip = (nowMs: number): readonly string[] => hostRow(host, new FakeFleet([host]), nowMs).tooltip.slice(-3);
    expect(tooltip(1_000_001)).toEqual([
      'Lost.',
      'Wait.',
      expect.stringMatching(/^It is tried again at \d\d:\d\d:40\.$/),
    ]);
    // Nothing to draw again every second.
    expect(tooltip(1_059_999)).toEqual(tooltip(1_000_001));
    expect(tooltip(1_060_000)).toEqual(['Lost.', 'Wait.', 'It is being tried now.']);
  });

  it('that was lost keeps its guests as they were last seen, with nothing to do to them', () => {
    const host = new FakeHypervisor('hv1').with(web);
    const paused = domain({ ...web, state: 'paused', reason: 'user' });
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121), 300);
    host.status = { kind: 'reconnecting', message: 'Lost.', advice: undefined, lastSeenAtMs: 0, nextTryAtMs: 1 };
    const fleet = new FakeFleet([host, new FakeHypervisor('hv2')]);
    expect(domainRow(host, paused, undefined, fleet)).toMatchObject({
      description: 'last seen paused (user)',
      contextValue: 'domain.stale',
    });
    expect(domainRow(host, web, migration, fleet).contextValue).toBe('domain.migrating.out');
  });
});

describe('a domain', () => {
  const hv1 = new FakeHypervisor('hv1').with(web);
  const hv2 = new FakeHypervisor('hv2').with(
    domain({ uuid: 'uuid-1', name: 'web-1', state: 'paused', reason: 'migrating' }),
  );
  const fleet = new FakeFleet([hv1, hv2]);

  it('shows its state, and the reason where it says something', () => {
    const text = (state: Parameters<typeof domain>[0]): string | undefined =>
      domainRow(hv1, domain(state), undefined, fleet).description;
    expect(text(web)).toBe('running');
    expect(text({ ...web, reason: 'booted' })).toBe('running');
    expect(text({ ...web, state: 'paused', reason: 'user' })).toBe('paused (user)');
    expect(text({ ...web, state: 'shutOff', reason: 'destroyed' })).toBe('shut off');
    expect(text({ ...web, state: 'running', reason: 'migration canceled' })).toBe('running (migration canceled)');
    expect(text({ ...web, platformName: 'shop front' })).toBe('running · shop front');
  });

  it('that migrates is followed on its source and announced on its destination', () => {
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121), 300);
    expect(domainRow(hv1, web, migration, fleet)).toMatchObject({
      description: '→ hv2 · iteration 7 · 121 MiB left · never at these settings',
      contextValue: 'domain.migrating.out+setSpeed+setMaxDowntime+pause+switchToPostcopy+abort',
    });
    expect(domainRow(hv2, web, migration, fleet)).toMatchObject({
      description: 'incoming from hv1',
      contextValue: 'domain.migrating.in',
    });
  });

  it('offers nothing on a host that may only be watched', () => {
    const watched = new FakeHypervisor('hv1', { readOnly: true }).with(web);
    const migration = new FakeMigration();
    const row = domainRow(watched, web, migration, new FakeFleet([watched]));
    expect(row.contextValue).toBe('domain.migrating.out');
    const paused = domain({ ...web, state: 'paused', reason: 'user' });
    expect(domainRow(watched, paused, undefined, new FakeFleet([watched])).contextValue).toBe('domain.paused');
  });

  it('that runs or is paused may be migrated, save while it arrives and save from a host that is only watched', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      contributes: { menus: Record<string, { command: string; when: string }[]> };
    };
    const when = manifest.contributes.menus['view/item/context']?.find(({ command }) => command === 'libvirt.migrate');
    const [, pattern = ''] = /viewItem =~ \/(.*)\/$/.exec(when?.when ?? '') ?? [];
    const offered = (host: FakeHypervisor, told: Parameters<typeof domain>[0]): boolean =>
      new RegExp(pattern).test(domainRow(host, domain(told), undefined, fleet).contextValue);
    expect(offered(hv1, web)).toBe(true);
    expect(offered(hv1, { ...web, state: 'idle' })).toBe(true);
    expect(offered(hv1, { ...web, state: 'paused', reason: 'user' })).toBe(true);
    expect(offered(hv1, { ...web, state: 'paused', reason: 'migrating' })).toBe(false);
    expect(offered(hv1, { ...web, state: 'shutOff' })).toBe(false);
    expect(offered(new FakeHypervisor('hv1', { readOnly: true }).with(web), web)).toBe(false);
    const migrating = domainRow(hv1, web, new FakeMigration(), fleet).contextValue;
    expect(new RegExp(pattern).test(migrating)).toBe(false);
  });

  it('that is paused may be resumed, save while it arrives', () => {
    const context = (reason: string): string =>
      domainRow(hv1, domain({ ...web, state: 'paused', reason }), undefined, fleet).contextValue;
    expect(context('user')).toBe('domain.paused+resume+migrate');
    expect(context('migrating')).toBe('domain.paused');
    expect(context('post-copy failed')).toBe('domain.paused');
  });

  it('with a hostile name stays one short line', () => {
    const row = domainRow(hv1, domain({ ...web, name: `a\n\u202eb${'x'.repeat(10_000)}` }), undefined, fleet);
    expect(row.label.length).toBeLessThanOrEqual(200);
    expect(row.label).toMatch(/^a \\u202ebx/);
    expect(row.tooltip.join('').length).toBeLessThan(1500);
  });
});

describe('a migration in the list', () => {
  const fleet = new FakeFleet([new FakeHypervisor('hv1'), new FakeHypervisor('hv2')]);

  it('shows its figure while it runs and its result after', () => {
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121), 300);
    expect(migrationRow(migration, fleet)).toMatchObject({
      label: 'web-1 → hv2',
      description: 'iteration 7 · 121 MiB left · never at these settings',
      icon: { id: 'sync~spin' },
    });
    const result = { totalTimeMs: 42_000, downtimeMs: 158, transferredBytes: undefined, iterations: undefined };
    migration.become({ phase: 'ended', outcome: { kind: 'completed', result }, endedAtMs: 1_042_000 });
    const row = migrationRow(migration, fleet);
    expect(row).toMatchObject({ icon: { id: 'pass' }, contextValue: 'migration.ended' });
    expect(row.description).toMatch(/^completed · 158 ms downtime · /);
  });

  it('offers Resume for a guest left paused', () => {
    const migration = new FakeMigration({
      state: { phase: 'ended', outcome: { kind: 'aborted' }, leftPausedOn: 'hv1', endedAtMs: 1_042_000 },
    });
    expect(migrationRow(migration, fleet)).toMatchObject({
      icon: { id: 'warning' },
      contextValue: 'migration.ended+resume',
    });
  });

  it('stands still, and says so, where it is interrupted in post-copy, on both hosts', () => {
    const migration = new FakeMigration({ state: { phase: 'postcopyInterrupted' } });
    expect(migrationRow(migration, fleet)).toMatchObject({
      description: 'post-copy interrupted · guest stands still',
      icon: { id: 'error' },
      contextValue: 'migration.running+setSpeed+resumePostcopy',
    });
    const arriving = domainRow(new FakeHypervisor('hv2'), domain({ uuid: 'uuid-1', name: 'web-1' }), migration, fleet);
    expect(arriving).toMatchObject({
      description: 'incoming from hv1 · post-copy interrupted',
      icon: { id: 'error' },
    });
  });

  it('shows what is wrong with its guest after the end before how it ended', () => {
    const place = {
      kind: 'wrong',
      problem: 'runsTwice',
      short: 'RUNS ON BOTH hv1 AND hv2',
      text: 'The guest runs on hv1 and on hv2 at once.',
      advice: 'Stop one of them.',
      resumeOn: undefined,
    } as const;
    const migration = new FakeMigration({
      state: { phase: 'ended', outcome: { kind: 'aborted' }, endedAtMs: 1_042_000, place },
    });
    const row = migrationRow(migration, fleet);
    expect(row.icon.id).toBe('error');
    expect(row.description).toContain('RUNS ON BOTH hv1 AND hv2');
    expect(row.tooltip.join()).toContain('Stop one of them.');
  });
});
