import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Migration, Mark } from '../../src/migration/model.js';
import { domainState } from '../../src/virsh/commands.js';
import { eventTimeMs } from './eventTime.js';
import { Lab } from './lab.js';
import { WatchedLab } from './watched.js';

describe('watching and steering real hosts', () => {
  let lab: Lab;
  let watched: WatchedLab;

  beforeAll(async () => {
    lab = await Lab.up();
    watched = new WatchedLab(lab);
    await watched.connect();
  });
  afterEach(async () => lab.clear());
  afterAll(async () => {
    watched.dispose();
    await lab.down();
  });

  const actions = (migration: Migration): readonly Extract<Mark, { kind: 'action' }>[] =>
    migration.marks.filter((mark) => mark.kind === 'action');

  async function untilIteration(migration: Migration, iteration: number): Promise<void> {
    if ((migration.samples.at(-1)?.job.memoryIteration ?? 0) >= iteration) return;
    await new Promise<void>((resolve) => {
      const subscription = migration.onDidChange(({ samples }) => {
        if (!samples.some(({ job }) => (job.memoryIteration ?? 0) >= iteration)) return;
        subscription.dispose();
        resolve();
      });
    });
  }

  it('sees a migration within two sample intervals of its first byte of memory, and each further sample an interval later', async () => {
    const guest = await lab.startGuest('hv1', { name: 'seen', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    const start = watched.next();
    const iteration = ['--event', 'migration-iteration', '--timeout', '60'];
    const began = lab.host('hv1').exec(['virsh', 'event', '--timestamp', ...iteration, guest.uuid]);
    const { done } = lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 10 });
    const migration = await start;
    const [first] = migration.samples;
    // libvirt's own count of time begins before the destination is prepared.
    expect((first?.atMs ?? Infinity) - eventTimeMs((await began).stdout)).toBeLessThanOrEqual(
      2 * watched.sampleIntervalMs,
    );
    expect(migration).toMatchObject({ source: 'hv1', domainName: 'seen' });
    await untilIteration(migration, 2);
    expect(migration.state.destination).toBe('hv2');
    expect(migration.samples.length).toBeGreaterThan(5);
    expect(migration.marks.some(({ kind }) => kind === 'gap')).toBe(false);

    // Post-copy was not asked for at the start: libvirt's own words, and what to do.
    await expect(watched.steering.perform('hv1', guest.uuid, { kind: 'switchToPostcopy' })).rejects.toMatchObject({
      message: expect.stringMatching(/^hv1: .*post-copy/i) as string,
      advice: expect.stringMatching(/--postcopy/) as string,
    });
    expect(actions(migration).at(-1)).toMatchObject({ action: 'switchToPostcopy', failed: true });

    await expect(watched.steering.perform('hv1', guest.uuid, { kind: 'setSpeed', speedMiBps: 9 })).resolves.toMatch(
      /now 9 MiB\/s/,
    );
    expect((await lab.host('hv1').virsh(['migrate-getspeed', guest.uuid])).trim()).toBe('9');
    const end = watched.nextEnd();
    await watched.steering.perform('hv1', guest.uuid, { kind: 'abort' });
    expect((await end).state.outcome).toEqual({ kind: 'aborted' });
    expect((await done).code).not.toBe(0);
    await expect(watched.steering.perform('hv1', guest.uuid, { kind: 'abort' })).rejects.toThrow(/no job is active/);
  });

  it('pauses, is refused a resume while it migrates with what to do instead, and the guest runs on when it has arrived', async () => {
    const guest = await lab.startGuest('hv1', { name: 'paused', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    const start = watched.next();
    const { done } = lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 10 });
    const migration = await start;
    await untilIteration(migration, 2);
    const end = watched.nextEnd();
    await expect(watched.steering.perform('hv1', guest.uuid, { kind: 'pause' })).resolves.toMatch(/paused/);
    await expect(watched.steering.perform('hv1', guest.uuid, { kind: 'resume' })).rejects.toMatchObject({
      advice: expect.stringMatching(/abort/) as string,
    });
    expect(await end).toBe(migration);
    expect(migration.state).toMatchObject({
      outcome: { kind: 'completed' },
      destination: 'hv2',
      leftPausedOn: undefined,
    });
    expect(await done).toMatchObject({ code: 0 });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
  });

  it('says where a guest was left paused, and resumes it', async () => {
    const guest = await lab.startGuest('hv1', { name: 'left', load: 'idle', workingSetMiB: 64, memoryMiB: 256 });
    await guest.untilHot('hv1');
    const end = watched.nextEnd();
    // --suspend: libvirt leaves it paused at its destination.
    await lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 20, extra: ['--suspend'] }).done;
    const migration = await end;
    expect(migration.state.leftPausedOn).toBe('hv2');
    await expect(watched.steering.perform('hv2', guest.uuid, { kind: 'resume' })).resolves.toMatch(/runs/);
    const hv2 = watched.fleet.get('hv2');
    await expect(hv2?.run(domainState(guest.uuid))).resolves.toMatchObject({ state: 'running' });
  });

  it('sees a persistent guest completed with the figures that libvirt keeps of it', async () => {
    const guest = await lab.startGuest('hv1', {
      name: 'kept',
      load: 'idle',
      workingSetMiB: 64,
      memoryMiB: 256,
      persistent: true,
    });
    await guest.untilHot('hv1');
    const end = watched.nextEnd();
    await lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 20, extra: ['--persistent'] }).done;
    const { state } = await end;
    const kept = await lab
      .host('hv2')
      .virsh(['domjobinfo', '--completed', '--keep-completed', '--rawstats', guest.uuid]);
    expect(state.outcome).toMatchObject({
      kind: 'completed',
      result: { downtimeMs: Number(/^downtime: (\d+)$/m.exec(kept)?.[1]) },
    });
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('shut off (migrated)');
  });

  it('sees domains appear, change and vanish by events, long before the slow poll', async () => {
    const hv1 = watched.fleet.get('hv1');
    if (hv1 === undefined) throw new Error('no hv1');
    const changed = (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const subscription = hv1.onDidChange(() => {
          if (!holds()) return;
          subscription.dispose();
          resolve();
        });
      });
    const appears = changed(() => [...hv1.domains.values()].some(({ name }) => name === 'comes'));
    const guest = await lab.startGuest('hv1', { name: 'comes', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    await appears;
    const pauses = changed(() => hv1.domains.get(guest.uuid)?.state === 'paused');
    await lab.host('hv1').virsh(['suspend', guest.uuid]);
    await pauses;
    const goes = changed(() => !hv1.domains.has(guest.uuid));
    await lab.host('hv1').virsh(['destroy', guest.uuid]);
    await goes;
  });
});
