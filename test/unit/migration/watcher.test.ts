import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../../src/base/emitter.js';
import { UserError } from '../../../src/base/errors.js';
import type { Fleet, Hypervisor } from '../../../src/hypervisor/model.js';
import { Ending } from '../../../src/migration/ending.js';
import type { Migration } from '../../../src/migration/model.js';
import { pairWithDestinations } from '../../../src/migration/pairing.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { vcpusLately, watchVcpus } from '../../../src/migration/preflight/vcpuWatch.js';
import { dirtyRateOf, measuredLately, measureLonger } from '../../../src/migration/preflight/dirtyRate.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { MigrationWatcher } from '../../../src/migration/watcher.js';
import { parseJobInfo } from '../../../src/virsh/parseJobInfo.js';
import { domain, ScriptedHypervisor, uuid } from '../scriptedHypervisor.js';

const intervalMs = 5;
const mib = 1024 * 1024;
const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const gone = new UserError("hv1: failed to get domain '11111111-2222-3333-4444-555555555555'");

function raw(elapsedMs: number, iteration: number, remainingMib = 100): string {
  return [
    'Job type: 2',
    '',
    'operation: 5',
    `time_elapsed: ${elapsedMs}`,
    `memory_total: ${512 * mib}`,
    `memory_processed: ${200 * mib}`,
    `memory_remaining: ${remainingMib * mib}`,
    `memory_iteration: ${iteration}`,
    '',
    '',
  ].join('\n');
}

const idle = 'Job type: 0\n\n\n';

class TestFleet implements Fleet {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  constructor(readonly hypervisors: readonly ScriptedHypervisor[]) {
    for (const hypervisor of hypervisors) hypervisor.onDidChange(() => this.changed.fire());
  }
  get(name: string): Hypervisor | undefined {
    return this.hypervisors.find((hypervisor) => hypervisor.config.name === name);
  }
}

