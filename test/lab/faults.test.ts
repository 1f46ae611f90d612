import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import type { Migration } from '../../src/migration/model.js';
import type { ConnectPrompts } from '../../src/ssh/types.js';
import { until } from '../editor/waiting.js';
import { type Guest, Lab, type LabHost } from './lab.js';
import type { RunningMigrate } from './migrate.js';
import { setOwnLink } from './network.js';
import { processesBelow } from './processes.js';
import { type Relay, startRelay } from './relay.js';
import { must } from './run.js';
import { WatchedLab } from './watched.js';

/** Of the user's key. */
const passphrase = 'only once';
/** What is promised after the end of a fault. */
const backMs = 10_000;
/** virsh listens for so long without noticing that its channel is gone, and TCP repeats a goodbye that was lost. */
const goneMs = 40_000;

describe('a host that is lost while a migration is stuck there', () => {
  let folder: string;
  let lab: Lab;
  let hv1: LabHost;
  let lockedKey: string;
  let watched: WatchedLab | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'libvirt-faults-'));
    lab = await Lab.up();
    hv1 = lab.host('hv1');
    lockedKey = join(folder, 'locked_key');
    copyFileSync(lab.clientKey, lockedKey);
    await must(['ssh-keygen', '-q', '-p', '-f', lockedKey, '-P', '', '-N', passphrase]);
  });
  afterEach(async () => {
    watched?.dispose();
    watched = undefined;
    await lab.clear();
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The user's configuration: a key that is locked, and hv1 by another address where one is given. */
  function configFile(hv1Lines?: string): string {
    const text = readFileSync(lab.sshConfig, 'utf8').replaceAll(lab.clientKey, lockedKey);
    const file = join(folder, 'config');
    writeFileSync(file, hv1Lines === undefined ? text : text.replace(`HostName ${hv1.address}`, hv1Lines));
    return file;
  }

  /**
   * What runs for us on the host, as `pid words`: our virsh, not the one that migrates, and sshd's processes of our connections,
   * all but the one that listens.
   */
  async function onHost(): Promise<string[]> {
    const { stdout } = await hv1.exec(['ps', '-C', 'virsh,sshd,sshd-session', '-o', 'pid=,args=']);
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.includes(' migrate ') && !line.includes('/usr/sbin/sshd -f'));
  }

  async function stuck(ssh: ConstructorParameters<typeof WatchedLab>[2]): Promise<{
    guest: Guest;
    migration: Migration;
    host: VirshHypervisor;
    done: RunningMigrate['done'];
    back: () => Promise<void>;
    nothingLeft: (before?: readonly string[]) => Promise<void>;
  }> {
    const client = clientSide();
    const watching = (watched = new WatchedLab(lab, 1000, ssh));
    const asked: string[] = [];
    await watching.connect(answering(asked));
    const host = watching.fleet.get('hv1');
    expect(host?.status.kind).toBe('connected');
    if (host === undefined) throw new Error('there is no hv1');
    // The key was opened once, by the user who connected; whatever comes, nobody is asked again.
    expect(asked).toEqual([lockedKey]);
    const guest = await lab.startGuest('hv1', { name: 'stuck', workingSetMiB: 104, memoryMiB: 384 });
    await guest.untilHot('hv1');
    const start = watching.next();
    const { done } = lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 10 });
    const migration = await start;
    await until('some samples', () => migration.samples.length >= 3);
    const before = await onHost();
    const own = client();
    expect(before.filter((line) => line.includes('virsh')).length).toBeGreaterThanOrEqual(2);
    const back = async (): Promise<void> => {
      const seen = migration.samples.length;
      await until('hv1 to be back', () => host.status.kind === 'connected', backMs);
      await until('a new sample', () => migration.samples.length > seen, backMs);
      // The same one, with a gap wherever nobody watched for three readings or more, and nobody on the host has noticed.
      expect(watching.registry.all).toEqual([migration]);
      const gaps = migration.marks.filter(({ kind }) => kind === 'gap').map(({ elapsedMs }) => elapsedMs);
      expect(gaps).toEqual(unwatchedSince(migration.samples));
      expect(migration.state).toMatchObject({ outcome: undefined, interrupted: undefined });
      expect(await hv1.virsh(['domjobinfo', guest.uuid])).toContain('Unbounded');
      const beat = (await guest.lastBeat('hv1')) ?? 0;
      await guest.untilBeatAfter('hv1', beat);
      expect(asked).toEqual([lockedKey]);
      await nothingLeft(before);
    };
    // Of what was there before the fault nothing may live on; without it, of the whole session.
    const nothingLeft = async (old?: readonly string[]): Promise<void> => {
      if (old === undefined) watching.dispose();
      const left = async (): Promise<string[]> => {
        const now = await onHost();
        return old === undefined ? now : now.filter((line) => old.includes(line));
      };
      await until('nothing to be left on hv1', async () => (await left()).length === 0, goneMs);
      const spare = old === undefined ? 0 : own.length;
      await until('nothing to be left on this side', () => client().length <= spare, goneMs);
    };
    return { guest, migration, host, done, back, nothingLeft };
  }

  it.each(['ssh2', 'openssh'] as const)(
    'is back within 10 s of its sshd, by %s, the migration is followed on, and nothing is left when it is disconnected',
    async (transport) => {
      const { host, back, migration, nothingLeft } = await stuck({ transport, configFile: configFile() });
      await hv1.exec(['pkill', '-KILL', '-x', 'sshd']);
      await until('the loss', () => host.status.kind === 'reconnecting', backMs);
      expect(migration.state.interrupted).toContain('was lost');
      const samples = migration.samples.length;
      await until(
        'some tries',
        () => host.status.kind === 'reconnecting' && host.status.message.includes('refused'),
        backMs,
      );
      await until('a gap', () => Date.now() - (migration.samples.at(-1)?.atMs ?? 0) > 4000);
      expect(migration.samples).toHaveLength(samples);
      await hv1.exec(['/usr/sbin/sshd', '-f', join(hv1.folder, 'sshd_config'), '-E', join(hv1.folder, 'sshd.log')]);
      await back();
      await nothingLeft();
    },
  );

  it.each(['ssh2', 'openssh'] as const)(
    'is back within 10 s of a link that was down for 20 s, by %s',
    async (transport) => {
      const { host, back } = await stuck({ transport, configFile: configFile() });
      const downAtMs = Date.now();
      await setOwnLink('down');
      try {
        // Long before keepalive would tell: a sample that stays unanswered makes one ask.
        await until('the loss', () => host.status.kind === 'reconnecting', 15_000);
        await until('20 s to have passed', () => Date.now() - downAtMs >= 20_000, 30_000);
      } finally {
        await setOwnLink('up');
      }
      await back();
    },
  );

  it.each(['ssh2', 'openssh'] as const)(
    'is back within 10 s of an sshd that accepted and never spoke, by %s',
    async (transport) => {
      const { host, back } = await stuck({ transport, configFile: configFile() });
      await hv1.exec(['pkill', '-STOP', '-x', 'sshd']);
      try {
        await until('the loss', () => host.status.kind === 'reconnecting', 15_000);
        // A try is under way that nobody answers, and one more after it: none of them is an answer.
        const silentAtMs = Date.now();
        await until('15 s to have passed', () => Date.now() - silentAtMs >= 15_000, 20_000);
        expect(host.status.kind).toBe('reconnecting');
      } finally {
        await hv1.exec(['pkill', '-CONT', '-x', 'sshd']);
      }
      await back();
    },
  );

  it.each(['ssh2', 'openssh'] as const)(
    'is back within 10 s of a server that sent garbage in its place, by %s',
    async (transport) => {
      await throughRelay(async (relay, lines) => {
        const { host, migration, back } = await stuck({ transport, configFile: configFile(lines) });
        const messages = new Set<string>();
        host.onDidChange(() => {
          if (host.status.kind === 'reconnecting') messages.add(host.status.message);
        });
        relay.garble(true);
        // The loss, and what the tries after it met.
        await until('some tries', () => messages.size >= 2, 20_000);
        expect(host.status.kind).toBe('reconnecting');
        await until('a gap', () => Date.now() - (migration.samples.at(-1)?.atMs ?? 0) > 4000);
        relay.garble(false);
        await back();
        for (const message of messages) expect(message).not.toMatch(/[^\x20-\x7e]/);
      });
    },
  );

  it('tells within 10 s how a migration ended that completed while the link was down', async () => {
    const { guest, host, migration, done, nothingLeft } = await stuck({ transport: 'ssh2', configFile: configFile() });
    const before = await onHost();
    const downAtMs = Date.now();
    await setOwnLink('down');
    try {
      await until('the loss', () => host.status.kind === 'reconnecting', 15_000);
      await hv1.virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
      expect(await done).toMatchObject({ code: 0 });
      await until('20 s to have passed', () => Date.now() - downAtMs >= 20_000, 30_000);
      expect(migration.state.outcome).toBeUndefined();
    } finally {
      await setOwnLink('up');
    }
    await until('the end', () => migration.state.outcome !== undefined, backMs);
    expect(migration.state).toMatchObject({
      destination: 'hv2',
      outcome: { kind: 'completed', result: { downtimeMs: expect.any(Number) as number } },
    });
    const arrived = watched?.fleet.get('hv2')?.domains.get(guest.uuid);
    expect(arrived?.state).toBe('running');
    await nothingLeft(before);
  });

  it.each(['ssh2', 'openssh'] as const)(
    'is back within 10 s of the last of many losses, every 5 s, by %s',
    async (transport) => {
      await throughRelay(async (relay, lines) => {
        const { host, back } = await stuck({ transport, configFile: configFile(lines) });
        let losses = 0;
        host.onDidChange(() => {
          if (host.status.kind === 'reconnecting') losses += 1;
        });
        for (let cut = 0; cut < 4; cut += 1) {
          await new Promise((resolve) => setTimeout(resolve, 5_000));
          const [isConnected, before] = [host.status.kind === 'connected', losses];
          relay.cut();
          // It is heard of a moment later, and a sample that was on its way by then is none of after it.
          if (isConnected) await until('the loss', () => losses > before, backMs);
        }
        await back();
        expect(losses).toBeGreaterThanOrEqual(3);
      });
    },
  );

  /** `lines`: how a configuration leads to hv1 through the relay. */
  async function throughRelay(use: (relay: Relay, lines: string) => Promise<void>): Promise<void> {
    const relay = await startRelay(hv1.address, hv1.port, 0);
    try {
      await use(relay, `HostName 127.0.0.1\n  Port ${relay.port}\n  HostKeyAlias ${hv1.address}`);
    } finally {
      await relay.close();
    }
  }
});

