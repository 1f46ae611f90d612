import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import type { Fleet } from '../../../src/hypervisor/model.js';
import { Ending } from '../../../src/migration/ending.js';
import type { Action, Mark, Phase } from '../../../src/migration/model.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { VirshSteering } from '../../../src/migration/virshSteering.js';
import { domain, ScriptedHypervisor, uuid } from '../scriptedHypervisor.js';

describe('steering a migration', () => {
  let hv1: ScriptedHypervisor;
  let hv2: ScriptedHypervisor;
  let migration: TrackedMigration;
  let steering: VirshSteering;
  /** Ends the virsh that resumes a post-copy. */
  let fail: (words: string) => void;

  beforeEach(() => {
    [hv1, hv2] = [new ScriptedHypervisor('hv1'), new ScriptedHypervisor('hv2')];
    for (const host of [hv1, hv2]) host.domains.set(uuid, domain());
    const fleet: Fleet = {
      hypervisors: [hv1, hv2],
      onDidChange: hv1.onDidChange,
      get: (name) => [hv1, hv2].find(({ config }) => config.name === name),
    };
    const registry = new MigrationRegistry();
    const failed = new Promise<string>((resolve) => (fail = resolve));
    steering = new VirshSteering(fleet, registry, new Ending(fleet, registry), {
      prepare: () =>
        Promise.resolve({ line: 'virsh migrate --postcopy-resume', start: () => Promise.resolve({ failed }) }),
    });
    const identity = { id: 'm1', domainUuid: uuid, domainName: 'web-1', domainTitle: undefined };
    migration = new TrackedMigration({ ...identity, source: 'hv1', startedAtMs: Date.now() });
    migration.update({ phase: 'precopy', destination: 'hv2' }, Date.now());
    registry.start(migration);
    for (const command of ['migrate-setspeed', 'domjobabort', 'migrate-compcache']) hv1.answers.set(command, '\n');
    hv1.answers.set('migrate-getspeed', '7\n');
    hv1.answers.set('domstate', 'paused (post-copy)\n');
  });

  async function lineOf(phase: Phase, action: Action): Promise<string | undefined> {
    migration.update({ phase }, Date.now());
    await steering.perform('hv1', uuid, action);
    const mark: Mark | undefined = migration.marks.findLast(({ kind }) => kind === 'action');
    return mark?.kind === 'action' ? mark.virshLine : undefined;
  }

  it.each<[Phase, Action, string]>([
    ['precopy', { kind: 'setSpeed', speedMiBps: 7 }, `migrate-setspeed ${uuid} 7`],
    ['postcopy', { kind: 'setSpeed', speedMiBps: 7 }, `migrate-setspeed ${uuid} 7 --postcopy`],
    ['postcopyInterrupted', { kind: 'setSpeed', speedMiBps: 7 }, `migrate-setspeed ${uuid} 7 --postcopy`],
    ['postcopy', { kind: 'interruptPostcopy' }, `domjobabort --postcopy ${uuid}`],
    ['postcopyInterrupted', { kind: 'resumePostcopy' }, 'virsh migrate --postcopy-resume'],
  ])('in %s by %o is one line', async (phase, action, line) => {
    expect(await lineOf(phase, action)).toBe(line);
  });

  it.each<[string, string, string]>([
    ['stands still', 'paused (user)', 'web-1: the guest is paused while its memory is copied'],
    ['has left meanwhile', 'shut off (migrated)', 'web-1: the guest has left this host: its migration is complete'],
  ])('says of a paused guest that it %s', async (_, state, answer) => {
    hv1.answers.set('suspend', '\n').set('domstate', `${state}\n`);
    await expect(steering.perform('hv1', uuid, { kind: 'pause' })).resolves.toBe(answer);
  });

  it.each<[Action, string, string]>([
    [{ kind: 'setSpeed', speedMiBps: 7 }, 'migrate-getspeed', 'speed 7 MiB/s was accepted'],
    [{ kind: 'setMaxDowntime', downtimeMs: 900 }, 'migrate-getmaxdowntime', 'max downtime 900 ms was accepted'],
  ])(
    'does not call %o failed when it ended the migration before it could be read back',
    async (action, asked, said) => {
      hv1.answers.set('migrate-setmaxdowntime', '\n').set(asked, new UserError(`failed to get domain '${uuid}'`));
      await expect(steering.perform('hv1', uuid, action)).resolves.toBe(
        `web-1: ${said}; the domain does not run on this host any more`,
      );
      expect(migration.marks.findLast(({ kind }) => kind === 'action')).toMatchObject({ failed: false });
    },
  );

  it('claims of no guest that somebody has stopped that it is paused, or runs again', async () => {
    for (const command of ['suspend', 'resume']) hv1.answers.set(command, '\n');
    hv1.answers.set('domstate', 'shut off (destroyed)\n');
    const refused = 'hv1: the domain is shut off (destroyed), not';
    await expect(steering.perform('hv1', uuid, { kind: 'pause' })).rejects.toThrow(`${refused} paused.`);
    migration.update({ phase: 'ended', outcome: { kind: 'aborted' } }, Date.now());
    await expect(steering.perform('hv1', uuid, { kind: 'resume' })).rejects.toThrow(`${refused} running.`);
  });

  it('tells a cache that is another than was set', async () => {
    hv1.answers.set('migrate-compcache', 'Compression cache: 32.000 MiB\n');
    await expect(steering.perform('hv1', uuid, { kind: 'setCompressionCache', cacheMiB: 64 })).rejects.toThrow(
      'the compression cache of web-1 is 32 MiB after setting 64 MiB',
    );
  });

  it.each(['hv1', 'hv2'])('resumes no half of a guest on %s: its virsh would wait for the end', async (host) => {
    migration.update({ phase: 'postcopyInterrupted' }, Date.now());
    await expect(steering.perform(host, uuid, { kind: 'resume' })).rejects.toMatchObject({
      advice: expect.stringContaining('Resume Post-Copy') as string,
    });
    expect(hv1.asked.concat(hv2.asked)).not.toContain('resume');
  });

  it('resumes no post-copy that is not interrupted', async () => {
    migration.update({ phase: 'postcopy' }, Date.now());
    await expect(steering.perform('hv1', uuid, { kind: 'resumePostcopy' })).rejects.toThrow(/is not interrupted/);
  });

  it('tells in libvirt’s words why a post-copy was not resumed after all', async () => {
    migration.update({ phase: 'postcopyInterrupted' }, Date.now());
    hv1.answers.set('domstate', 'paused (post-copy failed)\n');
    const resuming = steering.perform('hv1', uuid, { kind: 'resumePostcopy' });
    fail('unable to connect to server');
    await expect(resuming).rejects.toThrow('the post-copy of web-1 was not resumed: unable to connect to server.');
    expect(migration.marks.at(-1)).toMatchObject({ action: 'resumePostcopy', failed: true });
  });
});
