import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VirshHypervisor } from '../../../src/hypervisor/hypervisor.js';
import { type ConnectPrompts, type Connector, type HostConnection, SshError } from '../../../src/ssh/types.js';
import { uuid } from '../scriptedHypervisor.js';
import { type Answer, ScriptedConnection } from '../scriptedVirsh.js';

const lost = new SshError('lost', 'The connection to root@hv1:22 was lost: the other side closed it.');
const unreachable = new SshError('unreachable', 'There is no route to hv1.', 'Check your network.');
const prompts = {} as ConnectPrompts;

let title: string;

/** A virsh of a host with one running guest, which can do nothing beyond that. */
function answer(line: string): Answer {
  if (line.startsWith('list')) return { stdout: `${uuid}\n\n` };
  if (line.startsWith('domstate')) return { stdout: 'running (booted)\n\n' };
  if (line.startsWith('dumpxml'))
    return { stdout: `<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid><title>${title}</title></domain>\n` };
  return { stdout: '\n' };
}

/** Connects, or fails as it is told; remembers who could be asked. */
class ScriptedConnector implements Connector {
  failure: SshError | undefined;
  /** Nothing answers any more: neither the host, nor, where there is a connection, its virsh. */
  silence: 'host' | 'virsh' | undefined;
  readonly asked: boolean[] = [];
  readonly connections: ScriptedConnection[] = [];

  connect(_: string, asking: ConnectPrompts | undefined, signal: AbortSignal): Promise<HostConnection> {
    this.asked.push(asking !== undefined);
    if (this.silence === 'host') {
      return new Promise((__, reject) =>
        signal.addEventListener('abort', () => reject(new SshError('cancelled', 'x'))),
      );
    }
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const script = { answer: this.silence === 'virsh' ? (): Answer => 'hang' : answer };
    const connection = new ScriptedConnection(() => script);
    this.connections.push(connection);
    return Promise.resolve(connection);
  }

  get last(): ScriptedConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('nobody has connected yet');
    return connection;
  }
}

