import { afterEach, describe, expect, it, vi } from 'vitest';
import { HypervisorFleet } from '../../../src/hypervisor/fleet.js';
import { VirshHypervisor } from '../../../src/hypervisor/hypervisor.js';
import { Ending } from '../../../src/migration/ending.js';
import { Journal } from '../../../src/migration/journal.js';
import { Archive } from '../../../src/migration/past/archive.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { MigrationWatchers } from '../../../src/migration/watchers.js';
import { parseJobInfo } from '../../../src/virsh/parseJobInfo.js';
import { uuid } from '../scriptedHypervisor.js';
import { type Answer, ScriptedConnection } from '../scriptedVirsh.js';
import { MemoryStorage } from '../../memoryStorage.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

/** A folder on a disk that takes its time: it lists nothing before it is told to. */
class SlowStorage extends MemoryStorage {
  private readonly released: Promise<void>;
  release: () => void = () => undefined;

  constructor() {
    super();
    this.released = new Promise((resolve) => (this.release = resolve));
  }

  override async list(): Promise<string[]> {
    await this.released;
    return super.list();
  }
}

describe('an editor that starts in mid-migration', () => {
  const startedAtMs = Date.now() - 60_000;
  const raw = (): string =>
    `Job type: 2\n\noperation: 5\ntime_elapsed: ${Date.now() - startedAtMs + 150}\nmemory_total: 1000\nmemory_processed: 10\nmemory_remaining: 990\nmemory_iteration: 1\n\n`;
  let asked: string[];
  let stop: (() => void)[];

  const answer = (line: string): Answer => {
    asked.push(line);
    if (line.startsWith('event ')) return 'hang';
    if (line === 'help event') return { stdout: '[--all] [--loop] [--timestamp]\n\n' };
    if (line === 'help domjobinfo') return { stdout: '[--rawstats] [--completed] [--keep-completed]\n\n' };
    if (line.startsWith('list')) return { stdout: `${uuid}\n\n` };
    if (line.startsWith('domstate')) return { stdout: 'running (booted)\n\n' };
    if (line.startsWith('domjobinfo')) return { stdout: raw() };
    if (line.startsWith('dumpxml')) {
      return { stdout: `<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid></domain>\n` };
    }
    return { stdout: '\n' };
  };

  afterEach(() => {
    for (const one of stop) one();
  });

  it('connects its hosts while the past is read, and then finds again what went on', async () => {
    asked = [];
    const storage = new SlowStorage();
    const earlier = new TrackedMigration({
      id: `${uuid}-${startedAtMs}`,
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs,
    });
    const { fields, ...job } = parseJobInfo('Job type: 2\n\noperation: 5\ntime_elapsed: 5000\n\n');
    const lines = [
      { type: 'start', version: 1, identity: earlier.identity },
      { type: 'sample', sample: { atMs: startedAtMs + 5000, elapsedMs: 5000, job }, fields },
    ];
    storage.files.set(`${earlier.id}.aa.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

    const registry = new MigrationRegistry();
    const journal = new Journal(storage, silent, registry, new Archive(new MemoryStorage(), silent));
    const fleet = new HypervisorFleet(
      (config) =>
        new VirshHypervisor(config, {
          connector: { connect: () => Promise.resolve(new ScriptedConnection(() => ({ answer }))) },
          log: silent,
          isMigrating: () => false,
        }),
    );
    const ending = new Ending(fleet, registry);
    const options = { registry, ending, log: silent, sampleIntervalMs: () => 5 };
    const watchers = new MigrationWatchers(fleet, options, journal.open());
    stop = [() => watchers.dispose(), () => fleet.dispose(), () => journal.dispose()];
    fleet.configure([
      { name: 'hv1', destination: 'hv1', uri: 'qemu:///system', virsh: 'virsh', readOnly: false, group: undefined },
    ]);
    await fleet.get('hv1')?.connect();
    expect(fleet.get('hv1')?.status.kind).toBe('connected');
    // Time enough to look at the domain, if anything did.
    for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate);
    expect(registry.all).toEqual([]);
    expect(asked.filter((line) => line.startsWith('domjobinfo'))).toEqual([]);

    storage.release();
    await vi.waitFor(() => expect(registry.all[0]?.samples.length).toBeGreaterThan(2));
    expect(registry.all.map(({ id }) => id)).toEqual([earlier.id]);
    expect(registry.all[0]?.samples[0]?.elapsedMs).toBe(5000);
    expect(registry.all[0]?.marks).toContainEqual(expect.objectContaining({ kind: 'gap', elapsedMs: 5000 }));

    // Another window tells the end while this one is cut off: what it was is asked for no more.
    const [migration] = registry.unfinishedFrom('hv1');
    migration?.update({ phase: 'ended', outcome: { kind: 'aborted' } }, Date.now());
    await vi.waitFor(() => expect(registry.unfinishedFrom('hv1')[0]?.id).not.toBe(earlier.id));
    const length = migration?.samples.length;
    await vi.waitFor(() => expect(registry.unfinishedFrom('hv1')[0]?.samples.length).toBeGreaterThan(2));
    expect(migration?.samples.length).toBe(length);
  });
});
