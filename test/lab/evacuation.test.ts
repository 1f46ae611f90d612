import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FileStorage } from '../../src/editor/storage.js';
import { thisWindow } from '../../src/editor/thisWindow.js';
import { Evacuations } from '../../src/migration/evacuation/evacuations.js';
import {
  type EvacuationItem,
  type EvacuationPlan,
  type EvacuationRecord,
  isMigrating,
  phaseOf,
} from '../../src/migration/evacuation/model.js';
import { evacuationInit } from '../../src/migration/evacuation/panelModel.js';
import { planEvacuation } from '../../src/migration/evacuation/plan.js';
import { EvacuationPlanner } from '../../src/migration/evacuation/planner.js';
import { RouteFinder } from '../../src/migration/preflight/routes.js';
import { PreflightRunner } from '../../src/migration/preflight/runner.js';
import { defaultOptions } from '../../src/migration/start/options.js';
import { MemoryStorage } from '../memoryStorage.js';
import { domainXml } from './domainXml.js';
import { until } from '../editor/waiting.js';
import { type Guest, Lab } from './lab.js';
import { watchMigrations } from './migrationCount.js';
import { expectOnePlace, placeText } from './onePlace.js';
import { untilNothingIsLeft } from './startLeftovers.js';
import { WatchedLab } from './watched.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const longMs = 60_000;

/** One window of the editor: its hosts, its starter and its evacuations; the folder outlives it. */
class LabWindow {
  readonly watched: WatchedLab;
  readonly evacuations: Evacuations;
  readonly planner: EvacuationPlanner;
  /** The most that migrated at a time. */
  most = 0;

  constructor(lab: Lab, folder: string, starts: MemoryStorage) {
    this.watched = new WatchedLab(lab, 1000, {}, starts);
    const { fleet, registry, steering, starter } = this.watched;
    this.evacuations = new Evacuations({
      starter,
      preflight: new PreflightRunner(fleet),
      steering,
      migrations: registry,
      fleet,
      log: silent,
      optionsFor: ({ persistent }, { settings }) => ({ ...defaultOptions(persistent), ...settings.options }),
      storage: new FileStorage(folder),
      around: thisWindow(),
      newId: randomUUID,
    });
    this.planner = new EvacuationPlanner(fleet, registry, new RouteFinder(fleet), (host) =>
      this.evacuations.reservedOn(host),
    );
    this.evacuations.onDidChange(() => {
      const migrating = this.record?.items.filter(isMigrating).length ?? 0;
      this.most = Math.max(this.most, migrating);
    });
  }

  /** One more host of the tree. */
  async addHost(name: string, destination: string): Promise<void> {
    const { fleet } = this.watched;
    const configs = fleet.hypervisors.map(({ config }) => config);
    const [like] = configs;
    if (like === undefined) throw new Error('no host');
    fleet.configure([...configs, { ...like, name, destination }]);
    await fleet.get(name)?.connect();
  }

  get record(): EvacuationRecord | undefined {
    return this.evacuations.get('hv1')?.record;
  }

  /** What the page says of hosts that are waited for. */
  get notice(): string | undefined {
    const { fleet, registry } = this.watched;
    const evacuation = this.evacuations.get('hv1');
    return evacuation && evacuationInit(evacuation, { fleet, migrations: registry }).header.notice;
  }

  async open(): Promise<this> {
    await this.watched.starter.open();
    await this.evacuations.open();
    await this.watched.connect();
    return this;
  }

  async evacuate(bandwidthMiBps: number, perSource = 2, perDestination = 2): Promise<EvacuationPlan> {
    const plan = planEvacuation(await this.planner.survey('hv1', undefined));
    const routes = await this.planner.routesOf(plan);
    await this.evacuations.start(plan, { perSource, perDestination, options: { bandwidthMiBps } }, routes);
    return plan;
  }

  state(guest: Guest): string | undefined {
    return this.record?.items.find(({ uuid }) => uuid === guest.uuid)?.state.kind;
  }

  /** Resolves once the record is as wanted. */
  until(what: string, holds: (record: EvacuationRecord) => boolean): Promise<EvacuationRecord> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { record } = this;
        if (record === undefined || !holds(record)) return;
        clearTimeout(timer);
        subscription.dispose();
        resolve(record);
      };
      const timer = setTimeout(() => {
        subscription.dispose();
        reject(new Error(`Waited in vain for ${what}: ${JSON.stringify(this.record, undefined, 1)}`));
      }, longMs);
      const subscription = this.evacuations.onDidChange(look);
      look();
    });
  }

  close(): void {
    this.evacuations.dispose();
    this.watched.dispose();
  }
}

