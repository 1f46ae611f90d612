import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../src/hypervisor/model.js';
import { netIntervalMs } from '../../src/hypervisor/session.js';
import { outlookFor, verdictSentence } from '../../src/migration/forecast/verdict.js';
import type { Migration, Sample } from '../../src/migration/model.js';
import { dirtyRateOf, measuredLately, measuredOut, measureLonger } from '../../src/migration/preflight/dirtyRate.js';
import { vcpusLately, watchVcpus } from '../../src/migration/preflight/vcpuWatch.js';
import { panelInit } from '../../src/migration/panelModel.js';
import { diskRemainingBytes } from '../../src/migration/readings.js';
import type { PanelSample } from '../../src/panel/protocol.js';
import { until } from '../editor/waiting.js';
import { type Guest, Lab } from './lab.js';
import { WatchedLab } from './watched.js';

const mib = 1024 * 1024;
const longMs = 90_000;

describe('a migration that was started', () => {
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

  const phases = ({ marks }: Migration): readonly string[] =>
    marks.flatMap((mark) => (mark.kind === 'phase' ? [mark.phase] : []));

  const panelSamples = (migration: Migration): readonly PanelSample[] =>
    panelInit(migration, { hosts: watched.fleet, nowMs: Date.now(), sampleIntervalMs: watched.sampleIntervalMs })
      .samples;

  const verdictOf = (migration: Migration): string => {
    const outlook = outlookFor(migration);
    return outlook === undefined ? '' : verdictSentence(outlook);
  };

  const hv1 = (): Hypervisor => {
    const host = watched.fleet.get('hv1');
    if (host === undefined) throw new Error('the lab has no hv1');
    return host;
  };

  /** It writes for eight seconds, and sleeps for ten. */
  const byTurns = { load: 'bursty', memoryMiB: 256, workingSetMiB: 104, rateMiBps: 26 } as const;

  const migrateSlowly = async (guest: Guest, bandwidthMiBps: number): Promise<Migration> => {
    const start = watched.next();
    void lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps });
    return start;
  };

  const abort = async ({ uuid }: Guest): Promise<void> => {
    const end = watched.nextEnd();
    await lab.host('hv1').virsh(['domjobabort', uuid]);
    await end;
  };

  it('with a copy of its disk is noticed within the net’s interval, and followed from the disk to the memory to its end', async () => {
    const diskMiB = 300;
    const guest = await lab.startGuest('hv1', {
      name: 'disk',
      load: 'idle',
      memoryMiB: 256,
      workingSetMiB: 64,
      diskMiB,
    });
    await guest.untilHot();
    const start = watched.next();
    const end = watched.nextEnd();
    // At this rate the disk takes longer than the net's interval.
    const { done } = lab.migrate(guest, 'hv1', 'hv2', { extra: ['--copy-storage-all'] });
    const migration = await start;
    const [first] = migration.samples;
    // No event tells of it. A busy machine is late, but never by a turn.
    expect(first?.elapsedMs).toBeLessThan(1.5 * netIntervalMs);
    await until('the disk', () => migration.state.phase === 'diskCopy', longMs);
    expect(await done).toMatchObject({ code: 0, stderr: '' });
    expect(await end).toBe(migration);

    // A reading may meet the set-up, or the moment of the switch-over, in which the guest stands still.
    const seen = phases(migration).filter((phase) => phase !== 'setup' && phase !== 'paused');
    expect(seen).toEqual(['diskCopy', 'precopy', 'ended']);
    const disk = migration.samples.filter(({ job }) => (job.diskTotalBytes ?? 0) > 0);
    expect(disk.length).toBeGreaterThan(5);
    const left = (sample: Sample): number => diskRemainingBytes(sample) ?? NaN;
    for (const sample of disk) {
      expect(sample.job.diskTotalBytes).toBe(diskMiB * mib);
      expect(left(sample) + (sample.job.diskProcessedBytes ?? NaN)).toBe(diskMiB * mib);
    }
    // It only becomes less, and nothing of it passes for memory.
    disk.slice(1).forEach((sample, index) => expect(left(sample)).toBeLessThanOrEqual(left(disk[index] ?? sample)));
    expect(panelSamples(migration).find(({ diskRemainingBytes }) => (diskRemainingBytes ?? 0) > 0)).toMatchObject({
      remainingBytes: undefined,
    });
    expect(migration.state).toMatchObject({ destination: 'hv2', outcome: { kind: 'completed' } });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
  });

  it('with --auto-converge shows how much it takes from the guest, more and more', async () => {
    const guest = await lab.startGuest('hv1', { name: 'throttled', memoryMiB: 256, workingSetMiB: 104 });
    await guest.untilHot();
    const start = watched.next();
    void lab.migrate(guest, 'hv1', 'hv2', { extra: ['--auto-converge'] });
    const migration = await start;
    const throttles = (): readonly number[] =>
      panelSamples(migration).flatMap(({ throttlePercent }) => throttlePercent ?? []);
    await until('a second step', () => new Set(throttles().filter((percent) => percent > 0)).size >= 2, longMs);
    expect(Math.min(...throttles().filter((percent) => percent > 0))).toBe(20);
    expect(throttles()).toEqual([...throttles()].sort((a, b) => a - b));
    await abort(guest);
  });

  it('of a guest that is busy and idle in turn says so, by what its virtual CPUs do', async () => {
    const guest = await lab.startGuest('hv1', { name: 'turns', ...byTurns });
    await guest.untilHot();
    const migration = await migrateSlowly(guest, 4);
    const turns = (): readonly boolean[] => {
      const activity = outlookFor(migration)?.present.activity;
      return activity === undefined ? [] : [...activity.before, activity.now].map(({ busy }) => busy);
    };
    await until('two turns', () => turns().length >= 4, longMs);
    turns().forEach((busy, index) => expect(busy).toBe(turns()[0] === (index % 2 === 0)));
    await until(
      'a round',
      () => migration.marks.some((mark) => mark.kind === 'iteration' && mark.iteration > 1),
      longMs,
    );
    await until('a verdict', () => verdictOf(migration).includes('The guest works by turns, lately '), longMs);
    await abort(guest);
  });

  it('of a guest that was watched before, as behind its form, knows its turns from its first readings on', async () => {
    const guest = await lab.startGuest('hv1', { name: 'known', ...byTurns });
    await guest.untilHot();
    const form = new AbortController();
    const watching = watchVcpus(hv1(), guest.uuid, form.signal);
    await until('a whole turn to be seen', () => vcpusLately(hv1(), guest.uuid).length >= 24, longMs);
    form.abort();
    await watching;
    const migration = await migrateSlowly(guest, 4);
    const first = outlookFor(migration)?.present.activity;
    expect(first?.before.length).toBeGreaterThanOrEqual(2);
    expect(first?.before.every(({ toMs }) => toMs <= (migration.samples[0]?.elapsedMs ?? 0))).toBe(true);
    await abort(guest);
  });

  it('of a guest that was measured and watched for long enough is told in its first round that it probably never ends', async () => {
    const plan = { name: 'hopeless', memoryMiB: 320, workingSetMiB: 160, rateMiBps: 32 };
    const guest = await lab.startGuest('hv1', plan);
    await guest.untilHot();
    await dirtyRateOf(hv1(), guest.uuid);
    const form = new AbortController();
    const watching = [measureLonger(hv1(), guest.uuid, form.signal), watchVcpus(hv1(), guest.uuid, form.signal)];
    const seconds = (): number => measuredLately(hv1(), guest.uuid).reduce((sum, span) => sum + span.seconds, 0);
    await until('what is measured', () => seconds() >= 26, longMs);
    form.abort();
    await measuredOut(hv1(), guest.uuid);
    const migration = await migrateSlowly(guest, 10);
    const foretold = /^It probably never ends at these settings: in the \d+ seconds/;
    await until('a verdict', () => foretold.test(verdictOf(migration)), longMs);
    expect(outlookFor(migration)?.present.iteration?.number).toBe(1);
    await abort(guest);
    await Promise.all(watching);
  });

  it('with xbzrle shows how many pages were sent compressed, and how small', async () => {
    const guest = await lab.startGuest('hv1', { name: 'compressed', memoryMiB: 256, workingSetMiB: 104, alike: true });
    await guest.untilHot();
    const start = watched.next();
    void lab.migrate(guest, 'hv1', 'hv2', { extra: ['--compressed', '--comp-methods', 'xbzrle'] });
    const migration = await start;
    const compressed = (): PanelSample | undefined =>
      panelSamples(migration).find(({ compressedSizePercent }) => compressedSizePercent !== undefined);
    await until('compressed pages', compressed, longMs);
    expect(compressed()?.compressedPagesPercent).toBeGreaterThan(0);
    expect(compressed()?.compressedSizePercent).toBeLessThan(100);
    await abort(guest);
  });
});
