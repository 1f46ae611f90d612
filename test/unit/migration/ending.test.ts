import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import type { Fleet, Hypervisor, HypervisorStatus } from '../../../src/hypervisor/model.js';
import { Ending } from '../../../src/migration/ending.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { MigrationWatcher } from '../../../src/migration/watcher.js';
import { domain, ScriptedHypervisor, uuid } from '../scriptedHypervisor.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const gone = new UserError(`hv1: failed to get domain '${uuid}'`);
const notConnected = new UserError('hv1 is not connected.');
const lost: HypervisorStatus = {
  kind: 'reconnecting',
  message: 'The connection was lost.',
  advice: undefined,
  lastSeenAtMs: 0,
  nextTryAtMs: 0,
};
const idle = 'Job type: 0\n\n\n';
const record = 'Job type: 3\n\noperation: 5\ntime_elapsed: 41200\ndowntime: 158\n\n';

describe('the end of a migration, met by a laptop that was away', () => {
  let source: ScriptedHypervisor;
  let destination: ScriptedHypervisor;
  let registry: MigrationRegistry;
  let ending: Ending;
  let migration: TrackedMigration;

  beforeEach(() => {
    source = new ScriptedHypervisor('hv1');
    destination = new ScriptedHypervisor('hv2');
    const hypervisors = [source, destination];
    const fleet: Fleet = {
      hypervisors,
      get: (name): Hypervisor | undefined => hypervisors.find(({ config }) => config.name === name),
      onDidChange: () => ({ dispose: () => undefined }),
    };
    registry = new MigrationRegistry();
    ending = new Ending(fleet, registry);
    migration = new TrackedMigration({
      id: 'a',
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs: Date.now() - 30_000,
    });
    registry.start(migration);
    migration.update({ destination: 'hv2', phase: 'precopy' }, Date.now());
  });
  afterEach(() => vi.useRealTimers());

  const settle = (): Promise<void> => ending.settle(source, migration, undefined, true);

  it('is told with its figures once its destination is back, which comes a moment after its source', async () => {
    source.answers.set('domstate', gone);
    destination.setDomain(domain({ state: 'paused', reason: 'migrating' }));
    destination.setStatus(lost);
    const settled = settle();
    await vi.waitFor(() => expect(migration.state.phase).toBe('ended'));
    expect(migration.state.outcome).toBeUndefined();
    destination.setDomain(domain());
    destination.answers.set('domstate', 'running (migrated)\n\n');
    destination.answers.set('domjobinfo --completed', record);
    destination.setStatus({ kind: 'connected' });
    await settled;
    expect(migration.state.outcome).toMatchObject({
      kind: 'completed',
      result: { totalTimeMs: 41_200, downtimeMs: 158 },
    });
  });

  it('is not called a completion for what its destination had before it was lost', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    source.answers.set('domstate', gone);
    destination.setDomain(domain({ state: 'paused', reason: 'migrating' }));
    destination.setStatus(lost);
    const settled = settle();
    await vi.waitFor(() => expect(migration.state.phase).toBe('ended'));
    await vi.advanceTimersByTimeAsync(10_000);
    await settled;
    expect(migration.state.outcome).toMatchObject({ kind: 'lost' });
  });

  it('is not called lost while its source is: it is looked at again when that is back', async () => {
    source.answers.set('domstate', notConnected);
    source.setStatus(lost);
    const watcher = new MigrationWatcher({
      hypervisor: source,
      registry,
      ending,
      log: silent,
      sampleIntervalMs: () => 5,
    });
    await settle();
    expect(migration.state.outcome).toBeUndefined();
    source.answers.set('domjobinfo', idle);
    source.answers.set('domstate', 'running (booted)\n\n');
    const ended = new Promise((resolve) => registry.onDidEnd(resolve));
    source.setStatus({ kind: 'connected' });
    await ended;
    expect(migration.state.outcome).toEqual({ kind: 'endedWithoutCompleting' });
    watcher.dispose();
  });
});
