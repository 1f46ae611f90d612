import { describe, expect, it } from 'vitest';
import { describeForStatusBar, describePlan } from '../../../../src/migration/evacuation/describe.js';
import type {
  EvacuationItem,
  EvacuationMode,
  EvacuationRecord,
  ItemState,
} from '../../../../src/migration/evacuation/model.js';
import { evacuationInit, evacuationUpdate } from '../../../../src/migration/evacuation/panelModel.js';
import { readFromEvacuation, readEvacuationState } from '../../../../src/views/evacuationMessages.js';
import { FakeFleet, FakeHypervisor, FakeMigration, FakeMigrations, mib, stuckFigures } from '../../fakes.js';

const item = (name: string, state: ItemState, told: Partial<EvacuationItem> = {}): EvacuationItem => ({
  uuid: name,
  name,
  memoryBytes: 512 * mib,
  persistent: true,
  destination: 'hv2',
  state,
  forecast: undefined,
  wanted: undefined,
  note: undefined,
  ...told,
});

const foretold = { checkedAtMs: 0, converges: true, timeMs: 10_000, sentence: 'About 10 s.', warnings: [] };

function record(items: readonly EvacuationItem[], mode: EvacuationMode = 'go', endedAtMs?: number): EvacuationRecord {
  return {
    id: 'evacuation-1',
    source: 'hv1',
    startedAtMs: 1_000_000,
    settings: { perSource: 2, perDestination: 2, options: {} },
    routes: {},
    items,
    left: [{ uuid: 'off', name: 'off', running: false, reason: 'it is shut off' }],
    mode,
    endedAtMs,
  };
}

const done: ItemState = { kind: 'done', atMs: 1_000_500 };
const migrating: ItemState = { kind: 'migrating', atMs: 1_000_100, startId: 'start-1' };
const failed: ItemState = { kind: 'failed', reason: 'error: no route to host', advice: 'Look at the firewall.' };
const here = { on: 'source', paused: false } as const;
const failedThere: ItemState = { ...failed, seen: here };
const twice: ItemState = { kind: 'failed', reason: 'it is on both', advice: undefined, seen: { ...here, on: 'both' } };

