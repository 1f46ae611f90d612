import { describe, expect, it } from 'vitest';
import { availability } from '../../../src/migration/availability.js';
import { fieldsTable } from '../../../src/migration/fieldsTable.js';
import type { Capabilities } from '../../../src/hypervisor/model.js';
import type { ActionKind, Phase } from '../../../src/migration/model.js';
import { panelInit, panelUnknown, panelUpdate, sentAll } from '../../../src/migration/panelModel.js';
import { pageSizeBytes } from '../../../src/migration/readings.js';
import { everything, FakeFleet, FakeHypervisor, FakeMigration, mib, stuckFigures } from '../fakes.js';
import { figures } from './figures.js';

const surroundings = { hosts: new FakeFleet([new FakeHypervisor('hv1')]), nowMs: 1_030_000, sampleIntervalMs: 1000 };

describe('what the panel is told', () => {
  it('is the whole history once, then only what is new', () => {
    const migration = new FakeMigration()
      .sample(1000, stuckFigures(1, 445), 300)
      .sample(2000, stuckFigures(1, 425), 300);
    migration.mark({ kind: 'iteration', atMs: 0, elapsedMs: 500, iteration: 1 });
    const init = panelInit(migration, surroundings);
    expect(init.samples).toHaveLength(2);
    expect(init.marks).toEqual([{ kind: 'iteration', elapsedMs: 500, iteration: 1 }]);

    const sent = sentAll(migration);
    expect(panelUpdate(migration, sent, undefined)).toBeUndefined();
    migration.sample(3000, stuckFigures(2, 200), 300);
    migration.mark({
      kind: 'action',
      atMs: 1_003_000,
      elapsedMs: 3000,
      action: 'setMaxDowntime',
      label: 'Max downtime 12000 ms',
      virshLine: 'migrate-setmaxdowntime u 12000',
      answer: 'max downtime is now 12000 ms',
      failed: false,
    });
    const update = panelUpdate(migration, sent, undefined);
    expect(update?.samples?.map((sample) => sample.elapsedMs)).toEqual([3000]);
    expect(update?.log).toEqual([
      {
        atMs: 1_003_000,
        text: 'Max downtime 12000 ms',
        virshLine: 'migrate-setmaxdowntime u 12000',
        answer: 'max downtime is now 12000 ms',
        failed: false,
      },
    ]);
    expect(update?.header).toBeUndefined();
  });

  it('draws no placeholder of the first iteration', () => {
    const migration = new FakeMigration()
      .sample(1000, stuckFigures(1, 445), 300)
      .sample(26_000, stuckFigures(2, 200), 300);
    const [first, second] = panelInit(migration, surroundings).samples;
    expect(first).toMatchObject({
      expectedDowntimeMs: undefined,
      dirtyBytesPerSecond: undefined,
      allowedDowntimeMs: 300,
    });
    expect(second).toMatchObject({ expectedDowntimeMs: 10_240, dirtyBytesPerSecond: 20 * mib });
  });

  it('leaves figures out that nobody gave', () => {
    const labels = (told: Parameters<FakeMigration['sample']>[1]): string[] =>
      panelInit(new FakeMigration().sample(1000, told), surroundings).header.figures.map((figure) => figure.label);
    expect(labels({})).toEqual(['Elapsed']);
    expect(labels(stuckFigures(7, 121))).toEqual([
      'Elapsed',
      'Iteration',
      'Remaining',
      'Bandwidth',
      'Dirty rate',
      'Expected downtime',
    ]);
  });

  it('measures compression between two readings', () => {
    const normal = {
      memoryPageSizeBytes: 4096,
      memoryNormalPages: 1000,
      compressionPages: 100,
      compressionBytes: 100_000,
    };
    const migration = new FakeMigration()
      .sample(1000, normal)
      .sample(2000, { ...normal, memoryNormalPages: 1060, compressionPages: 140, compressionBytes: 181_920 });
    const sample = panelInit(migration, surroundings).samples[1];
    expect(sample?.compressedPagesPercent).toBe(40);
    expect(sample?.compressedSizePercent).toBe(50);
    const off = new FakeMigration().sample(1, { compressionPages: 0 }).sample(2, { compressionPages: 0 });
    expect(panelInit(off, surroundings).samples[1]?.compressedPagesPercent).toBeUndefined();
  });

  it('is said when the migration is not known any more', () => {
    expect(panelUnknown('x').header).toMatchObject({ ended: true, buttons: [] });
  });
});

