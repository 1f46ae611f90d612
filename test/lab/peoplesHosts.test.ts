import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { netIntervalWithoutEventsMs } from '../../src/hypervisor/session.js';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import type { HostConfig } from '../../src/hypervisor/model.js';
import { availability } from '../../src/migration/availability.js';
import type { Action, Migration } from '../../src/migration/model.js';
import { remainingBytes } from '../../src/migration/readings.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { abortJob } from '../../src/virsh/commands.js';
import { until } from '../editor/waiting.js';
import { MemorySecrets } from '../memorySecrets.js';
import type { ExtraSshd } from './host.js';
import { type Guest, Lab, type LabHost } from './lab.js';
import { letPeopleIn, peopleConfig } from './people.js';
import { WatchedLab } from './watched.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

const actions: readonly Action[] = [
  { kind: 'setSpeed', speedMiBps: 20 },
  { kind: 'setMaxDowntime', downtimeMs: 20_000 },
  { kind: 'pause' },
  { kind: 'resume' },
  { kind: 'switchToPostcopy' },
  { kind: 'abort' },
];

/** `hv1`, as `user` reaches it. */
function configOf(user: string, entry: Partial<HostConfig>): HostConfig {
  return {
    name: 'hv1',
    destination: `${user}@people`,
    uri: 'qemu:///system',
    virsh: 'virsh',
    readOnly: false,
    group: undefined,
    ...entry,
  };
}

