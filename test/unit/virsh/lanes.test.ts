import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HostConnection } from '../../../src/ssh/types.js';
import type { VirshCommand } from '../../../src/virsh/command.js';
import { ChannelBudget } from '../../../src/virsh/channelBudget.js';
import { VirshLanes } from '../../../src/virsh/lanes.js';
import { type Answer, ScriptedConnection } from '../scriptedVirsh.js';

const command = (line: string, told: Partial<VirshCommand<string>> = {}): VirshCommand<string> => ({
  args: line.split(' '),
  lane: 'slow',
  timeoutMs: 60_000,
  parse: ({ stdout }) => stdout.trim(),
  ...told,
});
const sample = (line: string): VirshCommand<string> => command(line, { lane: 'sample', domain: line });
const action = (line: string): VirshCommand<string> => command(line, { lane: 'action' });

/** A virsh that repeats what it is told, and hangs where it is told to. */
const answer = (line: string): Answer => (line.startsWith('hang') ? 'hang' : { stdout: `${line}\n\n` });

function scene(
  maxSessions: number,
  connectAnother: () => Promise<HostConnection> = () => Promise.reject(new Error('it would have to ask')),
) {
  const connection = new ScriptedConnection(() => ({ answer }), maxSessions);
  const log = { virsh: () => undefined, info: () => undefined, error: () => undefined };
  const budget = new ChannelBudget(connection);
  const lanes = new VirshLanes(budget, { host: 'hv1', startLine: 'virsh', log, connectAnother });
  const limits: number[] = [];
  budget.onLimit((limit) => limits.push(limit));
  return { connection, lanes, limits };
}

describe('the virsh of a host', () => {
  afterEach(() => vi.useRealTimers());

  it('are one for samples, one for slow commands and one for each action', async () => {
    const { connection, lanes, limits } = scene(Infinity);
    const all = [sample('a'), sample('b'), command('c'), action('d'), action('e')];
    expect(await Promise.all(all.map((one) => lanes.run(one)))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(connection.channels).toHaveLength(4);
    expect(limits).toEqual([]);
  });

  it.each([1, 2, 3])('are no more than the %i that the server allows, and all is done all the same', async (max) => {
    const { connection, lanes, limits } = scene(max);
    const all = [command('a'), sample('b'), sample('c'), action('d'), action('e'), command('f')];
    expect(await Promise.all(all.map((one) => lanes.run(one)))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(connection.open.length).toBeLessThanOrEqual(max);
    expect(limits.at(-1)).toBeLessThanOrEqual(max);
    expect(await lanes.run(sample('g'))).toBe('g');
  });

  it('fail where the server allows none at all', async () => {
    const { lanes } = scene(0);
    await expect(lanes.run(sample('a'))).rejects.toMatchObject({ kind: 'channelRefused' });
    await expect(lanes.run(action('b'))).rejects.toMatchObject({ kind: 'channelRefused' });
  });

  it('that is the only one is opened again when it dies', async () => {
    const { connection, lanes } = scene(1);
    await Promise.all([lanes.run(sample('a')), lanes.run(command('b'))]);
    connection.channels[0]?.die(1);
    expect(await Promise.all([lanes.run(sample('c')), lanes.run(command('d'))])).toEqual(['c', 'd']);
    expect(connection.open).toHaveLength(1);
  });

  it('that is the only one and hangs does not hold up an action, which gets a connection of its own', async () => {
    const extra = new ScriptedConnection(() => ({ answer }));
    const { lanes } = scene(1, () => Promise.resolve(extra));
    await lanes.run(sample('a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hung = lanes.run(sample('hang'));
    const failed = expect(hung).rejects.toThrow('was not answered');
    await new Promise(setImmediate);
    const aborted = lanes.run(action('domjobabort'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await aborted).toBe('domjobabort');
    expect(extra.open).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    await failed;
  });

  it('that is the only one does an action as soon as it is free, where no further connection can be had', async () => {
    const { connection, lanes } = scene(1);
    await lanes.run(sample('a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hung = expect(lanes.run(sample('hang'))).rejects.toThrow('was not answered');
    const aborted = lanes.run(action('domjobabort'));
    await vi.advanceTimersByTimeAsync(60_000);
    await hung;
    expect(await aborted).toBe('domjobabort');
    // Had it been sent to the one that hung, it would have been carried out whenever that one goes on.
    expect(connection.channels.map(({ received }) => received.includes('domjobabort'))).toEqual([false, true]);
  });

  it('that hangs for longer than an action may take leaves it undone, and says so', async () => {
    const { connection, lanes } = scene(1);
    await lanes.run(sample('a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hung = expect(lanes.run(sample('hang'))).rejects.toThrow('was not answered');
    const aborted = expect(lanes.run({ ...action('domjobabort'), timeoutMs: 10_000 })).rejects.toThrow(
      'did not get its turn on hv1 within 10 s, and was not carried out',
    );
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all([hung, aborted]);
    expect(connection.channels.map(({ received }) => received.includes('domjobabort'))).toEqual([false]);
  });

  it('that was closed but runs on at the server leaves an action a connection of its own', async () => {
    const extra = new ScriptedConnection(() => ({ answer }));
    const { connection, lanes } = scene(1, () => Promise.resolve(extra));
    connection.outliving = 1;
    expect(await lanes.run(action('domjobabort'))).toBe('domjobabort');
    expect(extra.open).toEqual([]);
    await expect(lanes.run(sample('a'))).rejects.toMatchObject({ kind: 'channelRefused' });
  });

  it.each([2, 3])('leave one of %i to actions once that many are known to be all', async (max) => {
    const { connection, lanes, limits } = scene(max);
    // Something else has what is left beside the samples' and the slow commands' own.
    connection.outliving = max - 2;
    await Promise.all([lanes.run(sample('a')), lanes.run(command('b'))]);
    await lanes.run(action('c'));
    expect(limits).toEqual([2]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hung = expect(lanes.run(sample('hang'))).rejects.toThrow('was not answered');
    const slow = expect(lanes.run(command('d'))).rejects.toThrow('was replaced');
    // At once, not after a wait.
    expect(await lanes.run(action('domjobabort'))).toBe('domjobabort');
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all([hung, slow]);
  });

  it('that has hung since its last action is not given the next one', async () => {
    const { connection, lanes } = scene(Infinity);
    await lanes.run(action('migrate-setspeed'));
    const [spare] = connection.channels;
    spare?.hang();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const aborted = lanes.run(action('domjobabort'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await aborted).toBe('domjobabort');
    expect(spare?.isOver).toBe(true);
  });

  it('that a domain hung on is not closed under others when the domain answers again', async () => {
    const { connection, lanes } = scene(1);
    await lanes.run(sample('a'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const moody = (line: string): VirshCommand<string> => command(line, { lane: 'sample', domain: 'moody' });
    const hung = expect(lanes.run(moody('hang'))).rejects.toThrow('was not answered');
    await vi.advanceTimersByTimeAsync(60_000);
    await hung;
    expect(await lanes.run(sample('b'))).toBe('b');
    expect(await Promise.all([lanes.run(moody('c')), lanes.run(command('d')), lanes.run(sample('e'))])).toEqual([
      'c',
      'd',
      'e',
    ]);
    expect(connection.channels).toHaveLength(2);
    expect(connection.open).toHaveLength(1);
  });
});