describe('the page size', () => {
  it('follows from the rounded sizes of an old libvirt', () => {
    const migration = new FakeMigration().sample(1, {
      memoryNormalBytes: 247.691 * 1024 * mib,
      memoryNormalPages: 64_930_658,
    });
    expect(migration.samples.map(pageSizeBytes)).toEqual([4096]);
  });

  it('is not guessed from sizes that do not fit', () => {
    const sample = {
      atMs: 0,
      elapsedMs: 0,
      maxDowntimeMs: undefined,
      job: figures({ memoryNormalBytes: 6000, memoryNormalPages: 1 }),
    };
    expect(pageSizeBytes(sample)).toBeUndefined();
  });
});

describe('the table of all fields', () => {
  it('keeps unknown fields and exact numbers', () => {
    expect(
      fieldsTable([
        { name: 'memory_remaining', value: '185434112' },
        { name: 'memory_iteration', value: '3' },
        { name: 'time_elapsed', value: '26015' },
        { name: 'brand_new', value: 'what?' },
        { name: 'Memory remaining', value: '184.844 MiB' },
        { name: 'memory_total', value: 'cut of' },
      ]),
    ).toEqual([
      { name: 'memory_remaining', label: 'Memory remaining', value: '177 MiB (185434112)' },
      { name: 'memory_iteration', label: 'Iteration', value: '3' },
      { name: 'time_elapsed', label: 'Time elapsed', value: '26.0 s (26015)' },
      { name: 'brand_new', label: 'brand_new', value: 'what?' },
      { name: 'Memory remaining', label: 'Memory remaining', value: '184.844 MiB' },
      { name: 'memory_total', label: 'Memory total', value: 'cut of' },
    ]);
  });
});