/** Where a reading is followed by none for more than three intervals of a second: its time since the start, in ms. */
function unwatchedSince(samples: Migration['samples']): number[] {
  return samples
    .filter(({ elapsedMs }, at) => (samples[at + 1]?.elapsedMs ?? elapsedMs) - elapsedMs > 3000)
    .map(({ elapsedMs }) => elapsedMs);
}

/** Answers for a user, and notes what they were asked. */
function answering(asked: string[]): ConnectPrompts {
  return {
    confirmHostKey: ({ host }) => {
      asked.push(`key of ${host}`);
      return Promise.resolve(false);
    },
    passphrase: (file) => {
      asked.push(file);
      return Promise.resolve({ secret: passphrase, keep: false });
    },
    password: ({ host }) => {
      asked.push(`password of ${host}`);
      return Promise.resolve(undefined);
    },
    challenge: ({ host }) => {
      asked.push(`challenge of ${host}`);
      return Promise.resolve(undefined);
    },
  };
}

/** What tells of the ssh processes of this one that were not there when it was made. */
function clientSide(): () => string[] {
  const look = (): string[] => processesBelow(process.pid).filter((line) => `${line} `.includes(' ssh '));
  const before = look();
  return () => look().filter((line) => !before.includes(line));
}

describe('a host whose sshd allows few sessions a connection', () => {
  let folder: string;
  let lab: Lab;
  let watched: WatchedLab | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'libvirt-sessions-'));
    lab = await Lab.up();
  });
  afterEach(async () => {
    watched?.dispose();
    watched = undefined;
    await lab.clear();
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [
      1,
      'ssh2',
      /^Its sshd allows 1 session a connection \(MaxSessions\): one virsh takes turns, and domains are polled/,
    ],
    [1, 'openssh', /^Its sshd allows 1 session a connection/],
    [2, 'ssh2', /^Its sshd allows 2 sessions a connection/],
    [2, 'openssh', /^Its sshd allows 2 sessions a connection/],
  ] as const)(
    'MaxSessions %i, by %s: it is watched all the same, says so, and an abort gets through while its virsh hangs',
    async (max, transport, notice) => {
      const hv1 = lab.host('hv1');
      const sshd = await hv1.startSshd(2200 + max, [`MaxSessions ${max}`]);
      try {
        const config = join(folder, `config-${max}`);
        const narrow = `HostName ${hv1.address}\n  Port ${sshd.port}\n  HostKeyAlias ${hv1.address}`;
        writeFileSync(config, readFileSync(lab.sshConfig, 'utf8').replace(`HostName ${hv1.address}`, narrow));
        const guest = await lab.startGuest('hv1', { name: 'narrow', workingSetMiB: 104, memoryMiB: 384 });
        await guest.untilHot('hv1');
        const watching = (watched = new WatchedLab(lab, 1000, { transport, configFile: config }));
        await watching.connect();
        const host = watching.fleet.get('hv1');
        expect(host?.status.kind).toBe('connected');
        await until('the notice', () => host?.notice !== undefined && notice.test(host.notice));
        expect([...(host?.domains.values() ?? [])]).toMatchObject([{ name: 'narrow', state: 'running' }]);

        const start = watching.next();
        const { done } = lab.migrate(guest.uuid, 'hv1', 'hv2', { bandwidthMiBps: 10 });
        const migration = await start;
        await until('some samples', () => migration.samples.length >= 4);
        expect(migration.marks.some(({ kind }) => kind === 'gap')).toBe(false);

        const { stdout } = await hv1.exec(['ps', '-C', 'virsh', '-o', 'pid=,args=']);
        const own = stdout.split('\n').filter((line) => line !== '' && !line.includes(' migrate '));
        expect(own.length).toBeLessThanOrEqual(max);
        const pids = own.map((line) => line.trim().split(' ')[0] ?? '');
        await hv1.exec(['kill', '-STOP', ...pids]);
        const seen = migration.samples.length;
        await until('a sample to be overdue', () => Date.now() - (migration.samples.at(-1)?.atMs ?? 0) > 2500);
        expect(migration.samples.length).toBeLessThanOrEqual(seen + 1);
        await watching.steering.perform('hv1', guest.uuid, { kind: 'abort' });
        expect((await done).code).not.toBe(0);
        await hv1.exec(['kill', '-CONT', ...pids]);
        expect(await hv1.stateOf(guest.uuid)).toMatch(/^running/);
      } finally {
        await sshd.stop();
      }
    },
  );
});