describe('evacuating a real host', () => {
  let lab: Lab;
  let folder: string;
  let window: LabWindow;
  /** What windows leave to each other about what they have started. */
  let starts: MemoryStorage;

  beforeAll(async () => {
    lab = await Lab.up();
  });
  afterEach(async () => {
    window.close();
    await lab.clear();
    await rm(folder, { recursive: true, force: true });
  });
  afterAll(async () => lab.down());

  async function startGuests(names: readonly string[]): Promise<readonly Guest[]> {
    folder = await mkdtemp(join(tmpdir(), 'libvirt-evacuation-'));
    const guests: Guest[] = [];
    for (const name of names) guests.push(await lab.startGuest('hv1', { name, memoryMiB: 128, load: 'idle' }));
    starts = new MemoryStorage();
    window = await new LabWindow(lab, folder, starts).open();
    return guests;
  }

  /** The hosts on which it is; where it does not run there, how it is. */
  async function places(guest: Guest): Promise<readonly string[]> {
    const states = await Promise.all((['hv1', 'hv2'] as const).map((name) => lab.host(name).stateOf(guest.uuid)));
    return ['hv1', 'hv2'].flatMap((host, index) => placeText(host, states[index]));
  }

  it('every domain that can go is on the other host, two at a time; one whose name is taken there stays and says so', async () => {
    const guests = await startGuests(['one', 'two', 'three', 'taken']);
    const there = lab.host('hv2');
    const file = await there.writeFile('taken.xml', domainXml({ name: 'taken', memoryMiB: 128 }, randomUUID()));
    await there.virsh(['define', file]);
    await lab
      .host('hv1')
      .virsh(['define', await lab.host('hv1').writeFile('off.xml', domainXml({ name: 'off' }, randomUUID()))]);

    await window.evacuate(64);
    expect(window.record?.left.map(({ name, reason }) => [name, reason])).toEqual([['off', 'it is shut off']]);
    const record = await window.until('the end', (now) => phaseOf(now) === 'ended');
    const ends = record.items.map(
      ({ name, state }) => `${name}: ${state.kind === 'failed' ? state.reason : state.kind}`,
    );
    expect(ends.sort()).toEqual(['one: done', expect.stringMatching(/^taken: .*taken/), 'three: done', 'two: done']);
    expect(window.most).toBe(2);
    const where = await Promise.all(guests.map(places));
    expect(where).toEqual([['hv2'], ['hv2'], ['hv2'], ['hv1']]);
    // Nothing is left of the starts, on the host or under way.
    await untilNothingIsLeft(lab.host('hv1'));
  });

  it('the window is closed in the middle: the next one goes on, and nothing is started twice', async () => {
    const guests = await startGuests(['one', 'two', 'three']);
    await window.evacuate(8);
    await window.until(
      'two under way',
      (now) => now.items.filter(({ state }) => state.kind === 'migrating').length === 2,
    );
    window.close();
    window = await new LabWindow(lab, folder, starts).open();
    // The closed one's lease is found to be nobody's.
    await window.until('it to be its own', () => window.evacuations.get('hv1')?.elsewhere === false);
    await window.until('the end', (now) => phaseOf(now) === 'ended');
    expect(await Promise.all(guests.map(places))).toEqual([['hv2'], ['hv2'], ['hv2']]);
    expect(await starts.list()).toHaveLength(3);
  });

  it('a running one that is skipped stays where it is, unharmed; stopped, nothing new begins', async () => {
    const guests = await startGuests(['one', 'two', 'three']);
    const [first] = guests;
    if (first === undefined) throw new Error('no guest');
    await Promise.all(guests.map((guest) => guest.untilBeatAfter('hv1', 0)));
    // So slowly that all of them are here still when it is stopped.
    await window.evacuate(1);
    const now = await window.until(
      'two under way',
      ({ items }) => items.filter(({ state }) => state.kind === 'migrating').length === 2,
    );
    const running = now.items.filter(({ state }) => state.kind === 'migrating');
    const skipped = guests.find(({ uuid }) => uuid === running[0]?.uuid) ?? first;
    await window.evacuations.perform('hv1', { kind: 'skip', domain: skipped.uuid });
    await window.until('it to be skipped', () => window.state(skipped) === 'skipped');
    const beat = (await skipped.lastBeat('hv1')) ?? 0;
    await skipped.untilBeatAfter('hv1', beat);
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await window.until('the stop', (record) => phaseOf(record) === 'stopped');
    expect(await Promise.all(guests.map(places))).toEqual([['hv1'], ['hv1'], ['hv1']]);
    for (const guest of guests) expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
  });

  it('of two windows one runs it: the other looks on, may not begin a second one, and takes it over when the first is closed', async () => {
    const guests = await startGuests(['one', 'two', 'three']);
    const other = await new LabWindow(lab, folder, starts).open();
    try {
      const seen = await watchMigrations(lab.host('hv1'));
      await window.evacuate(8);
      const running = await untilTwoSendMemory();
      await other.until('the sight of both', ({ items }) => items.filter(isMigrating).length === 2);
      await expect(other.evacuate(8)).rejects.toThrow('hv1 is being evacuated already.');
      expect(other.evacuations.get('hv1')?.elsewhere).toBe(true);
      await expect(other.evacuations.perform('hv1', { kind: 'stopAll' })).rejects.toThrow(
        'Another window runs the evacuation of hv1.',
      );
      window.close();
      await other.until('the end of all', (now) => phaseOf(now) === 'ended' && now.items.every(isDone));
      expect(other.evacuations.get('hv1')?.elsewhere).toBe(false);
      const counted = await seen.stop();
      expect(counted.started(guests.map(({ uuid }) => uuid))).toEqual([1, 1, 1]);
      expect(running).toHaveLength(2);
      await expectOnePlace(lab, guests);
      for (const guest of guests) expect(await places(guest)).toEqual(['hv2']);
      await untilNothingIsLeft(lab.host('hv1'));
    } finally {
      other.close();
    }
  });

  /** Waits until two migrate and send memory; returns them. */
  async function untilTwoSendMemory(): Promise<readonly EvacuationItem[]> {
    const now = await window.until(
      'two under way',
      ({ items }) => items.filter(({ state }) => state.kind === 'migrating').length === 2,
    );
    const running = now.items.filter(({ state }) => state.kind === 'migrating');
    await until('memory of both', () =>
      running.every(({ uuid }) => window.watched.registry.running('hv1', uuid)?.samples.at(-1)?.job.memoryIteration),
    );
    return running;
  }

  it('one whose destination’s QEMU is killed on its way is listed with libvirt’s reason and goes on where it was; the others go', async () => {
    const guests = await startGuests(['one', 'two', 'three']);
    await window.evacuate(8);
    const [victim] = await untilTwoSendMemory();
    if (victim === undefined) throw new Error('nothing migrates');
    const hv2 = lab.host('hv2');
    await hv2.exec(['sh', '-c', `kill -KILL "$(cat /run/libvirt/qemu/${victim.name}.pid)"`]);
    const { items } = await window.until('the end', (now) => phaseOf(now) === 'ended');
    const failed = items.find(({ uuid }) => uuid === victim.uuid);
    if (failed?.state.kind !== 'failed') throw new Error(`it is ${failed?.state.kind}`);
    expect(failed.state).toMatchObject({ seen: { on: 'source', paused: false } });
    expect(failed.state.reason).toMatch(/^(?!error:)[^\n]{10,}$/);
    expect(failed.state.reason).not.toMatch(/nobody heard why/);
    expect(items.filter(({ state }) => state.kind === 'done')).toHaveLength(2);
    await expectOnePlace(lab, guests);
    for (const guest of guests) expect(await places(guest)).toEqual([guest.uuid === victim.uuid ? 'hv1' : 'hv2']);
    const stays = guests.find(({ uuid }) => uuid === victim.uuid);
    await stays?.untilBeatAfter('hv1', (await stays.lastBeat('hv1')) ?? 0);

    // The cause is gone: tried again, it goes, too.
    await window.evacuations.perform('hv1', { kind: 'retry', domain: victim.uuid });
    await window.until('the end of all', (now) => phaseOf(now) === 'ended' && now.items.every(isDone));
    await expectOnePlace(lab, guests);
    await untilNothingIsLeft(lab.host('hv1'));
  });

  it.each<[string, readonly string[], readonly (readonly string[])[]]>([
    ['libvirtd', ['kill -KILL "$(cat /run/libvirtd.pid)"'], [['libvirtd', '-d', '--listen']]],
    [
      'daemons, sshd among them,',
      ['kill -KILL "$(cat /run/libvirtd.pid)"', 'pkill -KILL -x virtlogd', 'pkill -KILL -x sshd'],
      [['virtlogd', '-d'], ['libvirtd', '-d', '--listen'], ['sshd']],
    ],
  ])(
    'the destination’s %s killed in the middle: nothing is lost, what failed says why, the rest waits, and all go when it is back',
    async (_, kills, starts) => {
      const guests = await startGuests(['one', 'two', 'three']);
      await window.evacuate(8);
      const running = await untilTwoSendMemory();
      const hv2 = lab.host('hv2');
      await hv2.exec(['sh', '-c', kills.join('; ')]);
      const { items } = await window.until('both to have failed', (now) =>
        running.every(({ uuid }) => now.items.find((item) => item.uuid === uuid)?.state.kind === 'failed'),
      );
      for (const { uuid, state } of items) {
        if (state.kind === 'waiting') continue;
        expect(running.map((one) => one.uuid)).toContain(uuid);
        if (state.kind !== 'failed') throw new Error(`it is ${state.kind}`);
        expect(state.reason).toMatch(/socket is closed|[Ll]ost connection|End of file/);
        expect(state.seen).toEqual({ on: 'source', paused: false });
      }
      // The third one does not run into it: it waits, and the page says for what.
      await until('a word', () => window.notice === 'hv2 is not connected: the domains that go there wait for that.');
      expect(window.record?.items.filter(({ state }) => state.kind === 'waiting')).toHaveLength(1);
      await expectOnePlace(lab, guests);
      for (const guest of guests) {
        expect(await places(guest)).toEqual(['hv1']);
        await guest.untilBeatAfter('hv1', (await guest.lastBeat('hv1')) ?? 0);
      }
      for (const words of starts) {
        const [program] = words;
        await hv2.exec(
          program === 'sshd'
            ? ['/usr/sbin/sshd', '-f', join(hv2.folder, 'sshd_config'), '-E', join(hv2.folder, 'sshd.log')]
            : words,
        );
      }
      await until('hv2 to be back', () => window.watched.fleet.get('hv2')?.status.kind === 'connected', longMs);
      for (const { uuid } of running) await window.evacuations.perform('hv1', { kind: 'retry', domain: uuid });
      await window.until('the end of all', (now) => phaseOf(now) === 'ended' && now.items.every(isDone));
      await expectOnePlace(lab, guests);
      for (const guest of guests) expect(await places(guest)).toEqual(['hv2']);
      await untilNothingIsLeft(lab.host('hv1'));
    },
  );

  it('the source’s libvirtd killed in the middle: it waits and says so; back again, what broke off says why and the rest goes', async () => {
    const guests = await startGuests(['one', 'two', 'three']);
    await window.evacuate(8);
    const running = await untilTwoSendMemory();
    const hv1 = lab.host('hv1');
    await hv1.exec(['sh', '-c', 'kill -KILL "$(cat /run/libvirtd.pid)"']);
    await until('a word', () => window.notice === 'hv1 is not connected: nothing new begins until it is.', longMs);
    expect(window.record?.items.filter(isMigrating).map(({ uuid }) => uuid)).toEqual(running.map(({ uuid }) => uuid));
    await hv1.exec(['libvirtd', '-d', '--listen']);
    const { items } = await window.until('the end', (now) => phaseOf(now) === 'ended');
    await expectOnePlace(lab, guests);
    for (const { uuid, state } of items) {
      const broke = running.some((one) => one.uuid === uuid);
      expect(state).toMatchObject(broke ? { kind: 'failed', seen: { on: 'source', paused: false } } : { kind: 'done' });
      if (state.kind === 'failed') expect(state.reason).toMatch(/End of file|socket is closed|[Dd]isconnected/);
    }
    for (const { uuid } of running) await window.evacuations.perform('hv1', { kind: 'retry', domain: uuid });
    await window.until('the end of all', (now) => phaseOf(now) === 'ended' && now.items.every(isDone));
    await expectOnePlace(lab, guests);
    for (const guest of guests) expect(await places(guest)).toEqual(['hv2']);
    await untilNothingIsLeft(hv1);
  });

  it.each([
    { perSource: 1, perDestination: 3, most: 1, mostToOne: 1 },
    { perSource: 3, perDestination: 1, most: 2, mostToOne: 1 },
    { perSource: 3, perDestination: 2, most: 3, mostToOne: 2 },
  ])(
    'never do more migrate at a time than asked for, by the host’s own process list: %j',
    async ({ perSource, perDestination, most, mostToOne }) => {
      const guests = await startGuests(['one', 'two', 'three', 'four']);
      // A second destination: the lab has two hosts, but one of them may be in the tree by two names.
      await window.addHost('hv3', 'hv2');
      const seen = await watchMigrations(lab.host('hv1'));
      const { moves } = await window.evacuate(24, perSource, perDestination);
      await window.until('the end', (now) => phaseOf(now) === 'ended' && now.items.every(isDone));
      const counted = await seen.stop();
      const to = (host: string): readonly string[] =>
        moves.filter(({ destination }) => destination === host).map(({ uuid }) => uuid);
      expect([to('hv2').length, to('hv3').length]).toEqual([2, 2]);
      expect(counted.most(guests.map(({ uuid }) => uuid))).toBe(most);
      expect(Math.max(counted.most(to('hv2')), counted.most(to('hv3')))).toBe(mostToOne);
      await expectOnePlace(lab, guests);
    },
  );
});

function isDone({ state }: EvacuationItem): boolean {
  return state.kind === 'done';
}