describe('the ways to steer', () => {
  const possible = (phase: Phase, source = new FakeHypervisor('hv1')): ActionKind[] =>
    (
      [
        'setSpeed',
        'setMaxDowntime',
        'setCompressionCache',
        'pause',
        'resume',
        'switchToPostcopy',
        'interruptPostcopy',
        'resumePostcopy',
        'abort',
      ] as const
    ).filter(
      (action) => availability(action, new FakeMigration({ state: { phase } }), new FakeFleet([source])).enabled,
    );

  it.each<[Phase, ActionKind[]]>([
    ['setup', ['setSpeed', 'setMaxDowntime', 'abort']],
    ['diskCopy', ['setSpeed', 'setMaxDowntime', 'pause', 'abort']],
    ['precopy', ['setSpeed', 'setMaxDowntime', 'setCompressionCache', 'pause', 'switchToPostcopy', 'abort']],
    ['paused', ['setSpeed', 'setMaxDowntime', 'setCompressionCache', 'switchToPostcopy', 'abort']],
    ['postcopy', ['setSpeed', 'interruptPostcopy']],
    ['postcopyInterrupted', ['setSpeed', 'resumePostcopy']],
    ['ended', []],
  ])('in %s', (phase, actions) => {
    expect(possible(phase)).toEqual(actions);
  });

  it('are none on a host that may only be watched, is not connected, or has left', () => {
    expect(possible('precopy', new FakeHypervisor('hv1', { readOnly: true }))).toEqual([]);
    const lost = new FakeHypervisor('hv1');
    lost.disconnect();
    expect(possible('precopy', lost)).toEqual([]);
    expect(availability('abort', new FakeMigration(), new FakeFleet([])).enabled).toBe(false);
  });

  it.each<[Phase, Partial<Capabilities>, string]>([
    ['postcopy', { postcopySpeed: false }, '5.1'],
    ['postcopy', { abortPostcopy: false }, '8.5'],
    ['postcopyInterrupted', { migrateOptions: new Set(['--postcopy']) }, '8.5'],
    ['precopy', { compressionCache: false }, 'compression cache'],
  ])('in %s say which libvirt has what this one lacks: %o', (phase, lacks, words) => {
    const old = new FakeHypervisor('hv1');
    old.capabilities = { ...everything, ...lacks };
    const reasons = (['setSpeed', 'setCompressionCache', 'interruptPostcopy', 'resumePostcopy'] as const).flatMap(
      (action) => {
        const { enabled, why } = availability(action, new FakeMigration({ state: { phase } }), new FakeFleet([old]));
        return enabled ? [] : [why];
      },
    );
    expect(reasons.filter((why) => why.includes(words))).toHaveLength(1);
  });

  it('hold a compression cache only where pages are compressed, or may yet be', () => {
    const fleet = new FakeFleet([new FakeHypervisor('hv1')]);
    const after = (told: Parameters<FakeMigration['sample']>[1]): FakeMigration => new FakeMigration().sample(1, told);
    expect(availability('setCompressionCache', after(stuckFigures(1, 200)), fleet).enabled).toBe(true);
    expect(availability('setCompressionCache', after(stuckFigures(3, 200)), fleet).why).toContain('--compressed');
    const compressing = after({ ...stuckFigures(3, 200), compressionPages: 9 });
    expect(availability('setCompressionCache', compressing, fleet).enabled).toBe(true);
    expect(
      panelInit(compressing, { ...surroundings, hosts: fleet }).header.buttons.map(({ label }) => label),
    ).toContain('Compression cache…');
  });

  it('are those of post-copy once it has switched, by the one command for a speed', () => {
    const fleet = new FakeFleet([new FakeHypervisor('hv1')]);
    const buttons = (phase: Phase): string[] =>
      panelInit(new FakeMigration({ state: { phase } }), { ...surroundings, hosts: fleet }).header.buttons.map(
        ({ action, label, enabled }) => `${enabled ? '' : 'no '}${action}: ${label}`,
      );
    expect(buttons('postcopy')).toEqual(['setSpeed: Post-copy speed…', 'interruptPostcopy: Interrupt…']);
    expect(buttons('postcopyInterrupted')).toEqual(['setSpeed: Post-copy speed…', 'resumePostcopy: Resume post-copy']);
  });

  it('hold no post-copy where libvirt has none', () => {
    const old = new FakeHypervisor('hv1');
    old.capabilities = { ...everything, postcopy: false };
    expect(possible('precopy', old)).not.toContain('switchToPostcopy');
    expect(availability('switchToPostcopy', new FakeMigration(), new FakeFleet([old])).why).toContain('no post-copy');
  });

  it('say what would come of them now, beside the ways out of what never ends, by the least harm', () => {
    const told = { ...stuckFigures(7, 121), memoryBytesPerSecond: 20 * mib };
    const migration = new FakeMigration().sample(30_000, told, 300);
    const { buttons, ways } = panelInit(migration, surroundings).header;
    const why = (action: string): string | undefined => buttons.find((button) => button.action === action)?.why;
    expect(why('setMaxDowntime')).toMatch(
      /^Sets how long .* Now: with a max downtime of \d+ ms, it ends in about .* and stops the guest for at most .*\.$/,
    );
    expect(why('pause')).toMatch(/ Now: paused now, the guest stands still for about \d+ s/);
    expect(why('abort')).not.toContain('Now:');
    expect(ways.map(({ way }) => way)).toEqual(['setMaxDowntime', 'pause', 'switchToPostcopy']);
    // Of a record nothing is to be done, and while nobody answers nothing is foretold.
    expect(panelInit(migration, { ...surroundings, isRecord: true }).header.buttons).toEqual([]);
    migration.become({ interrupted: 'hv1 is not connected.' });
    const { header } = panelInit(migration, surroundings);
    expect(header.sentence).not.toContain('never ends');
    expect(header).toMatchObject({ ways: [], taken: undefined, progress: undefined });
  });

  it('offer Resume where a guest was left paused, and say why they do not while it migrates', () => {
    const fleet = new FakeFleet([new FakeHypervisor('hv1'), new FakeHypervisor('hv2')]);
    const buttons = (migration: FakeMigration): string[] =>
      panelInit(migration, { ...surroundings, hosts: fleet }).header.buttons.map(
        ({ action, enabled }) => `${enabled ? '' : 'no '}${action}`,
      );
    const migration = new FakeMigration({ state: { phase: 'paused' } });
    expect(buttons(migration)).toEqual(['setSpeed', 'setMaxDowntime', 'no resume', 'switchToPostcopy', 'abort']);
    expect(availability('resume', migration, fleet).why).toContain('Abort, or switch to post-copy');
    migration.become({ phase: 'ended', outcome: { kind: 'aborted' } });
    expect(buttons(migration)).toEqual([]);
    migration.become({ leftPausedOn: 'hv1' });
    expect(buttons(migration)).toEqual(['resume']);
  });
});