describe('a host that is connected', () => {
  let connector: ScriptedConnector;
  let host: VirshHypervisor;
  let migrating: boolean;
  const errors: string[] = [];

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    connector = new ScriptedConnector();
    migrating = false;
    title = 'The shop';
    errors.length = 0;
    host = new VirshHypervisor(
      {
        name: 'hv1',
        destination: 'root@hv1',
        uri: 'qemu:///system',
        virsh: 'virsh',
        readOnly: false,
        group: undefined,
      },
      {
        connector,
        log: { virsh: () => undefined, info: () => undefined, error: (_, text) => errors.push(text) },
        isMigrating: () => migrating,
      },
    );
    await host.connect(prompts);
    expect(host.status.kind).toBe('connected');
  });
  afterEach(() => {
    host.dispose();
    vi.useRealTimers();
  });

  const become = async (kind: string): Promise<void> => {
    while (host.status.kind !== kind) {
      await new Promise<void>((resolve) => {
        const told = host.onDidChange(() => {
          told.dispose();
          resolve();
        });
      });
    }
  };
  const tryAt = async (ms: number): Promise<void> => {
    const tries = connector.asked.length;
    await vi.advanceTimersByTimeAsync(ms);
    expect(connector.asked.length).toBeGreaterThan(tries);
  };

  it('is reconnecting from the moment it is lost, with its domains as they were, and comes back by itself', async () => {
    const seenAtMs = Date.now();
    await vi.advanceTimersByTimeAsync(4_000);
    connector.last.lose(lost);
    expect(host.status).toMatchObject({ kind: 'reconnecting', message: lost.message, lastSeenAtMs: seenAtMs });
    expect([...host.domains.keys()]).toEqual([uuid]);
    await tryAt(500);
    await become('connected');
    expect(connector.asked).toEqual([true, false]);
    expect([...host.domains.values()]).toMatchObject([{ name: 'web-1', state: 'running' }]);
  });

  it('comes back with its domains as they are by then, whatever was redefined meanwhile', async () => {
    connector.last.lose(lost);
    title = 'The new shop';
    await tryAt(500);
    await become('connected');
    await vi.waitFor(() => expect([...host.domains.values()]).toMatchObject([{ name: 'web-1', title }]));
  });

  it('says nothing but that it is reconnecting while it is tried, each time later', async () => {
    const seen: string[] = [];
    host.onDidChange(() => seen.push(host.status.kind));
    connector.failure = unreachable;
    connector.last.lose(lost);
    const waits: number[] = [];
    for (let tries = 0; tries < 9; tries += 1) {
      if (host.status.kind !== 'reconnecting') throw new Error(`it is ${host.status.kind}`);
      waits.push(host.status.nextTryAtMs - Date.now());
      await tryAt(waits.at(-1) ?? 0);
    }
    expect(new Set(seen)).toEqual(new Set(['reconnecting']));
    expect(host.status).toMatchObject({ message: unreachable.message, advice: unreachable.advice });
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...waits)).toBeGreaterThan(30_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  });

  it('is tried at least every 5 s while a migration runs there', async () => {
    migrating = true;
    connector.failure = unreachable;
    connector.last.lose(lost);
    for (let tries = 0; tries < 12; tries += 1) await tryAt(5_000);
  });

  it.each([
    ['a changed key', 'hostKeyChanged'],
    ['an unknown key', 'hostKeyUnknown'],
    ['a login that is refused', 'authentication'],
  ] as const)('is not tried again after %s: only the user can help', async (_, kind) => {
    connector.last.lose(lost);
    connector.failure = new SshError(kind, 'No.', 'Do this.');
    await tryAt(500);
    await become('failed');
    expect(host.status).toMatchObject({ kind: 'failed', message: 'No.', advice: 'Do this.' });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(connector.asked).toHaveLength(2);
  });

  it('never asks in the background', async () => {
    connector.failure = unreachable;
    connector.last.lose(lost);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(connector.asked.slice(1)).not.toContain(true);
  });

  it('is tried at once, and may ask, when the user connects it', async () => {
    connector.failure = unreachable;
    connector.last.lose(lost);
    await vi.advanceTimersByTimeAsync(120_000);
    connector.failure = undefined;
    await host.connect(prompts);
    expect(host.status.kind).toBe('connected');
    expect(connector.asked.at(-1)).toBe(true);
  });

  it('is tried at once when the laptop wakes, and soon again then', async () => {
    connector.failure = unreachable;
    connector.last.lose(lost);
    await vi.advanceTimersByTimeAsync(300_000);
    const tries = connector.asked.length;
    host.wake('slept');
    expect(host.status).toMatchObject({ kind: 'reconnecting', nextTryAtMs: Date.now() });
    expect(connector.asked).toHaveLength(tries + 1);
    await tryAt(500);
    connector.failure = undefined;
    host.wake('focus');
    await become('connected');
  });

  it.each(['slept', 'network'] as const)('is tried anew where a try from before hangs: %s', async (sign) => {
    connector.silence = 'host';
    connector.last.lose(lost);
    await tryAt(500);
    host.wake('focus');
    expect(connector.asked).toHaveLength(2);
    connector.silence = undefined;
    host.wake(sign);
    await become('connected');
    expect(connector.asked).toEqual([true, false, false]);
  });

  it('leaves nothing of a try that the user’s own replaces', async () => {
    connector.silence = 'virsh';
    connector.last.lose(lost);
    await tryAt(500);
    const replaced = connector.last;
    await vi.waitUntil(() => replaced.open.length > 0);
    connector.silence = undefined;
    await host.connect(prompts);
    expect(host.status.kind).toBe('connected');
    expect(replaced.open).toEqual([]);
    expect(connector.last).not.toBe(replaced);
    expect(connector.last.open).not.toEqual([]);
  });

  it('is asked whether it is there when the laptop wakes', () => {
    host.wake('slept');
    expect(connector.last.probes).toEqual([5_000]);
  });

  it('is let go when the user disconnects it', async () => {
    connector.failure = unreachable;
    connector.last.lose(lost);
    host.disconnect();
    expect(host.status.kind).toBe('disconnected');
    await vi.advanceTimersByTimeAsync(3_600_000);
    host.wake('slept');
    expect(connector.asked).toHaveLength(1);
  });

  it('that is lost again and again is tried less and less often, until it lasts', async () => {
    const waits: number[] = [];
    for (let losses = 0; losses < 5; losses += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      connector.last.lose(lost);
      if (host.status.kind !== 'reconnecting') throw new Error(`it is ${host.status.kind}`);
      waits.push(host.status.nextTryAtMs - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
      await become('connected');
    }
    expect(waits[4]).toBeGreaterThan(2_000);
    await vi.advanceTimersByTimeAsync(30_000);
    connector.last.lose(lost);
    expect(host.status.kind === 'reconnecting' && host.status.nextTryAtMs - Date.now()).toBeLessThanOrEqual(500);
  });

  it('that never was there says why, and is tried again on another network', async () => {
    host.disconnect();
    connector.failure = unreachable;
    await host.connect();
    expect(host.status).toMatchObject({ kind: 'failed', message: unreachable.message, remedy: 'retry' });
    host.wake('focus');
    expect(connector.asked).toHaveLength(2);
    connector.failure = undefined;
    host.wake('network');
    await become('connected');
  });
});