describe('a migration that someone else started', () => {
  let source: ScriptedHypervisor;
  let destination: ScriptedHypervisor;
  let registry: MigrationRegistry;
  let ending: Ending;
  let stop: () => void;

  beforeEach(() => {
    source = new ScriptedHypervisor('hv1');
    destination = new ScriptedHypervisor('hv2');
    source.domains.set(uuid, domain());
    source.answers.set('domjobinfo', idle);
    source.answers.set('domstate', 'running (booted)\n\n');
    source.answers.set('migrate-getmaxdowntime', '300\n\n');
    registry = new MigrationRegistry();
    const fleet = new TestFleet([source, destination]);
    ending = new Ending(fleet, registry);
    const pairing = pairWithDestinations(fleet, registry, ending);
    const watchers = [source, destination].map(
      (hypervisor) =>
        new MigrationWatcher({ hypervisor, registry, ending, log: silent, sampleIntervalMs: () => intervalMs }),
    );
    stop = () => {
      for (const watcher of watchers) watcher.dispose();
      pairing.dispose();
    };
  });

  afterEach(() => stop());

  const only = (): Migration => {
    expect(registry.all).toHaveLength(1);
    const [migration] = registry.all;
    if (migration === undefined) throw new Error('no migration');
    return migration;
  };

  async function started(): Promise<Migration> {
    source.answers.set('domjobinfo', raw(1000, 1));
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 1, timestamp: undefined });
    await vi.waitFor(() => expect(registry.all).toHaveLength(1));
    return only();
  }

  it('is seen at its first iteration event, and sampled from then on', async () => {
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(3));
    expect(migration).toMatchObject({ source: 'hv1', domainName: 'web-1', state: { phase: 'precopy' } });
    expect(migration.samples[0]?.maxDowntimeMs).toBe(300);
  });

  it('is asked once what it holds of its host’s memory, and is known what it wrote before', async () => {
    source.domains.set(uuid, domain({ virtType: 'qemu' }));
    source.answers.set('help', '  OPTIONS\n    [--seconds] <number>\n');
    source.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
    source.answers.set(
      'domstats',
      '  balloon.rss=524288\n  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n',
    );
    await dirtyRateOf(source, uuid);
    source.asked.length = 0;
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(4));
    expect(migration.samples[0]).toMatchObject({
      residentBytes: 512 * mib,
      isEmulated: true,
      measured: [{ seconds: 1, dirtiedBytes: 7 * mib }],
    });
    expect(migration.samples.slice(1).some((sample) => 'residentBytes' in sample)).toBe(false);
    // Nor is it asked on what it does not tell: the time of its virtual CPUs.
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(8));
    expect(source.asked.filter((question) => question === 'domstats').length).toBeLessThanOrEqual(5);
  });

  it('is asked at each reading what time its virtual CPUs had, until it runs elsewhere', async () => {
    source.answers.set('domstats', '  vcpu.0.time=1500000000\n  vcpu.1.time=250000000\n');
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(4));
    expect(migration.samples.map(({ vcpuMs }) => vcpuMs)).toEqual(migration.samples.map(() => 1750));
    source.answers.set('domstate', 'paused (post-copy)\n');
    await vi.waitFor(() => expect(migration.state.phase).toBe('postcopy'));
    const { length } = migration.samples;
    // The one that is on its way may still tell.
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(length + 3));
    expect(migration.samples.slice(length + 1).some((sample) => 'vcpuMs' in sample)).toBe(false);
  });

  it('is known what it wrote in five seconds, also where that is told only after it began; what measuring took is not counted', async () => {
    source.domains.set(uuid, domain({ virtType: 'qemu' }));
    source.answers.set('help', '  OPTIONS\n    [--seconds] <number>\n');
    source.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
    const figures = (rss: number, status: number): string =>
      `  balloon.rss=${rss}\n  dirtyrate.calc_status=${status}\n` +
      (status === 2 ? '  dirtyrate.megabytes_per_second=7\n' : '');
    source.answers.set('domstats', figures(524288, 1));
    const measured = dirtyRateOf(source, uuid);
    await vi.waitFor(() => expect(source.asked).toContain('domdirtyrate-calc'));
    source.answers.set('domstats', figures(600000, 2));
    await measured;
    source.answers.set('domstats', figures(600000, 1));
    const form = new AbortController();
    const longer = measureLonger(source, uuid, form.signal);
    await vi.waitFor(() => expect(source.asked.filter((question) => question === 'domdirtyrate-calc')).toHaveLength(2));
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(2));
    const told = (): unknown[] => migration.samples.flatMap(({ measured: spans = [] }) => spans);
    expect(migration.samples[0]).toMatchObject({ residentBytes: 512 * mib });
    expect(told()).toEqual([{ seconds: 1, dirtiedBytes: 7 * mib }]);
    source.answers.set('domstats', figures(600000, 2));
    form.abort();
    await longer;
    await vi.waitFor(() => expect(told()).toHaveLength(2));
    expect(told()[1]).toEqual({ seconds: 5, dirtiedBytes: 35 * mib });
    const { length } = migration.samples;
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(length + 1));
    expect(told()).toHaveLength(2);
  });

  it('is known when its virtual CPUs were busy before it began, where its form was open', async () => {
    source.answers.set('domstats', '  vcpu.0.time=1500000000\n');
    const form = new AbortController();
    const watched = watchVcpus(source, uuid, form.signal);
    await vi.waitFor(() => expect(vcpusLately(source, uuid)).toHaveLength(1));
    form.abort();
    await watched;
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(2));
    const [first, ...others] = migration.samples;
    expect(first?.earlierVcpus).toEqual([[expect.any(Number), 1500]]);
    expect(first?.earlierVcpus?.[0]?.[0]).toBeLessThanOrEqual(first?.elapsedMs ?? 0);
    expect(others.some((sample) => 'earlierVcpus' in sample)).toBe(false);
  });

  it('is asked for its virtual CPUs more seldom where libvirt tells much of each', async () => {
    const exits = Array.from({ length: 40 }, (_, index) => `  vcpu.0.stat${index}.sum=123456789012\n`).join('');
    source.answers.set('domstats', `  vcpu.0.time=1500000000\n${exits.repeat(8)}`);
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(4));
    const { length } = source.asked.filter((question) => question === 'domstats');
    expect(length).toBeLessThanOrEqual(2);
    expect(migration.samples.some(({ vcpuMs }) => vcpuMs === 1500)).toBe(true);
    const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_000);
    await vi.waitFor(() =>
      expect(source.asked.filter((question) => question === 'domstats').length).toBeGreaterThan(length),
    );
    later.mockRestore();
  });

  it('is asked for its virtual CPUs again where the first questions came to nothing', async () => {
    source.answers.set('domstats', '  vcpu.0.time=1500000000\n');
    const run = source.run.bind(source);
    let failures = 2;
    vi.spyOn(source, 'run').mockImplementation((command) => {
      if (command.args[0] !== 'domstats' || failures === 0) return run(command);
      failures -= 1;
      return Promise.reject(new UserError('hv1 did not answer in time.'));
    });
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.at(-1)?.vcpuMs).toBe(1500));
    expect(failures).toBe(0);
  });

  it('is forgotten what it wrote once it stops here, or has left', async () => {
    source.answers.set('help', '  OPTIONS\n    [--seconds] <number>\n');
    source.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
    source.answers.set('domstats', '  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n');
    source.answers.set('domjobinfo', 'Job type: None\n');
    await dirtyRateOf(source, uuid);
    source.event({
      kind: 'lifecycle',
      domainName: 'web-1',
      event: 'Suspended',
      detail: 'Paused',
      timestamp: undefined,
    });
    expect(measuredLately(source, uuid)).toHaveLength(1);
    source.event({
      kind: 'lifecycle',
      domainName: 'web-1',
      event: 'Stopped',
      detail: 'Migrated',
      timestamp: undefined,
    });
    expect(measuredLately(source, uuid)).toEqual([]);
  });

  it('tells of a host that is lost by that loss, not by what became of a question to it', async () => {
    const migration = await started();
    const message = 'The connection to hv1 was lost.';
    const run = source.run.bind(source);
    const answered = new Promise((resolve) => {
      vi.spyOn(source, 'run').mockImplementation((command) => {
        source.answers.set('domjobinfo', new UserError('The virsh on hv1 was closed.'));
        const answer = run(command);
        answer.then(resolve, resolve);
        source.setStatus({ kind: 'reconnecting', message, advice: undefined, lastSeenAtMs: 0, nextTryAtMs: 0 });
        return answer;
      });
    });
    await answered;
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(migration.state.interrupted).toBe(message);
  });

  it('is sampled all the same where libvirt does not tell what it holds', async () => {
    const migration = await started();
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(4));
    expect(source.asked.filter((question) => question === 'domstats').length).toBeLessThanOrEqual(5);
    expect(migration.samples[0]).not.toHaveProperty('residentBytes');
    expect(migration.samples[0]).not.toHaveProperty('measured');
  });

  it('is asked its speed limit only where libvirt would tell it', async () => {
    await started();
    await vi.waitFor(() => expect(source.asked).toContain('migrate-getspeed'));
    const watched = new ScriptedHypervisor('hv3', { readOnly: true });
    watched.domains.set(uuid, domain());
    watched.answers.set('domjobinfo', raw(1000, 1));
    const alone = new MigrationRegistry();
    const watcher = new MigrationWatcher({
      hypervisor: watched,
      registry: alone,
      ending: new Ending(new TestFleet([watched]), alone),
      log: silent,
      sampleIntervalMs: () => intervalMs,
    });
    await vi.waitFor(() => expect(alone.all[0]?.samples.length).toBeGreaterThan(3));
    watcher.dispose();
    expect(watched.asked).toContain('migrate-getmaxdowntime');
    expect(watched.asked).not.toContain('migrate-getspeed');
  });

  it('is seen by the slow net where no event told of it', async () => {
    source.answers.set('domjobinfo', 'Job type: 2\n\noperation: 5\ntime_elapsed: 400\n\n');
    await vi.waitFor(() => {
      source.net();
      expect(registry.all).toHaveLength(1);
    });
    expect(only().state.phase).toBe('setup');
  });

  it('is not made of a dump, a save or an incoming migration', async () => {
    source.answers.set('domjobinfo', 'Job type: 2\n\noperation: 8\ntime_elapsed: 400\n\n');
    await vi.waitFor(() => {
      source.net();
      expect(source.asked.filter((line) => line === 'domjobinfo').length).toBeGreaterThan(3);
    });
    expect(registry.all).toHaveLength(0);
  });

  it('is one migration, with its destination, when both hosts are in the tree', async () => {
    const migration = await started();
    destination.answers.set(
      'domjobinfo',
      new UserError('hv2: migration statistics are available only on the source host'),
    );
    destination.setDomain(domain({ state: 'paused', reason: 'migrating' }));
    await vi.waitFor(() => expect(migration.state.destination).toBe('hv2'));
    destination.net();
    await vi.waitFor(() => expect(destination.asked).toContain('domjobinfo'));
    expect(registry.all).toHaveLength(1);
  });

  it('marks each iteration once, whether an event or a sample told of it first', async () => {
    const migration = await started();
    source.answers.set('domjobinfo', raw(2000, 2));
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 2, timestamp: undefined });
    await vi.waitFor(() => expect(migration.samples.at(-1)?.job.memoryIteration).toBe(2));
    source.answers.set('domjobinfo', raw(3000, 3));
    await vi.waitFor(() => expect(migration.samples.at(-1)?.job.memoryIteration).toBe(3));
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 3, timestamp: undefined });
    expect(migration.marks.flatMap((mark) => (mark.kind === 'iteration' ? [mark.iteration] : []))).toEqual([1, 2, 3]);
  });

  it('gets no boundary from an event that a name forged, nor loses one by it', async () => {
    const migration = await started();
    const boundaries = (): number[] =>
      migration.marks.flatMap((mark) => (mark.kind === 'iteration' ? [mark.iteration] : []));
    const seen = migration.samples.length;
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 900_000, timestamp: undefined });
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(seen + 3));
    expect(boundaries()).toEqual([1]);
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 2, timestamp: undefined });
    source.answers.set('domjobinfo', raw(2000, 3));
    await vi.waitFor(() => expect(boundaries()).toEqual([1, 2, 3]));
  });

  it('has the boundary of a last iteration that only an event and the record tell of', async () => {
    const migration = await started();
    source.answers.set('domjobinfo', gone);
    source.answers.set('domstate', gone);
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 2, timestamp: undefined });
    const job = parseJobInfo('Job type: 3\n\noperation: 5\ntime_elapsed: 41200\nmemory_iteration: 2\n\n');
    source.event({ kind: 'jobCompleted', domainName: 'web-1', job, timestamp: undefined });
    await vi.waitFor(() => expect(migration.state.outcome?.kind).toBe('completed'));
    expect(migration.marks).toContainEqual(expect.objectContaining({ kind: 'iteration', iteration: 2 }));
  });

  it('ends completed with the figures of job-completed, which comes after the domain has gone', async () => {
    const migration = await started();
    source.answers.set('domjobinfo', gone);
    source.answers.set('domstate', gone);
    const job = parseJobInfo(
      'Job type: 3\n\noperation: 5\ntime_elapsed: 41200\ndowntime: 158\ndata_processed: 706760988\nmemory_iteration: 7\n\n',
    );
    source.domains.delete(uuid);
    source.event({
      kind: 'lifecycle',
      domainName: 'web-1',
      event: 'Stopped',
      detail: 'Migrated',
      timestamp: undefined,
    });
    source.event({ kind: 'jobCompleted', domainName: 'web-1', job, timestamp: undefined });
    await vi.waitFor(() => expect(migration.state.phase).toBe('ended'));
    expect(migration.state.outcome).toEqual({
      kind: 'completed',
      result: { totalTimeMs: 41_200, downtimeMs: 158, transferredBytes: 706_760_988, iterations: 7 },
    });
  });

  it('ends aborted when the abort was this extension’s, and without completing when nobody can tell', async () => {
    const migration = await started();
    source.answers.set('domjobinfo', idle);
    await vi.waitFor(() => expect(migration.state.outcome).toEqual({ kind: 'endedWithoutCompleting' }));
    source.answers.set('domjobinfo', raw(500, 1));
    source.event({ kind: 'iteration', domainName: 'web-1', iteration: 1, timestamp: undefined });
    await vi.waitFor(() => expect(registry.all).toHaveLength(2));
    const second = registry.running('hv1', uuid);
    if (second === undefined) throw new Error('no second migration');
    ending.noteAbort(second);
    source.answers.set('domjobinfo', idle);
    await vi.waitFor(() => expect(second.state.outcome).toEqual({ kind: 'aborted' }));
  });

  it('that was aborted and started again between two samples is two migrations', async () => {
    const first = await started();
    source.answers.set('domjobinfo', raw(20, 1));
    await vi.waitFor(() => expect(first.state.outcome).toEqual({ kind: 'endedWithoutCompleting' }));
    await vi.waitFor(() => expect(registry.running('hv1', uuid)).toBeDefined());
    expect(registry.running('hv1', uuid)).not.toBe(first);
  });

  it('shows why there are no figures while its host does not answer, and goes on when it does', async () => {
    const migration = await started();
    source.setStatus({ kind: 'failed', message: 'hv1: the connection was lost.', advice: undefined });
    expect(migration.state.interrupted).toBe('hv1: the connection was lost.');
    expect(migration.state.outcome).toBeUndefined();
    const before = migration.samples.length;
    source.answers.set('domjobinfo', raw(9000, 2));
    source.setStatus({ kind: 'connected' });
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(before));
    expect(migration.state.interrupted).toBeUndefined();
    expect(migration.marks).toContainEqual(expect.objectContaining({ kind: 'gap', elapsedMs: 1000, untilMs: 9000 }));
  });

  it('tells where the guest was left paused, and not of one that was paused before', async () => {
    const migration = await started();
    source.answers.set('domstate', 'paused (user)\n\n');
    source.answers.set('domjobinfo', idle);
    const ended = new Promise<Migration>((resolve) => registry.onDidEnd(resolve));
    await expect(ended).resolves.toBe(migration);
    expect(migration.state.leftPausedOn).toBe('hv1');

    source.setDomain(domain({ state: 'paused', reason: 'user' }));
    source.answers.set('domjobinfo', raw(100, 1));
    await vi.waitFor(() => {
      source.net();
      expect(registry.running('hv1', uuid)).toBeDefined();
    });
    const ended2 = new Promise<Migration>((resolve) => registry.onDidEnd(resolve));
    source.answers.set('domjobinfo', idle);
    expect((await ended2).state.leftPausedOn).toBeUndefined();
  }, 20_000);
});

