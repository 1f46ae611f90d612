import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../../src/base/emitter.js';
import { UserError } from '../../../src/base/errors.js';
import type { Fleet } from '../../../src/hypervisor/model.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import type { GuestPlace } from '../../../src/migration/model.js';
import type { StartedMigration } from '../../../src/migration/start/model.js';
import { defaultOptions } from '../../../src/migration/start/options.js';
import { StartPlaces } from '../../../src/migration/start/place.js';
import { PlaceVerifier } from '../../../src/migration/verifier.js';
import { domain, ScriptedHypervisor, uuid } from '../scriptedHypervisor.js';

const gone = new UserError(`failed to get domain '${uuid}'`);
const machine = (id: string): string =>
  `<capabilities>\n  <host>\n    <uuid>${id.repeat(8)}-1111-1111-1111-111111111111</uuid>`;

describe('where a guest is, as its hosts are asked', () => {
  let hv1: ScriptedHypervisor;
  let hv2: ScriptedHypervisor;
  let changed: Emitter<void>;
  let registry: MigrationRegistry;
  let places: PlaceVerifier;
  let migration: TrackedMigration;
  let fleet: Fleet;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    [hv1, hv2] = [new ScriptedHypervisor('hv1'), new ScriptedHypervisor('hv2')];
    changed = new Emitter();
    for (const host of [hv1, hv2]) host.onDidChange(() => changed.fire());
    fleet = {
      hypervisors: [hv1, hv2],
      onDidChange: changed.event,
      get: (name) => [hv1, hv2].find(({ config }) => config.name === name),
    };
    registry = new MigrationRegistry();
    places = new PlaceVerifier(fleet, registry);
    places.follow();
    migration = tracked('m1');
    migration.update({ phase: 'ended', outcome: completed, destination: 'hv2', endedAtMs: Date.now() }, Date.now());
    registry.restore([migration]);
    hv1.answers.set('domstate', gone);
    hv2.answers.set('domstate', 'running (migrated)\n');
  });
  afterEach(() => void vi.useRealTimers());

  const result = { totalTimeMs: undefined, downtimeMs: undefined, transferredBytes: undefined, iterations: undefined };
  const completed = { kind: 'completed', result } as const;
  const tracked = (id: string): TrackedMigration =>
    new TrackedMigration({
      id,
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs: 0,
    });
  const asked = (host: ScriptedHypervisor): number => host.asked.filter((question) => question === 'domstate').length;

  /** Lets time pass until it is done. */
  async function verified(): Promise<void> {
    const progress = { done: false };
    void places.verify(migration, false).then(() => (progress.done = true));
    while (!progress.done) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('is told at once where all is well', async () => {
    await verified();
    expect(migration.state.place).toEqual({ kind: 'fine', on: 'hv2' });
    expect(asked(hv2)).toBe(1);
  });

  it('gives no alarm of the moment of the switch-over', async () => {
    hv1.answers.set('domstate', 'paused (migrating)\n');
    hv2.answers.set('domstate', 'paused (migrating)\n');
    setTimeout(() => hv2.answers.set('domstate', 'running (migrated)\n'), 1000);
    setTimeout(() => hv1.answers.set('domstate', gone), 2000);
    const seen: unknown[] = [];
    migration.onDidChange(() => seen.push(migration.state.place));
    await verified();
    expect(seen).toEqual([{ kind: 'fine', on: 'hv2' }]);
  });

  it('is wrong once libvirt has had its time', async () => {
    hv2.answers.set('domstate', 'paused (user)\n');
    const startMs = Date.now();
    await verified();
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(5000);
    expect(migration.state).toMatchObject({ place: { kind: 'wrong', problem: 'paused' }, leftPausedOn: 'hv2' });
  });

  it('is looked at again when a host has something new to tell, and only then', async () => {
    hv2.answers.set('domstate', 'paused (user)\n');
    hv2.setDomain(domain({ state: 'paused', reason: 'user' }));
    await verified();
    const before = asked(hv2);
    changed.fire();
    changed.fire();
    expect(asked(hv2)).toBe(before);
    hv2.answers.set('domstate', 'running (unpaused)\n');
    hv2.setDomain(domain({ state: 'running', reason: 'unpaused' }));
    await vi.waitFor(() => expect(migration.state.place).toEqual({ kind: 'fine', on: 'hv2' }));
    expect(migration.state.leftPausedOn).toBeUndefined();
  });

  it('is looked at again when a host is back', async () => {
    hv2.status = { kind: 'reconnecting', message: '', advice: undefined, lastSeenAtMs: 0, nextTryAtMs: 0 };
    await verified();
    expect(migration.state.place).toMatchObject({ kind: 'unknown' });
    hv2.setStatus({ kind: 'connected' });
    await vi.waitFor(() => expect(migration.state.place).toEqual({ kind: 'fine', on: 'hv2' }));
  });

  it('waits for a host that is on its way back, and is told once, with what that says', async () => {
    hv2.status = { kind: 'connecting' };
    setTimeout(() => hv2.setStatus({ kind: 'connected' }), 3000);
    const seen: unknown[] = [];
    migration.onDidChange(() => seen.push(migration.state.place));
    await verified();
    expect(seen).toEqual([{ kind: 'fine', on: 'hv2' }]);
  });

  it('does not wait for a host that nobody connects', async () => {
    hv2.status = { kind: 'disconnected' };
    const startMs = Date.now();
    await verified();
    expect(Date.now() - startMs).toBeLessThan(1000);
    expect(migration.state.place).toMatchObject({ kind: 'unknown' });
  });

  it('is no alarm where two hosts of the tree are one machine', async () => {
    hv1.answers.set('domstate', 'running (booted)\n');
    hv2.answers.set('domstate', 'running (booted)\n');
    hv1.answers.set('capabilities', machine('a'));
    hv2.answers.set('capabilities', machine('a'));
    await verified();
    expect(migration.state.place).toMatchObject({ kind: 'fine' });
  });

  it('is the loudest alarm where two machines run it', async () => {
    hv1.answers.set('domstate', 'running (booted)\n');
    hv1.answers.set('capabilities', machine('a'));
    hv2.answers.set('capabilities', machine('b'));
    await verified();
    expect(migration.state.place).toMatchObject({ kind: 'wrong', problem: 'runsTwice' });
  });

  describe('after a start that nobody saw migrate', () => {
    const start: StartedMigration = {
      id: 'one',
      request: {
        source: 'hv1',
        domainUuid: uuid,
        destination: 'hv2',
        destinationUri: 'qemu+tcp://hv2/system',
        migrationUri: undefined,
        options: defaultOptions(true),
      },
      domainName: 'web-1',
      line: 'virsh migrate',
      startedAtMs: 1_000_000,
      state: { kind: 'succeeded', endedAtMs: 1_000_500 },
    };
    const starts = (): StartPlaces => new StartPlaces(fleet, registry, places);

    async function found(one = start): Promise<GuestPlace | undefined> {
      const progress: { place?: GuestPlace | undefined; done: boolean } = { done: false };
      void starts()
        .placeOf(one)
        .then((place) => Object.assign(progress, { place, done: true }));
      while (!progress.done) {
        await vi.advanceTimersByTimeAsync(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return progress.place;
    }

    it('is asked of both hosts', async () => {
      expect(await found()).toEqual({ kind: 'fine', on: 'hv2' });
      expect([asked(hv1), asked(hv2)]).toEqual([1, 1]);
    });

    it('is wrong where no host has it, whatever its virsh said', async () => {
      hv2.answers.set('domstate', gone);
      expect(await found()).toMatchObject({ kind: 'wrong', problem: 'runsNowhere' });
    });

    it('is paused as it was before', async () => {
      hv2.answers.set('domstate', 'paused (user)\n');
      expect(await found({ ...start, pausedBefore: true })).toEqual({ kind: 'fine', on: 'hv2' });
    });

    it('is asked again once a host is back that could not be asked', async () => {
      hv2.status = { kind: 'reconnecting', message: '', advice: undefined, lastSeenAtMs: 0, nextTryAtMs: 0 };
      expect(await found()).toMatchObject({ kind: 'unknown' });
      const later: GuestPlace[] = [];
      starts().whenConnected(start, (place) => later.push(place));
      hv2.setStatus({ kind: 'connected' });
      await vi.waitFor(() => expect(later).toEqual([{ kind: 'fine', on: 'hv2' }]));
    });
  });

  it('is left to the next migration of the guest, where one has begun', async () => {
    registry.restore([tracked('m2')]);
    await verified();
    expect(migration.state.place).toBeUndefined();
  });
});
