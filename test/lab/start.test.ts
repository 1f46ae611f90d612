import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { HostConfig } from '../../src/hypervisor/model.js';
import { Journal } from '../../src/migration/journal.js';
import { Archive } from '../../src/migration/past/archive.js';
import type { MigrationOptions, MigrationRequest, StartedMigration } from '../../src/migration/start/model.js';
import { defaultOptions } from '../../src/migration/start/options.js';
import { until } from '../editor/waiting.js';
import { MemoryStorage } from '../memoryStorage.js';
import { diskPath } from './domainXml.js';
import { type Guest, Lab, type LabHost } from './lab.js';
import { clearSettled } from './onePlace.js';
import { letPeopleIn, peopleConfig } from './people.js';
import { leftOn, migrating, untilNothingIsLeft } from './startLeftovers.js';
import { WatchedLab } from './watched.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

describe('a migration that is started here', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-start-'));
  let lab: Lab;
  let hv1: LabHost;
  let watched: WatchedLab;

  beforeAll(async () => {
    lab = await Lab.up();
    hv1 = lab.host('hv1');
  });
  afterEach(async () => {
    watched.dispose();
    await clearSettled(lab);
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A window: what `starts` and `journal` hold, earlier ones have left. */
  async function open(starts = new MemoryStorage(), journal = new MemoryStorage()): Promise<WatchedLab> {
    watched = new WatchedLab(lab, 500, {}, starts);
    await new Journal(journal, silent, watched.registry, new Archive(new MemoryStorage(), silent)).open();
    await watched.starter.open();
    await watched.connect();
    return watched;
  }

  const request = (
    guest: Guest,
    options: Partial<MigrationOptions> = {},
    change: Partial<MigrationRequest> = {},
  ): MigrationRequest => ({
    source: 'hv1',
    domainUuid: guest.uuid,
    destination: 'hv2',
    destinationUri: 'qemu+tcp://hv2/system',
    migrationUri: 'tcp://hv2',
    options: { ...defaultOptions(false), bandwidthMiBps: 20, ...options },
    ...change,
  });

  const ends = (of: WatchedLab): StartedMigration[] => {
    const ended: StartedMigration[] = [];
    of.starter.onDidEnd((start) => ended.push(start));
    return ended;
  };

  it('is followed to its end, and leaves nothing on its source', async () => {
    const { starter, ...window } = await open();
    const guest = await lab.startGuest('hv1', { name: 'goes', load: 'idle', workingSetMiB: 64, memoryMiB: 256 });
    await guest.untilHot('hv1');
    await watched.fleet.get('hv1')?.refresh();
    const ended = ends(watched);
    const end = new Promise((resolve) => window.registry.onDidEnd(resolve));
    const start = await starter.start(request(guest));
    expect(start).toMatchObject({ domainName: 'goes', state: { kind: 'running' } });
    expect(start.line).toBe(
      `virsh -c qemu:///system migrate --live --bandwidth 20 --p2p -- ${guest.uuid} qemu+tcp://hv2/system tcp://hv2`,
    );
    expect(await migrating(hv1)).toEqual([start.line.split(' ')]);
    await expect(starter.start(request(guest))).rejects.toThrow(/migrates already/);
    expect((await starter.whenEnded(start.id)).state.kind).toBe('succeeded');
    expect(ended.map(({ id }) => id)).toEqual([start.id]);
    expect(await end).toMatchObject({ state: { outcome: { kind: 'completed' }, destination: 'hv2' } });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    await untilNothingIsLeft(hv1);
  });

  it('goes on when the window is closed, and its success is found when one is opened after the end', async () => {
    const starts = new MemoryStorage();
    const first = await open(starts);
    const guest = await lab.startGuest('hv1', { name: 'outlives', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    await first.fleet.get('hv1')?.refresh();
    const seen = first.next();
    const { id } = await first.starter.start(request(guest));
    await seen;
    first.dispose();
    expect((await hv1.virsh(['domjobinfo', guest.uuid])).trim()).toMatch(/Unbounded/);
    await hv1.virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
    await until('its end', async () => (await migrating(hv1)).length === 0, 60_000);

    const second = await open(starts);
    expect(await second.starter.whenEnded(id)).toMatchObject({ state: { kind: 'succeeded' } });
    expect(second.starter.all).toMatchObject([{ id, domainName: 'outlives' }]);
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    await untilNothingIsLeft(hv1);
    // A third window has nothing to tell.
    second.dispose();
    const third = new WatchedLab(lab, 500, {}, starts);
    const ended = ends(third);
    await third.starter.open();
    expect([third.starter.all, ended]).toEqual([[], []]);
    third.dispose();
  });

  it('goes on when the window is closed, and its failure is found in libvirt’s words, in the record of its migration, too', async () => {
    const [starts, journal] = [new MemoryStorage(), new MemoryStorage()];
    const first = await open(starts, journal);
    const guest = await lab.startGuest('hv1', { name: 'fails', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    await first.fleet.get('hv1')?.refresh();
    const seen = first.next();
    const { id } = await first.starter.start(request(guest));
    await until('its memory', async () => ((await seen).samples.at(-1)?.job.memoryIteration ?? 0) >= 1, 30_000);
    first.dispose();
    const { stdout } = await lab.host('hv2').exec(['sh', '-c', 'cat /run/libvirt/qemu/fails.pid']);
    await lab.host('hv2').exec(['kill', '-KILL', stdout.trim()]);
    await until('its end', async () => (await migrating(hv1)).length === 0, 60_000);

    watched = new WatchedLab(lab, 500, {}, starts);
    await new Journal(journal, silent, watched.registry, new Archive(new MemoryStorage(), silent)).open();
    await watched.starter.open();
    const end = watched.nextEnd();
    await watched.connect();
    const { state } = await watched.starter.whenEnded(id);
    if (state.kind !== 'failed') throw new Error(`it is ${state.kind}`);
    expect(state.text).toMatch(/^[^\n]{10,}$/);
    expect(state.text).not.toMatch(/^error:/);
    expect(Date.now() - state.endedAtMs).toBeLessThan(60_000);
    expect((await end).state.outcome).toEqual({ kind: 'failed', reason: state.text });
    expect(await hv1.stateOf(guest.uuid)).toMatch(/^running/);
    await untilNothingIsLeft(hv1);
  });

  it('takes a guest’s disk along, byte by byte, where it is asked to copy it', async () => {
    await open();
    const guest = await lab.startGuest('hv1', {
      name: 'disk',
      load: 'idle',
      workingSetMiB: 8,
      memoryMiB: 128,
      diskMiB: 16,
    });
    await watched.fleet.get('hv1')?.refresh();
    const sum = async (host: LabHost): Promise<string> => (await host.exec(['sha256sum', diskPath(guest.uuid)])).stdout;
    const before = await sum(hv1);
    expect(await sum(lab.host('hv2'))).not.toBe(before);
    const { id, line } = await watched.starter.start(request(guest, { storage: 'copyAll' }));
    expect(line).toContain(' --copy-storage-all ');
    expect((await watched.starter.whenEnded(id)).state.kind).toBe('succeeded');
    expect(before).toMatch(/^[0-9a-f]{64} /);
    expect(await sum(lab.host('hv2'))).toBe(before);
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    await untilNothingIsLeft(hv1);
  });

  it('that somebody else aborts is told to be aborted, not only to have ended', async () => {
    await open();
    const guest = await lab.startGuest('hv1', { name: 'aborted', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    await watched.fleet.get('hv1')?.refresh();
    const seen = watched.next();
    const { id } = await watched.starter.start(request(guest));
    await seen;
    const end = watched.nextEnd();
    await hv1.virsh(['domjobabort', guest.uuid]);
    expect((await end).state.outcome).toEqual({ kind: 'aborted' });
    expect((await watched.starter.whenEnded(id)).state).toMatchObject({
      kind: 'failed',
      text: expect.stringMatching(/canceled by client/) as unknown,
    });
    await untilNothingIsLeft(hv1);
  });

  it.each([
    ['nowhere', { destinationUri: 'qemu+tcp://nowhere/system', destination: undefined }, /nowhere/],
    ['a closed port', { destinationUri: 'qemu+tcp://hv2:1/system' }, /onnection refused/],
    ['a libvirt that is none', { destinationUri: 'qemu+tcp://hv2/nosuch' }, /unexpected qemu URI path/],
  ])('to %s is refused at once, in libvirt’s words, and leaves nothing', async (_, change, words) => {
    await open();
    const guest = await lab.startGuest('hv1', { name: 'refused', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    await watched.fleet.get('hv1')?.refresh();
    const ended = ends(watched);
    await expect(watched.starter.start(request(guest, {}, change))).rejects.toMatchObject({
      message: expect.stringMatching(/^hv1: refused was not migrated: [^\n]+$/) as unknown,
    });
    await expect(watched.starter.start(request(guest, {}, change))).rejects.toThrow(words);
    expect([watched.starter.all, ended]).toEqual([[], []]);
    expect(await hv1.stateOf(guest.uuid)).toBe('running (booted)');
    await untilNothingIsLeft(hv1);
  });

  it.each<[string, Partial<HostConfig>]>([
    ['operator', { virsh: 'sudo -n virsh' }],
    ['narrow', { virsh: 'env LC_ALL=C sudo -n virsh' }],
    ['member', { virsh: 'docker exec -i nova_libvirt virsh' }],
    ['fisher', {}],
    ['noisy', {}],
  ])('by %s, with %j, outlives its connection and tells its end', async (user, entry) => {
    const sshd = await letPeopleIn(hv1);
    const configFile = join(folder, 'config');
    writeFileSync(configFile, peopleConfig(lab, hv1, sshd));
    const guest = await lab.startGuest('hv1', { name: 'theirs', load: 'idle', workingSetMiB: 64, memoryMiB: 256 });
    await guest.untilHot('hv1');
    const starts = new MemoryStorage();
    const openAs = async (): Promise<WatchedLab> => {
      watched = new WatchedLab(lab, 500, { configFile }, starts);
      watched.fleet.configure([
        {
          name: 'hv1',
          destination: `${user}@people`,
          uri: 'qemu:///system',
          virsh: 'virsh',
          readOnly: false,
          group: undefined,
          ...entry,
        },
      ]);
      await watched.starter.open();
      await watched.connect();
      return watched;
    };
    onTestFinished(() => sshd.stop());
    const first = await openAs();
    const { id } = await first.starter.start(request(guest, { bandwidthMiBps: 10 }, { destination: undefined }));
    expect(await leftOn(hv1)).toContain(id);
    first.dispose();
    await until('its end', async () => (await migrating(hv1)).length === 0, 60_000);
    const second = await openAs();
    expect(await second.starter.whenEnded(id)).toMatchObject({ state: { kind: 'succeeded' } });
    await untilNothingIsLeft(hv1);
  });

  describe('by each option', () => {
    let guest: Guest;
    const persistent = defaultOptions(true);

    it('of this libvirt has virsh run with it as typed', async () => {
      await open();
      guest = await lab.startGuest('hv1', { name: 'options', workingSetMiB: 104, memoryMiB: 384, persistent: true });
      await guest.untilHot('hv1');
      await watched.fleet.get('hv1')?.refresh();
      const slow = { bandwidthMiBps: 1 } as const;
      const untilNotListed = (): Promise<unknown> =>
        until('its end in the list', () => watched.registry.running('hv1', guest.uuid) === undefined, 30_000);
      const running: readonly (readonly [Partial<MigrationOptions>, string])[] = [
        [{}, '--live --persistent --undefinesource --bandwidth 1 --p2p'],
        [{ p2p: false }, '--live --persistent --undefinesource --bandwidth 1'],
        [{ persistent: false, undefineSource: false }, '--live --bandwidth 1 --p2p'],
        [
          { autoConverge: true, autoConvergeInitialPercent: 30, autoConvergeIncrementPercent: 15 },
          '--live --persistent --undefinesource --auto-converge --auto-converge-initial 30 --auto-converge-increment 15 --bandwidth 1 --p2p',
        ],
        [
          { postcopy: true, postcopyBandwidthMiBps: 50, timeoutSeconds: 900, timeoutAction: 'postcopy' },
          '--live --persistent --undefinesource --postcopy --timeout 900 --timeout-postcopy --bandwidth 1 --postcopy-bandwidth 50 --p2p',
        ],
        [
          { compressionMethods: ['xbzrle', 'mt'], xbzrleCacheMiB: 32 },
          '--live --persistent --undefinesource --compressed --comp-methods xbzrle,mt --comp-xbzrle-cache 33554432 --bandwidth 1 --p2p',
        ],
        [
          { parallelConnections: 3 },
          '--live --persistent --undefinesource --bandwidth 1 --parallel --parallel-connections 3 --p2p',
        ],
        [{ tls: true }, '--live --persistent --undefinesource --bandwidth 1 --p2p --tls'],
        [{ storage: 'copyAll' }, '--live --persistent --undefinesource --bandwidth 1 --copy-storage-all --p2p'],
        [{ storage: 'copyIncremental' }, '--live --persistent --undefinesource --bandwidth 1 --copy-storage-inc --p2p'],
      ];
      for (const [options, words] of running) {
        const asked = request(guest, { ...persistent, ...slow, ...options });
        const start = await watched.starter.start(asked);
        expect(await migrating(hv1)).toEqual([
          [
            'virsh',
            '-c',
            'qemu:///system',
            'migrate',
            ...words.split(' '),
            '--',
            guest.uuid,
            'qemu+tcp://hv2/system',
            'tcp://hv2',
          ],
        ]);
        expect(start.line.split(' ')).toEqual((await migrating(hv1))[0]);
        await hv1.virsh(['domjobabort', guest.uuid]);
        await watched.starter.whenEnded(start.id);
        await untilNotListed();
      }
      // What the lab is not made for is refused by libvirt itself, for the very reason that it was asked for.
      const refused: readonly (readonly [Partial<MigrationOptions>, RegExp])[] = [
        [{ zeroCopy: true, parallelConnections: 2 }, /locked memory|zero.?copy/i],
      ];
      for (const [options, words] of refused) {
        // Within a moment the start is refused; later, its end tells, in the same words.
        const said = await watched.starter.start(request(guest, { ...persistent, ...slow, ...options })).then(
          async ({ id }) => JSON.stringify((await watched.starter.whenEnded(id)).state),
          (error: unknown) => String(error),
        );
        expect(said).toMatch(words);
        await untilNotListed();
      }
      // And what this libvirt lacks never reaches it.
      await expect(
        watched.starter.start(request(guest, { ...persistent, compressionMethods: ['zstd'], parallelConnections: 2 })),
      ).rejects.toThrow(/this libvirt's virsh migrate has no --comp-zstd-level/);
      await untilNothingIsLeft(hv1);
    });
  });
});
