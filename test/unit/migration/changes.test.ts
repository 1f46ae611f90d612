import { describe, expect, it } from 'vitest';
import { changesBetween, OwnValues, valueSetBy, valueText } from '../../../src/migration/changes.js';
import { describeChange } from '../../../src/migration/describe.js';
import type { Mark, Sample } from '../../../src/migration/model.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { undoOf } from '../../../src/migration/undo.js';
import { unlimitedMiBps } from '../../../src/virsh/bounds.js';
import { FakeMigration } from '../fakes.js';
import { figures } from './figures.js';

const reading = (maxDowntimeMs?: number, speedLimitMiBps?: number, atMs = 0, copiedMs = atMs): Sample => ({
  atMs,
  elapsedMs: atMs,
  // Nothing is copied while it stands still: a second of it is one MiB.
  job: figures({ memoryProcessedBytes: copiedMs * 1000 }),
  maxDowntimeMs,
  speedLimitMiBps,
});
const own = (downtimeMs?: number): OwnValues => {
  const values = new OwnValues();
  if (downtimeMs !== undefined) values.expect({ kind: 'setMaxDowntime', downtimeMs });
  return values;
};

describe('a value that is another than a moment ago', () => {
  it.each<[string, Sample, Sample, OwnValues, unknown]>([
    ['is news', reading(300), reading(500), own(), [{ value: 'maxDowntime', from: 300, to: 500 }]],
    ['is none where it is the same', reading(300, 20), reading(300, 20), own(), []],
    ['is none where it was set from here', reading(300), reading(500), own(500), []],
    [
      'is news where something else was set from here',
      reading(300),
      reading(400),
      own(500),
      [{ value: 'maxDowntime', from: 300, to: 400 }],
    ],
    ['is none where it was not read', reading(300), reading(undefined), own(), []],
    ['is none where it was not read before', reading(undefined), reading(300), own(), []],
    ['is none where unlimited is said in another way', reading(300, 0), reading(300, unlimitedMiBps), own(), []],
    [
      'may be two',
      reading(300, 20),
      reading(500, 0),
      own(),
      [
        { value: 'maxDowntime', from: 300, to: 500 },
        { value: 'speed', from: 20, to: unlimitedMiBps },
      ],
    ],
  ])('%s', (_, before, after, ours, changes) => {
    expect(changesBetween(before, after, ours)).toEqual(changes);
  });

  it.each([
    ['speed', 20, unlimitedMiBps, 'Speed 20 MiB/s → unlimited, not from here'],
    ['postcopySpeed', 0, 5, 'Post-copy speed unlimited → 5 MiB/s, not from here'],
    ['maxDowntime', 300, 10_240, 'Max downtime 300 ms → 10240 ms, not from here'],
  ] as const)('is told in words: %s', (value, from, to, words) => {
    expect(describeChange({ value, from, to })).toBe(words);
  });

  it('and the action that brings it about mean each other', () => {
    expect(valueSetBy({ kind: 'setSpeed', speedMiBps: 0 })).toEqual({ value: 'speed', to: unlimitedMiBps });
    expect(valueSetBy({ kind: 'setPostcopySpeed', speedMiBps: 5 })).toEqual({ value: 'postcopySpeed', to: 5 });
    expect(valueSetBy({ kind: 'setMaxDowntime', downtimeMs: 500 })).toEqual({ value: 'maxDowntime', to: 500 });
    expect(valueSetBy({ kind: 'abort' })).toBeUndefined();
    expect(valueText('speed', 0)).toBe('unlimited');
  });
});

