import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VirshHypervisor } from '../../../src/hypervisor/hypervisor.js';
import { abortJob, domainState } from '../../../src/virsh/commands.js';
import { uuid } from '../scriptedHypervisor.js';
import { type Answer, ScriptedConnection } from '../scriptedVirsh.js';

describe('a host whose sshd allows few sessions a connection', () => {
  let host: VirshHypervisor;
  let domains: readonly string[];
  let hangs: boolean;
  let looks: number;
  let connections: ScriptedConnection[];
  const logged: string[] = [];

  /** A virsh with an event stream that has nothing to tell. */
  const answer = (line: string): Answer => {
    if (line.startsWith('event ')) return 'hang';
    if (line === 'help event') return { stdout: '[--all] [--loop] [--timestamp]\n\n' };
    if (line === 'help migrate') return { stdout: '[--postcopy]\n\n' };
    if (line.startsWith('list')) return { stdout: `${domains.join('\n')}\n\n` };
    if (line.startsWith('domstate')) return hangs ? 'hang' : { stdout: 'running (booted)\n\n' };
    if (line.startsWith('dumpxml')) {
      return { stdout: `<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid></domain>\n` };
    }
    return { stdout: '\n' };
  };

  async function connect(maxSessions: number): Promise<ScriptedConnection> {
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
        connector: {
          connect: () => {
            connections.push(new ScriptedConnection(() => ({ answer }), maxSessions));
            return Promise.resolve(last());
          },
        },
        log: {
          virsh: () => undefined,
          info: (_, text) => logged.push(text),
          error: (_, text) => logged.push(text),
        },
        isMigrating: () => false,
      },
    );
    host.onNet(() => (looks += 1));
    await host.connect();
    expect(host.status.kind).toBe('connected');
    await settled();
    return last();
  }

  const last = (): ScriptedConnection => {
    const connection = connections.at(-1);
    if (connection === undefined) throw new Error('nobody has connected yet');
    return connection;
  };
  /** What needs no time has happened. */
  const settled = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  };
  const looksWithin = async (ms: number): Promise<number> => {
    const before = looks;
    await vi.advanceTimersByTimeAsync(ms);
    return looks - before;
  };
  const listens = (connection: ScriptedConnection): boolean =>
    connection.open.some(({ received }) => received.some((line) => line.startsWith('event ')));

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    domains = [uuid];
    hangs = false;
    looks = 0;
    connections = [];
    logged.length = 0;
  });
  afterEach(() => {
    host.dispose();
    vi.useRealTimers();
  });

  it.each([
    [1, 'Its sshd allows 1 session a connection (MaxSessions): one virsh takes turns, and domains are polled'],
    [2, 'Its sshd allows 2 sessions a connection (MaxSessions): 2 virsh take turns, and domains are polled'],
  ])('is shown with its domains and looked at every 2 s where it allows %i, and says so once', async (max, notice) => {
    const connection = await connect(max);
    expect([...host.domains.values()]).toMatchObject([{ name: 'web-1', state: 'running' }]);
    expect(host.notice).toContain(notice);
    await host.run(abortJob(uuid));
    expect(await looksWithin(20_000)).toBe(10);
    expect(connection.open.length).toBeLessThanOrEqual(max);
    expect(listens(connection)).toBe(false);
    expect(logged.filter((text) => text.includes('MaxSessions'))).toEqual([host.notice]);
  });

  it('that allows 3 is listened to, and the rest take turns', async () => {
    const connection = await connect(3);
    await host.run(abortJob(uuid));
    await settled();
    expect(host.notice).toBe('Its sshd allows 3 sessions a connection (MaxSessions): 2 virsh take turns.');
    expect(listens(connection)).toBe(true);
    expect(await looksWithin(20_000)).toBe(2);
  });

  it('that allows enough says nothing of it', async () => {
    const connection = await connect(4);
    await host.run(abortJob(uuid));
    expect(host.notice).toBeUndefined();
    expect(listens(connection)).toBe(true);
  });

  it('is listened to no more when actions turn out to have no session left', async () => {
    domains = [];
    const connection = await connect(2);
    expect(listens(connection)).toBe(true);
    await host.run(domainState(uuid));
    await settled();
    expect(listens(connection)).toBe(false);
    expect(await looksWithin(20_000)).toBe(10);
    expect(logged.join()).not.toContain('event stream ended');
  });

  it('is reached anew when what hung there keeps the only session', async () => {
    const connection = await connect(1);
    hangs = true;
    connection.outliving = 1;
    const hung = expect(host.run(domainState(uuid))).rejects.toThrow('was not answered');
    await vi.advanceTimersByTimeAsync(10_000);
    await hung;
    hangs = false;
    await expect(host.run(domainState(uuid))).rejects.toThrow('opens no further session');
    expect(host.status).toMatchObject({ kind: 'reconnecting' });
    expect(connection.open).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    await settled();
    expect(host.status.kind).toBe('connected');
    expect(await host.run(domainState(uuid))).toMatchObject({ state: 'running' });
  });
});
