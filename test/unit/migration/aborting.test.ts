import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import type { Fleet, Hypervisor } from '../../../src/hypervisor/model.js';
import { Ending } from '../../../src/migration/ending.js';
import type { Mark } from '../../../src/migration/model.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { VirshSteering } from '../../../src/migration/virshSteering.js';
import { domain, ScriptedHypervisor, uuid } from '../scriptedHypervisor.js';

const idle = 'Job type: 0\n\n\n';

describe('an action that libvirt took', () => {
  let source: ScriptedHypervisor;
  let registry: MigrationRegistry;
  let ending: Ending;
  let steering: VirshSteering;
  let migration: TrackedMigration;

  beforeEach(() => {
    source = new ScriptedHypervisor('hv1');
    source.domains.set(uuid, domain());
    source.answers.set('domstate', 'running (booted)\n\n');
    const fleet: Fleet = {
      hypervisors: [source],
      get: (name): Hypervisor | undefined => (name === 'hv1' ? source : undefined),
      onDidChange: () => ({ dispose: () => undefined }),
    };
    registry = new MigrationRegistry();
    ending = new Ending(fleet, registry);
    steering = new VirshSteering(fleet, registry, ending);
    migration = new TrackedMigration({
      id: 'a',
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs: Date.now() - 30_000,
    });
    registry.start(migration);
  });

  const actions = (): Extract<Mark, { kind: 'action' }>[] =>
    migration.marks.flatMap((mark) => (mark.kind === 'action' ? [mark] : []));

  it('was an abort, although the question after it found no answer', async () => {
    source.answers.set('domjobabort', '\n');
    source.answers.set('domjobinfo', new UserError('hv1: the virsh was closed.'));
    await expect(steering.perform('hv1', uuid, { kind: 'abort' })).resolves.toMatch(/libvirt took the abort/);
    expect(actions()).toEqual([expect.objectContaining({ action: 'abort', failed: false })]);
    source.answers.set('domjobinfo', idle);
    await ending.settle(source, migration, undefined, false);
    expect(migration.state.outcome).toEqual({ kind: 'aborted' });
  });

  it('was no abort where libvirt refused it', async () => {
    source.answers.set('domjobabort', new UserError('hv1: no job is active on the domain'));
    await expect(steering.perform('hv1', uuid, { kind: 'abort' })).rejects.toThrow(/no job is active/);
    expect(actions()).toEqual([expect.objectContaining({ action: 'abort', failed: true })]);
    await ending.settle(source, migration, undefined, false);
    expect(migration.state.outcome).toEqual({ kind: 'endedWithoutCompleting' });
  });

  it('is not taken for somebody else’s when its value could not be read back at once', async () => {
    source.answers.set('migrate-getmaxdowntime', new UserError('hv1: the virsh was closed.'));
    source.answers.set('migrate-setmaxdowntime', '\n');
    await expect(steering.perform('hv1', uuid, { kind: 'setMaxDowntime', downtimeMs: 12_000 })).rejects.toThrow();
    expect(migration.ownValues.explains('maxDowntime', 12_000)).toBe(true);
  });
});