describe('a migration that two people steer', () => {
  const migration = (): TrackedMigration => {
    const tracked = new TrackedMigration({
      id: 'm',
      domainUuid: 'u',
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs: 0,
    });
    tracked.update({ phase: 'precopy' }, 0);
    return tracked;
  };
  const changes = (tracked: TrackedMigration): unknown[] =>
    tracked.marks.flatMap((mark) => (mark.kind === 'change' ? [mark.change] : []));

  it('marks what somebody else changed, and not what was set from here', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    tracked.ownValues.expect({ kind: 'setMaxDowntime', downtimeMs: 500 }).done();
    tracked.addSample(reading(500, 20, 2000), [], 1000);
    tracked.addSample(reading(300, 20, 3000), [], 1000);
    // The same value again, by somebody else: it was seen in force, so it is news.
    tracked.addSample(reading(500, 20, 4000), [], 1000);
    expect(changes(tracked)).toEqual([
      { value: 'maxDowntime', from: 500, to: 300 },
      { value: 'maxDowntime', from: 300, to: 500 },
    ]);
  });

  it('knows its own two changes in one reading’s time, whichever of them is seen', () => {
    for (const seen of [[700, 450], [450]]) {
      const tracked = migration();
      tracked.addSample(reading(300, 20, 1000), [], 1000);
      tracked.ownValues.expect({ kind: 'setMaxDowntime', downtimeMs: 700 }).done();
      tracked.ownValues.expect({ kind: 'setMaxDowntime', downtimeMs: 450 }).done();
      seen.forEach((ms, index) => tracked.addSample(reading(ms, 20, 2000 + index * 1000), [], 1000));
      expect(changes(tracked)).toEqual([]);
    }
  });

  it('waits for what it set itself while that is under way, and not for ever after', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    const expected = tracked.ownValues.expect({ kind: 'setMaxDowntime', downtimeMs: 300 });
    for (let at = 2; at < 20; at += 1) tracked.addSample(reading(300, 20, at * 1000), [], 1000);
    expected.done();
    for (let at = 20; at < 24; at += 1) tracked.addSample(reading(300, 20, at * 1000), [], 1000);
    tracked.addSample(reading(500, 20, 24_000), [], 1000);
    tracked.addSample(reading(300, 20, 25_000), [], 1000);
    tracked.addSample(reading(300, 20, 26_000), [], 1000);
    tracked.addSample(reading(300, 20, 27_000), [], 1000);
    expect(changes(tracked)).toHaveLength(2);
  });

  it('counts what was refused here as somebody else’s when it comes after all', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    tracked.ownValues.expect({ kind: 'setMaxDowntime', downtimeMs: 500 }).failed();
    tracked.addSample(reading(500, 20, 2000), [], 1000);
    expect(changes(tracked)).toHaveLength(1);
  });

  it('marks nothing that libvirt brings back as it ends, and tells of the same by somebody else once more is copied', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    tracked.addSample(reading(300, unlimitedMiBps, 2000), [], 1000);
    expect(changes(tracked)).toEqual([]);
    // What was copied before the value was read is in the next reading's figures.
    tracked.addSample(reading(300, unlimitedMiBps, 3000), [], 1000);
    expect(changes(tracked)).toEqual([]);
    tracked.addSample(reading(300, unlimitedMiBps, 4000), [], 1000);
    expect(changes(tracked)).toEqual([{ value: 'speed', from: 20, to: unlimitedMiBps }]);
    expect(tracked.marks.find(({ kind }) => kind === 'change')?.atMs).toBe(2000);
    tracked.update({ phase: 'paused' }, 4500);
    tracked.addSample(reading(500, 20, 5000), [], 1000);
    expect(changes(tracked)).toHaveLength(1);
  });

  it('marks nothing that libvirt brings back at the end, however long the destination takes to start the guest', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    tracked.update({ phase: 'paused' }, 1500);
    for (let atMs = 2000; atMs < 20_000; atMs += 1000)
      tracked.addSample(reading(300, unlimitedMiBps, atMs, 2500), [], 1000);
    expect(changes(tracked)).toEqual([]);
    // It was somebody who has paused the guest.
    tracked.addSample(reading(300, unlimitedMiBps, 20_000, 20_000), [], 1000);
    expect(changes(tracked)).toContainEqual({ value: 'speed', from: 20, to: unlimitedMiBps });
  });

  it('marks nothing that a switch to post-copy lifts', () => {
    const tracked = migration();
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    tracked.update({ phase: 'paused' }, 1500);
    tracked.addSample(reading(300, unlimitedMiBps, 2000), [], 1000);
    tracked.update({ phase: 'postcopy' }, 2500);
    tracked.addSample(reading(300, undefined, 3000), [], 1000);
    tracked.addSample(reading(300, undefined, 4000), [], 1000);
    expect(changes(tracked)).toEqual([]);
  });

  it('marks nothing while libvirt itself sets it up', () => {
    const tracked = migration();
    tracked.update({ phase: 'setup' }, 0);
    tracked.addSample(reading(300, unlimitedMiBps, 500), [], 1000);
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    expect(changes(tracked)).toEqual([]);
  });

  it('marks nothing of what was put in force while it was set up, and first read after', () => {
    const tracked = migration();
    tracked.update({ phase: 'setup' }, 0);
    tracked.addSample(reading(300, unlimitedMiBps, 500), [], 1000);
    tracked.update({ phase: 'precopy' }, 800);
    tracked.addSample(reading(300, 20, 1000), [], 1000);
    expect(changes(tracked)).toEqual([]);
    tracked.addSample(reading(300, 40, 2000), [], 1000);
    expect(changes(tracked)).toHaveLength(1);
  });
});