describe('the panel of an evacuation', () => {
  const hv1 = new FakeHypervisor('hv1');
  const hv2 = new FakeHypervisor('hv2');
  const fleet = new FakeFleet([hv1, hv2]);
  const around = { fleet, migrations: new FakeMigrations() };

  it.each([
    [
      record([item('a', done), item('b', migrating), item('c', { kind: 'waiting' }, { forecast: foretold })]),
      ['Evacuating', '1 of 3 domains has left hv1; 1 migrating, 1 waiting.', 'stopAfterThis,stopAll'],
    ],
    [
      record([item('a', { kind: 'checking', toStart: false }), item('b', { kind: 'waiting' })]),
      [
        'Evacuating',
        'Looking ahead, before anything moves: what would keep a domain here, and which is quickest.',
        'stopAfterThis,stopAll',
      ],
    ],
    [
      record([item('a', migrating), item('b', { kind: 'waiting' })], 'stopAfterThis'),
      [
        'Stopping',
        'Nothing new begins; the migration that runs is let finish. 0 of 2 domains have left hv1.',
        'resume,stopAll',
      ],
    ],
    [
      record([item('a', done), item('b', { kind: 'cancelled' }), item('c', failed)], 'stopAll'),
      [
        'Stopped',
        '1 of 3 domains has left hv1; 1 not moved, 1 failed. Resume goes on with those that were not moved.',
        'resume',
      ],
    ],
    [
      record([item('a', done), item('b', done)], 'go', 1_075_000),
      ['Ended', 'Both domains that could go have left hv1 in 1 min 15 s.', ''],
    ],
    [
      record([item('a', done), item('b', failedThere), item('c', { kind: 'skipped', seen: here })], 'go', 1_075_000),
      ['Ended', '1 of 3 domains has left hv1 in 1 min 15 s; 1 failed, 1 skipped: still on hv1.', ''],
    ],
    [
      record([item('a', failed), item('b', failedThere), item('c', twice)], 'go', 1_075_000),
      [
        'Ended',
        '0 of 3 domains have left hv1 in 1 min 15 s; 3 failed: 1 never begun, 1 still on hv1, 1 ON BOTH HOSTS.',
        '',
      ],
    ],
  ])(
    'says in one sentence how it stands, and offers what can be done: %#',
    (evacuation, [phase, sentence, buttons]) => {
      const { header } = evacuationInit({ record: evacuation, elsewhere: false }, around);
      expect([header.phase, header.sentence, header.buttons.map(({ action }) => action).join()]).toEqual([
        phase,
        sentence,
        buttons,
      ]);
      expect(header.buttons.every(({ enabled }) => enabled)).toBe(true);
    },
  );

  it('a domain’s row shows its iteration while it migrates, its reason and what to do when it failed', () => {
    const migration = new FakeMigration({ domainUuid: 'b', id: 'm-1' }).sample(5000, stuckFigures(3, 121));
    const seen = { fleet, migrations: new FakeMigrations([migration]) };
    const { rows, left } = evacuationInit(
      {
        record: record([item('a', failed), item('b', migrating), item('c', migrating, { wanted: 'skip' })]),
        elsewhere: false,
      },
      seen,
    );
    const row = (name: string) => rows.find(({ id }) => id === name);
    expect(row('a')).toMatchObject({ detail: 'Error: no route to host.', hint: 'Look at the firewall.' });
    expect(row('a')?.buttons.map(({ action }) => action)).toEqual(['retry']);
    expect(row('b')?.detail).toBe('Iteration 3 · 121 MiB left · never at these settings');
    expect(row('b')?.buttons.map(({ action }) => action)).toEqual(['open', 'skip']);
    expect(row('c')).toMatchObject({ detail: 'Being aborted', buttons: [{ action: 'skip', enabled: false }] });
    expect(left).toEqual([{ id: 'off', name: 'off', reason: 'it is shut off' }]);
  });

  it.each<[ItemState, string]>([
    [failed, 'Error: no route to host.'],
    [failedThere, 'Error: no route to host. Runs on hv1.'],
    [twice, 'It is on both.'],
    [{ kind: 'skipped' }, 'Nothing of it was begun.'],
    [{ kind: 'cancelled', seen: here }, 'Runs on hv1.'],
    [{ kind: 'skipped', seen: { ...here, paused: true } }, 'Is on hv1, paused.'],
    [{ kind: 'done', atMs: 1, seen: { on: 'destination', paused: true } }, 'Is on hv2, paused.'],
  ])('a domain’s row says where it was seen, and nothing unseen: %#', (state, detail) => {
    const { rows } = evacuationInit({ record: record([item('a', state)]), elsewhere: false }, around);
    expect(rows[0]?.detail).toBe(detail);
  });

  it('of one that is done it is said where it is, and how long its last way took', () => {
    const journeys = [
      { fromMs: 1000, toMs: 2000 },
      { fromMs: 10_000, toMs: 22_400 },
    ];
    const { rows } = evacuationInit({ record: record([item('a', done, { journeys })]), elsewhere: false }, around);
    expect(rows[0]?.detail).toBe('Runs on hv2. It took 12 s.');
  });

  it('of one that was on its way before it is not said that it never was', () => {
    const journeys = [{ fromMs: 1, toMs: 2 }];
    const items = [item('a', failed, { journeys }), item('b', { kind: 'skipped' }, { journeys })];
    const { rows, header } = evacuationInit({ record: record(items, 'go', 1_075_000), elsewhere: false }, around);
    expect(rows.find(({ id }) => id === 'b')?.detail).toBe('It was not begun again.');
    expect(header.sentence).toContain('1 failed, 1 skipped: not begun again.');
  });

  it('what has not left can be sent to another host, where there is one and no doubt where it is', () => {
    const items = [
      item('waits', { kind: 'waiting' }),
      item('runs', migrating),
      item('failed', failedThere),
      item('twice', twice),
      item('done', done),
    ];
    const redirectable = (hosts: readonly FakeHypervisor[]): readonly string[] =>
      evacuationInit({ record: record(items), elsewhere: false }, { ...around, fleet: new FakeFleet(hosts) })
        .rows.filter(({ buttons }) => buttons.some(({ action }) => action === 'redirect'))
        .map(({ name }) => name);
    const hv3 = new FakeHypervisor('hv3');
    expect(redirectable([hv1, hv2, hv3])).toEqual(['failed', 'waits']);
    hv3.status = { kind: 'disconnected' };
    expect(redirectable([hv1, hv2, hv3])).toEqual([]);
    expect(redirectable([hv1, hv2])).toEqual([]);
  });

  it('another window’s evacuation is shown, says so, and can’t be steered from here', () => {
    const { header, rows } = evacuationInit({ record: record([item('a', migrating)]), elsewhere: true }, around);
    expect(header.notice).toBe('Another window runs this evacuation: steer it there.');
    expect(header.buttons.map(({ enabled }) => enabled)).toEqual([false, false]);
    expect(rows[0]?.buttons.map(({ enabled }) => enabled)).toEqual([false]);
  });

  it('says which host it waits for', () => {
    const away = new FakeHypervisor('hv2');
    away.status = { kind: 'disconnected' };
    const { header } = evacuationInit(
      { record: record([item('a', { kind: 'waiting' })]), elsewhere: false },
      { ...around, fleet: new FakeFleet([hv1, away]) },
    );
    expect(header.notice).toBe('hv2 is not connected: the domains that go there wait for that.');
  });

  it.each<[EvacuationMode, RegExp]>([
    ['stopAll', /^hv1 is not connected: what migrates can’t be aborted until it is/],
    ['stopAfterThis', /^hv1 is not connected: how what migrates ends/],
  ])(
    'while it is being stopped (%s) it says that its host is away, and Stop All can be sent once more',
    (mode, text) => {
      const away = new FakeHypervisor('hv1');
      away.status = { kind: 'disconnected' };
      const { header } = evacuationInit(
        { record: record([item('a', migrating, { wanted: 'cancel' })], mode), elsewhere: false },
        { ...around, fleet: new FakeFleet([away, hv2]) },
      );
      expect(header.notice).toMatch(text);
      expect(header.buttons.find(({ action }) => action === 'stopAll')?.enabled).toBe(true);
    },
  );

  it('sends only what changed: a row, the order, the header, or nothing', () => {
    const init = (items: readonly EvacuationItem[]) =>
      evacuationInit({ record: record(items), elsewhere: false }, around);
    const before = init([item('a', migrating), item('b', { kind: 'waiting' }), item('c', { kind: 'waiting' })]);
    expect(evacuationUpdate(before, before)).toBeUndefined();
    const noted = init([
      item('a', migrating, { note: 'no answer' }),
      item('b', { kind: 'waiting' }),
      item('c', { kind: 'waiting' }),
    ]);
    expect(evacuationUpdate(before, noted)).toMatchObject({ rows: [{ id: 'a', detail: 'No answer.' }] });
    expect(Object.keys(evacuationUpdate(before, noted) ?? {})).toEqual(['type', 'host', 'rows']);
    const turned = init([item('a', migrating), item('c', { kind: 'waiting' }), item('b', { kind: 'waiting' })]);
    expect(evacuationUpdate(before, turned)).toEqual({ type: 'update', host: 'hv1', order: ['a', 'c', 'b'] });
    const gone = init([item('a', done), item('b', { kind: 'waiting' }), item('c', { kind: 'waiting' })]);
    expect(evacuationUpdate(before, gone)).toMatchObject({ header: { done: 1, total: 3 }, rows: [{ id: 'a' }] });
  });

  it('shows first what is under way, then what failed, what waits in its order, and last what is done', () => {
    const items = [
      item('gone', done),
      item('bad', failed),
      item('now', migrating),
      item('next', { kind: 'waiting' }),
      item('later', { kind: 'waiting' }),
      item('passed', { kind: 'skipped' }),
    ];
    const { rows } = evacuationInit({ record: record(items), elsewhere: false }, around);
    expect(rows.map(({ id }) => id)).toEqual(['now', 'bad', 'next', 'later', 'passed', 'gone']);
  });

  it('says how many go at a time, and where to', () => {
    const [a, b] = [item('a', done), item('b', done, { destination: 'hv3' })];
    const how = (...items: readonly EvacuationItem[]): string | undefined =>
      evacuationInit({ record: record(items), elsewhere: false }, around).header.how;
    expect(how(a)).toBe('2 at a time, to hv2.');
    expect(how(a, b)).toBe('2 at a time, 2 to each of hv2, hv3.');
  });

  it('the status bar counts domains', () => {
    const items = [item('a', done), item('b', migrating), item('c', { kind: 'waiting' })];
    expect(describeForStatusBar(record(items))).toBe('Evacuating hv1: 1 of 3');
    expect(describeForStatusBar(record(items, 'stopAll'))).toBe('Stopping the evacuation of hv1: 1 of 3');
  });

  it('the plan in words names who goes where and who stays, whatever their names hold', () => {
    const moves = [item('shop\u202edb', done), item('web', done, { destination: 'hv3' })];
    const text = describePlan(
      { source: 'hv1', moves, left: [{ uuid: 'x', name: 'gpu', running: true, reason: 'it can’t migrate: its card' }] },
      { perSource: 2, perDestination: 1, options: {} },
    );
    expect(text).toBe(
      'To hv2, 512 MiB: shop\\u202edb.\n\nTo hv3, 512 MiB: web.\n\n' +
        '2 at a time, 1 to each destination, each after its pre-flight, the quickest first. What fails stays on hv1.\n\n' +
        'Stay: gpu (it can’t migrate: its card).',
    );
  });

  it.each([
    [{ type: 'ready' }, true],
    [{ type: 'action', action: 'stopAll' }, true],
    [{ type: 'rowAction', action: 'skip', id: 'a' }, true],
    [{ type: 'rowAction', action: 'skip' }, false],
    [{ type: 'action', action: 'format' }, false],
    ['ready', false],
  ])('hears only what a page may say: %j', (message, heard) => {
    expect(readFromEvacuation(message)).toEqual(heard ? message : undefined);
  });

  it('finds again what a page of an earlier window showed', () => {
    expect(readEvacuationState({ host: 'hv1', scroll: 10 })).toBe('hv1');
    expect(readEvacuationState({ host: '' })).toBeUndefined();
    expect(readEvacuationState(undefined)).toBeUndefined();
  });
});