describe('a migration that an earlier window left unfinished', () => {
  function restored(startedAtMs: number): { registry: MigrationRegistry; migration: TrackedMigration } {
    const registry = new MigrationRegistry();
    const migration = new TrackedMigration({
      id: 'x',
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs,
    });
    const { fields, ...job } = parseJobInfo(raw(5000, 2));
    migration.restore([{ atMs: startedAtMs + 5000, elapsedMs: 5000, job, maxDowntimeMs: 300 }], [], fields, {
      ...migration.state,
      phase: 'precopy',
    });
    registry.restore([migration]);
    return { registry, migration };
  }

  function watch(registry: MigrationRegistry, host: ScriptedHypervisor): MigrationWatcher {
    const ending = new Ending(new TestFleet([host]), registry);
    return new MigrationWatcher({
      hypervisor: host,
      registry,
      ending,
      log: silent,
      sampleIntervalMs: () => intervalMs,
    });
  }

  it('goes on with all its samples and a gap, when its job still runs', async () => {
    const { registry, migration } = restored(Date.now() - 60_000);
    const host = new ScriptedHypervisor('hv1');
    host.domains.set(uuid, domain());
    host.answers.set('domjobinfo', raw(60_000, 6));
    host.answers.set('domstate', 'running (booted)\n\n');
    const watcher = watch(registry, host);
    await vi.waitFor(() => expect(migration.samples.length).toBeGreaterThan(2));
    watcher.dispose();
    expect(registry.all).toEqual([migration]);
    expect(migration.marks).toContainEqual(expect.objectContaining({ kind: 'gap', elapsedMs: 5000, untilMs: 60_000 }));
  });

  it('is ended, and another begins, when the job that runs now is another', async () => {
    const { registry, migration } = restored(Date.now() - 600_000);
    const host = new ScriptedHypervisor('hv1');
    host.domains.set(uuid, domain());
    host.answers.set('domjobinfo', raw(9000, 1));
    host.answers.set('domstate', 'running (booted)\n\n');
    const watcher = watch(registry, host);
    await vi.waitFor(() => expect(registry.all).toHaveLength(2));
    await vi.waitFor(() => expect(migration.state.outcome).toEqual({ kind: 'endedWithoutCompleting' }));
    watcher.dispose();
  });

  it('is lost, not completed, when its guest is gone and no host tells where to', async () => {
    const { registry, migration } = restored(Date.now() - 60_000);
    const host = new ScriptedHypervisor('hv1');
    host.answers.set('domjobinfo', gone);
    host.answers.set('domstate', gone);
    const watcher = watch(registry, host);
    await vi.waitFor(() => expect(migration.state.outcome?.kind).toBe('lost'));
    watcher.dispose();
  });
});