describe('taking back', () => {
  const inPrecopy = new FakeMigration().state;

  const done = (told: Partial<Extract<Mark, { kind: 'action' }>>): Mark => ({
    kind: 'action',
    atMs: 1500,
    elapsedMs: 1500,
    action: 'setMaxDowntime',
    label: 'Max downtime 500 ms',
    virshLine: '',
    answer: '',
    failed: false,
    before: 300,
    ...told,
  });

  it.each<[string, Mark[], Sample[], unknown]>([
    ['nothing where nothing was done', [], [], undefined],
    [
      'the last value that was set',
      [done({ action: 'setSpeed', before: 20 }), done({})],
      [],
      { action: { kind: 'setMaxDowntime', downtimeMs: 300 }, label: 'Max downtime back to 300 ms' },
    ],
    ['no speed limit', [done({ action: 'setSpeed', before: 0 })], [], { label: 'Speed back to unlimited' }],
    ['nothing that failed', [done({ failed: true })], [], undefined],
    [
      'nothing that set no value',
      [{ ...done({ action: 'pause' }), before: undefined } as unknown as Mark],
      [],
      undefined,
    ],
    ['what is still in force', [done({})], [reading(500, 20, 2000)], { label: 'Max downtime back to 300 ms' }],
    ['nothing that somebody else has taken back', [done({})], [reading(300, 20, 2000)], undefined],
    ['what no reading has seen yet', [done({})], [reading(300, 20, 1000)], { label: 'Max downtime back to 300 ms' }],
    [
      'the compression cache',
      [done({ action: 'setCompressionCache', before: 64 })],
      [],
      { action: { kind: 'setCompressionCache', cacheMiB: 64 }, label: 'Compression cache back to 64 MiB' },
    ],
    ['no speed of post-copy before it', [done({ action: 'setPostcopySpeed', before: 5 })], [], undefined],
  ])('is offered for %s', (_, marks, samples, expected) => {
    const undo = undoOf({ marks, samples, state: inPrecopy });
    if (expected === undefined) expect(undo).toBeUndefined();
    else expect(undo).toMatchObject(expected as object);
  });

  it('in post-copy is for its own speed alone: what was set before has no effect any more', () => {
    const state = { ...inPrecopy, phase: 'postcopy' } as const;
    const marks = [done({ action: 'setPostcopySpeed', before: 0 }), done({ action: 'setSpeed', before: 20 })];
    expect(undoOf({ marks, samples: [], state })).toEqual({
      action: { kind: 'setPostcopySpeed', speedMiBps: 0 },
      label: 'Post-copy speed back to unlimited',
    });
    expect(undoOf({ marks: marks.slice(1), samples: [], state })).toBeUndefined();
  });
});
