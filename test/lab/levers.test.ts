import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActionKind, Change, Mark, Migration, MigrationChange } from '../../src/migration/model.js';
import type { DetachedStarter } from '../../src/migration/start/starter.js';
import { undoOf } from '../../src/migration/undo.js';
import { until as eventually } from '../editor/waiting.js';
import { type Guest, type HostName, Lab } from './lab.js';
import { clearSettled } from './onePlace.js';
import { WatchedLab } from './watched.js';
import { defaultOptions } from '../../src/migration/start/options.js';

describe('the levers of a running migration', () => {
  let lab: Lab;
  let watched: WatchedLab;
  let starter: DetachedStarter;

  beforeAll(async () => {
    lab = await Lab.up();
    watched = new WatchedLab(lab, 500);
    starter = watched.starter;
    await starter.open();
    await watched.connect();
  });
  afterEach(async () => clearSettled(lab));
  afterAll(async () => {
    watched.dispose();
    await lab.down();
  });

  const perform = (guest: Guest, action: Parameters<WatchedLab['steering']['perform']>[2]): Promise<string> =>
    watched.steering.perform('hv1', guest.uuid, action);
  const marksOf = (migration: Migration, action: ActionKind): Extract<Mark, { kind: 'action' }>[] =>
    migration.marks.flatMap((mark) => (mark.kind === 'action' && mark.action === action ? [mark] : []));
  const changesOf = (migration: Migration): Change[] =>
    migration.marks.flatMap((mark) => (mark.kind === 'change' ? [mark.change] : []));

  /** Waits for what a change of the migration brings about. */
  function until(migration: Migration, holds: (change?: MigrationChange) => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const subscription = migration.onDidChange((change) => {
        if (!holds(change)) return;
        subscription.dispose();
        resolve();
      });
    });
  }

  /** libvirt tells the two hosts' states one after the other. */
  async function untilState(host: HostName, guest: Guest, state: string): Promise<void> {
    await eventually(
      `${guest.name} ${state} on ${host}`,
      async () => (await lab.host(host).stateOf(guest.uuid)) === state,
    );
  }

  async function migrating(
    name: string,
    options: Parameters<Lab['migrate']>[3],
    plan: Partial<Parameters<Lab['startGuest']>[1]> = {},
  ): Promise<{ guest: Guest; migration: Migration; beat: number }> {
    const guest = await lab.startGuest('hv1', { name, workingSetMiB: 104, memoryMiB: 256, ...plan });
    await guest.untilHot('hv1');
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    const start = watched.next();
    lab.migrate(guest, 'hv1', 'hv2', options);
    const migration = await start;
    await until(migration, () => migration.state.phase === 'precopy');
    return { guest, migration, beat };
  }

  /** It runs on hv2 and nowhere else, and beats on there. */
  async function expectArrived(guest: Guest, migration: Migration, beat: number): Promise<void> {
    expect(migration.state).toMatchObject({ outcome: { kind: 'completed' }, place: { kind: 'fine', on: 'hv2' } });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    expect((await lab.host('hv1').stateOf(guest.uuid)) ?? 'shut off (migrated)').toBe('shut off (migrated)');
    await guest.untilBeatAfter('hv2', beat);
  }

  it('in post-copy are its own speed, an interruption and a resumption, after which the guest goes on', async () => {
    const guest = await lab.startGuest('hv1', { name: 'half', workingSetMiB: 200, memoryMiB: 384, persistent: true });
    await guest.untilHot('hv1');
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    const start = watched.next();
    const first = await starter.start({
      source: 'hv1',
      domainUuid: guest.uuid,
      destination: 'hv2',
      destinationUri: 'qemu+tcp://hv2/system',
      migrationUri: 'tcp://hv2',
      options: {
        ...defaultOptions(false),
        persistent: true,
        postcopy: true,
        postcopyBandwidthMiBps: 3,
        bandwidthMiBps: 20,
      },
    });
    const migration = await start;
    await until(migration, () => migration.state.phase === 'precopy');
    await expect(perform(guest, { kind: 'interruptPostcopy' })).rejects.toThrow(/not outgoing migration in post-copy/);
    // By then the destination has what its QEMU itself needs: without it, it could not be resumed.
    await until(migration, () => (migration.samples.at(-1)?.job.memoryIteration ?? 0) >= 2);
    await perform(guest, { kind: 'switchToPostcopy' });
    await until(migration, () => migration.state.phase === 'postcopy');

    await expect(perform(guest, { kind: 'setSpeed', speedMiBps: 2 })).resolves.toMatch(
      /post-copy speed is now 2 MiB\/s/,
    );
    expect((await lab.host('hv1').virsh(['migrate-getspeed', guest.uuid, '--postcopy'])).trim()).toBe('2');
    expect(marksOf(migration, 'setPostcopySpeed').at(-1)).toMatchObject({ before: 3, failed: false });
    expect(undoOf(migration)).toMatchObject({ label: 'Post-copy speed back to 3 MiB/s' });
    await until(migration, () => migration.samples.at(-1)?.postcopySpeedMiBps === 2);
    await lab.host('hv1').virsh(['migrate-setspeed', guest.uuid, '4', '--postcopy']);
    await until(migration, () => changesOf(migration).length > 0);
    // libvirt lifts the other limit as it switches, which is no change by anybody.
    expect(changesOf(migration)).toEqual([{ value: 'postcopySpeed', from: 2, to: 4 }]);
    await expect(perform(guest, { kind: 'abort' })).rejects.toThrow(/cannot abort migration in post-copy/);

    await guest.untilBeatAfter('hv2', beat);
    await expect(perform(guest, { kind: 'interruptPostcopy' })).resolves.toMatch(
      /stands still until its migration is resumed/,
    );
    await until(migration, () => migration.state.phase === 'postcopyInterrupted');
    expect((await starter.whenEnded(first.id)).state).toMatchObject({
      kind: 'failed',
      text: expect.stringMatching(/failed in post-copy phase/) as string,
    });
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('paused (post-copy failed)');
    await untilState('hv2', guest, 'running (post-copy failed)');
    expect(migration.state.outcome).toBeUndefined();
    const wrong = perform(guest, { kind: 'interruptPostcopy' });
    await expect(wrong).rejects.toThrow(/only supported during postcopy-active/);

    await perform(guest, { kind: 'setSpeed', speedMiBps: 5 });
    await until(migration, () => migration.samples.at(-1)?.postcopySpeedMiBps === 5);
    await perform(guest, { kind: 'resumePostcopy' });
    const [resumed] = starter.all;
    expect(resumed?.line).toMatch(/--postcopy .*--postcopy-resume -- \S+ qemu\+tcp:\/\/hv2\/system tcp:\/\/hv2$/);
    await until(migration, () => migration.state.phase === 'postcopy');
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('paused (post-copy)');
    await untilState('hv2', guest, 'running (post-copy)');

    expect((await lab.host('hv1').virsh(['migrate-getspeed', guest.uuid, '--postcopy'])).trim()).toBe('5');

    const end = watched.nextEnd();
    await perform(guest, { kind: 'setSpeed', speedMiBps: 200 });
    expect(await end).toBe(migration);
    expect((await starter.whenEnded(resumed?.id ?? '')).state.kind).toBe('succeeded');
    await expectArrived(guest, migration, beat);
    expect(await lab.host('hv2').virsh(['dominfo', guest.uuid])).toMatch(/^Persistent: +yes$/m);
    // A reading may meet the moment of the switch, in which the guest stands still.
    const phases = migration.marks.flatMap((mark) => (mark.kind === 'phase' ? [mark.phase] : []));
    expect(phases.filter((phase) => phase !== 'paused')).toEqual([
      'precopy',
      'postcopy',
      'postcopyInterrupted',
      'postcopy',
      'ended',
    ]);
  });

  it('are the compression cache, read back, undone, and refused in QEMU’s words where it is no power of two', async () => {
    const { guest, migration } = await migrating('packed', {
      bandwidthMiBps: 10,
      extra: ['--compressed', '--comp-methods', 'xbzrle', '--comp-xbzrle-cache', String(32 * 2 ** 20)],
    });
    await expect(perform(guest, { kind: 'setCompressionCache', cacheMiB: 128 })).resolves.toMatch(/now 128 MiB/);
    expect(await lab.host('hv1').virsh(['migrate-compcache', guest.uuid])).toMatch(/128\.000 MiB/);
    expect(undoOf(migration)?.label).toBe('Compression cache back to 32 MiB');
    await expect(perform(guest, { kind: 'setCompressionCache', cacheMiB: 48 })).rejects.toThrow(/power of two/);
    await until(migration, () => migration.state.destination === 'hv2');
    const end = watched.nextEnd();
    await perform(guest, { kind: 'abort' });
    expect((await end).state).toMatchObject({ outcome: { kind: 'aborted' }, place: { kind: 'fine', on: 'hv1' } });
  });

  it('in another hand are told: a pause at once, and once, while one from here and a switch-over are no news', async () => {
    const { guest, migration, beat } = await migrating('shared', { bandwidthMiBps: 10 });
    await until(migration, () => (migration.samples.at(-1)?.job.memoryProcessedBytes ?? 0) > 0);
    await lab.host('hv1').virsh(['migrate-setspeed', guest.uuid, '9']);
    await until(migration, () => changesOf(migration).length > 0);
    await lab.host('hv1').virsh(['suspend', guest.uuid]);
    const end = watched.nextEnd();
    await until(migration, () => migration.state.phase === 'paused');
    const seenAt = migration.samples.length;
    await until(migration, () => changesOf(migration).some(({ value }) => value === 'guest'));
    // The first reading that meets it could be a switch-over; the next one can't.
    expect(migration.samples.length - seenAt).toBeLessThanOrEqual(2);
    await perform(guest, { kind: 'setSpeed', speedMiBps: 200 });
    await end;
    expect(changesOf(migration)).toEqual([
      { value: 'speed', from: 10, to: 9 },
      { value: 'guest', to: 'paused' },
    ]);
    await expectArrived(guest, migration, beat);

    const own = await migrating('own', { bandwidthMiBps: 10 });
    const ownEnd = watched.nextEnd();
    await perform(own.guest, { kind: 'pause' });
    await until(own.migration, () => own.migration.state.phase === 'paused');
    await perform(own.guest, { kind: 'setSpeed', speedMiBps: 200 });
    await ownEnd;
    expect(changesOf(own.migration)).toEqual([]);
    await expectArrived(own.guest, own.migration, own.beat);
  });

  it('after the end: a guest that stands still is told of, and is well again once it runs', async () => {
    const { guest, migration } = await migrating(
      'still',
      { bandwidthMiBps: 20, extra: ['--suspend'] },
      { load: 'idle' },
    );
    await until(migration, () => migration.state.place !== undefined);
    expect(migration.state).toMatchObject({
      place: { kind: 'wrong', problem: 'paused', resumeOn: 'hv2' },
      leftPausedOn: 'hv2',
    });
    await watched.steering.perform('hv2', guest.uuid, { kind: 'resume' });
    await until(migration, () => migration.state.place?.kind === 'fine');
    expect(migration.state.leftPausedOn).toBeUndefined();
  });

  it('after the end: what its destination can’t tell is said, and looked at again when that is back', async () => {
    const hv2 = watched.fleet.get('hv2');
    const { guest, migration, beat } = await migrating('away', { bandwidthMiBps: 10 });
    await until(migration, () => migration.state.destination === 'hv2');
    hv2?.disconnect();
    await lab.host('hv1').virsh(['migrate-setspeed', guest.uuid, '200']);
    await lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '5000']);
    await until(migration, () => migration.state.place !== undefined);
    expect(migration.state.place).toEqual({
      kind: 'unknown',
      text: 'Whether the guest runs, nobody here can tell: hv2 is not connected.',
    });
    await hv2?.connect();
    await until(migration, () => migration.state.place?.kind === 'fine');
    await expectArrived(guest, migration, beat);
  });
});