describe('a host as people have it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-people-'));
  let lab: Lab;
  let hv1: LabHost;
  let sshd: ExtraSshd;
  let guest: Guest;
  let host: VirshHypervisor | undefined;
  let watched: WatchedLab | undefined;

  beforeAll(async () => {
    lab = await Lab.up();
    hv1 = lab.host('hv1');
    sshd = await letPeopleIn(hv1);
    guest = await lab.startGuest('hv1', { name: 'theirs' });
    writeFileSync(join(folder, 'config'), peopleConfig(lab, hv1, sshd));
  });
  afterEach(() => {
    host?.dispose();
    host = undefined;
    watched?.dispose();
    watched = undefined;
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  async function connect(user: string, entry: Partial<HostConfig> = {}): Promise<VirshHypervisor> {
    const created = (host = new VirshHypervisor(configOf(user, entry), {
      connector: new SshConnector({
        credentials: new CredentialStore(new MemorySecrets()),
        configFile: join(folder, 'config'),
      }),
      log: silent,
      isMigrating: () => false,
    }));
    await created.connect();
    return created;
  }

  it.each([
    ['with sudo', 'operator', 'sudo -n virsh'],
    ['with sudo for virsh alone', 'narrow', 'env LC_ALL=C sudo -n virsh'],
    ['in the group libvirt', 'member', 'virsh'],
    ['in a container', 'member', 'docker exec -i nova_libvirt virsh'],
    ['in a container, with sudo', 'operator', 'sudo -n docker exec -i nova_libvirt virsh'],
    ['from fish', 'fisher', 'virsh'],
    ['from csh', 'csher', 'virsh'],
    ['behind a banner on both streams', 'noisy', 'virsh'],
    ['that is all its key may run', 'warden', 'virsh'],
    ['of old', 'member', 'old-virsh'],
  ])('is watched by a virsh %s', async (_, user, virsh) => {
    const { status, domains } = await connect(user, { virsh });
    expect(status).toEqual({ kind: 'connected' });
    expect([...domains.values()]).toMatchObject([{ name: 'theirs', state: 'running' }]);
  });

  it('of old is known to be', async () => {
    expect((await connect('member', { virsh: 'old-virsh' })).capabilities).toMatchObject({
      rawStats: false,
      completedStats: false,
      maxDowntimeReadable: false,
      postcopy: false,
      eventStream: false,
      iterationEvents: false,
    });
  });

  it.each([
    ['whose sudo wants a password', 'outsider', 'sudo -n virsh', 'sudo: a password is required', 'editHosts'],
    ['whose sudo is for virsh alone', 'narrow', 'sudo -n virsh', 'sudo: a password is required', 'editHosts'],
    ['whose libvirt is not for them', 'outsider', 'virsh', /libvirt-sock.*Permission denied/, 'editHosts'],
    ['whose container is not there', 'member', 'docker exec -i nova virsh', 'No such container: nova', 'editHosts'],
    ['whose container does not run', 'member', 'docker exec -i stopped virsh', 'is not running', 'editHosts'],
    ['whose containers are not for them', 'member', 'docker exec -i forbidden virsh', 'permission denied', 'retry'],
    ['whose container has no virsh', 'member', 'docker exec -i bare virsh', 'executable file not found', 'editHosts'],
    ['that wants a terminal', 'member', 'docker exec -it nova_libvirt virsh', 'not a TTY', 'editHosts'],
    ['without a virsh', 'member', '/opt/none/virsh', /env: .*\/opt\/none\/virsh/, 'editHosts'],
    ['without a virsh, from fish', 'fisher', '/opt/none/virsh', /env: .*\/opt\/none\/virsh/, 'editHosts'],
    ['without a sudo, from csh', 'csher', 'no-sudo virsh', 'Command not found', 'editHosts'],
    ['without a sudo, from fish', 'fisher', 'no-sudo virsh', 'Unknown command', 'editHosts'],
    ['with a forced command', 'forced', 'virsh', 'instead of virsh came "This host is being serviced."', 'editHosts'],
    ['with a key for something else', 'saver', 'virsh', 'instead of virsh came "backup of today: done"', 'editHosts'],
    ['that lets nobody in', 'gone', 'virsh', 'This account is currently not available', 'retry'],
    ['with a virsh that is none', 'member', 'cat', "Try 'cat --help'", 'editHosts'],
  ])('%s says so in one sentence, and what to do', async (_, user, virsh, words, remedy) => {
    const { status } = await connect(user, { virsh });
    if (status.kind !== 'failed') throw new Error(`it is ${status.kind}`);
    expect(status.message).toMatch(/^hv1: [^\n]+$/);
    if (typeof words === 'string') expect(status.message).toContain(words);
    else expect(status.message).toMatch(words);
    expect(status.advice).toMatch(/^[^\n]+$/);
    expect(status.remedy).toBe(remedy);
  });

  it('that is only watched refuses every action, by virsh itself', async () => {
    const { status, domains } = await connect('member', { readOnly: true });
    expect(status).toEqual({ kind: 'connected' });
    expect([...domains.keys()]).toEqual([guest.uuid]);
    await expect(host?.run(abortJob(guest.uuid))).rejects.toMatchObject({
      message: expect.stringMatching(/read.?only/i) as unknown,
    });
  });

  /** A migration of its guest that will not end, seen by all that watches migrations. */
  async function watchMigration(
    user: string,
    entry: Partial<HostConfig>,
  ): Promise<{ readonly watching: WatchedLab; readonly migration: Migration }> {
    const watching = (watched = new WatchedLab(lab, 500, { configFile: join(folder, 'config') }));
    watching.fleet.configure([configOf(user, entry)]);
    await watching.connect();
    await guest.untilHot('hv1');
    const start = watching.next();
    void lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps: 10 });
    const migration = await start;
    await until('its memory', () => migration.samples.some((sample) => (remainingBytes(sample) ?? 0) > 0), 60_000);
    return { watching, migration };
  }

  it('that is only watched shows a migration, offers nothing, and refuses each action in a sentence', async () => {
    // Who may only watch need not be in the group libvirt.
    const { watching, migration } = await watchMigration('outsider', { readOnly: true });
    const { fleet, steering } = watching;
    expect(migration.state.interrupted).toBeUndefined();
    for (const action of actions) {
      expect(availability(action.kind, migration, fleet)).toEqual({
        enabled: false,
        why: 'hv1 is read-only: its entry in the setting libvirt.hosts says so.',
      });
      await expect(steering.perform('hv1', guest.uuid, action)).rejects.toMatchObject({
        message: 'hv1 is read-only here.',
        advice: 'Its entry in the setting libvirt.hosts says so.',
      });
    }
    // Nothing was sent: what was refused leaves no mark, and the migration runs on.
    expect(migration.marks.filter(({ kind }) => kind === 'action')).toEqual([]);
    expect(migration.state.outcome).toBeUndefined();
    const end = watching.nextEnd();
    await hv1.virsh(['domjobabort', guest.uuid]);
    expect((await end).state.outcome?.kind).toMatch(/^(aborted|endedWithoutCompleting)$/);
  });

  it('of old shows a migration with what it tells, and lets it be steered', async () => {
    const { watching, migration } = await watchMigration('member', { virsh: 'old-virsh' });
    expect(migration.samples.at(-1)).toMatchObject({ maxDowntimeMs: undefined, job: { memoryIteration: undefined } });
    // No event tells of it: seen at the net's next turn. A busy machine is late, but never by a turn.
    expect(watching.fleet.get('hv1')?.capabilities?.eventStream).toBe(false);
    expect(migration.samples[0]?.elapsedMs).toBeLessThan(1.5 * netIntervalWithoutEventsMs);
    await expect(
      watching.steering.perform('hv1', guest.uuid, { kind: 'setMaxDowntime', downtimeMs: 400 }),
    ).resolves.toBe("theirs: max downtime 400 ms was accepted; this libvirt can't read it back");
    expect((await hv1.virsh(['migrate-getmaxdowntime', guest.uuid])).trim()).toBe('400');
    const end = watching.nextEnd();
    await watching.steering.perform('hv1', guest.uuid, { kind: 'abort' });
    expect((await end).state.outcome).toEqual({ kind: 'aborted' });
  });

  it('whose libvirtd crashes during a migration says so, and how that went when it runs again', async () => {
    const { watching, migration } = await watchMigration('member', {});
    const end = watching.nextEnd();
    await hv1.exec(['kill', '-KILL', readFileSync(join(hv1.folder, 'run', 'libvirtd.pid'), 'utf8').trim()]);
    await until('the loss', () => migration.state.interrupted !== undefined, 10_000);
    expect(migration.state.outcome).toBeUndefined();
    await hv1.exec(['libvirtd', '-d', '--listen']);
    // libvirt gives up a migration that it finds when it starts; the guest runs on.
    expect((await end).state.outcome).toEqual({ kind: 'endedWithoutCompleting' });
    expect(watching.fleet.get('hv1')?.status).toEqual({ kind: 'connected' });
    expect(await hv1.stateOf(guest.uuid)).toBe('running (booted)');
  });

  it('whose libvirtd ends says so, and is back by itself when it runs again', async () => {
    const there = await connect('member');
    const pid = readFileSync(join(hv1.folder, 'run', 'libvirtd.pid'), 'utf8').trim();
    await hv1.exec(['kill', pid]);
    await until('the loss', () => there.status.kind === 'reconnecting', 30_000);
    await until(
      "libvirt's own words",
      () => there.status.kind === 'reconnecting' && there.status.message.includes('libvirt-sock'),
      30_000,
    );
    // What was known is not forgotten, and a second host of the same kind says the same at once.
    expect([...there.domains.values()]).toMatchObject([{ name: 'theirs' }]);
    const first = await (async () => {
      const other = await connect('member');
      const { status } = other;
      other.dispose();
      return status;
    })();
    expect(first).toMatchObject({
      kind: 'failed',
      remedy: 'retry',
      advice: expect.stringContaining('libvirtd is not running') as unknown,
    });
    await hv1.exec(['libvirtd', '-d', '--listen']);
    await until('the host', () => there.status.kind === 'connected', 70_000);
    there.dispose();
  });
});
