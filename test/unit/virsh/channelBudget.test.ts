import { describe, expect, it } from 'vitest';
import { ChannelBudget, hasRoomForEvents, sharedShellsWithin } from '../../../src/virsh/channelBudget.js';
import { ScriptedConnection } from '../scriptedVirsh.js';

function scene(maxSessions: number) {
  const connection = new ScriptedConnection(() => ({ answer: () => ({}) }), maxSessions);
  const budget = new ChannelBudget(connection);
  const limits: number[] = [];
  budget.onLimit((limit) => limits.push(limit));
  const open = (channels: number) => Promise.allSettled(Array.from({ length: channels }, () => budget.exec('virsh')));
  return { connection, budget, limits, open };
}

describe('how many sessions a server allows', () => {
  it('is not known while it has refused none', async () => {
    const { budget, limits, open } = scene(10);
    await open(10);
    expect(budget.limit).toBeUndefined();
    expect(limits).toEqual([]);
  });

  it.each([1, 2, 10])('is known to be %i when it refuses one more, however many are asked for at once', async (max) => {
    const { budget, limits, open } = scene(max);
    await open(12);
    expect(budget.limit).toBe(max);
    expect(limits).toEqual([max]);
  });

  it('is not less because some have been closed since, or run on at the server', async () => {
    const { connection, budget, limits, open } = scene(4);
    await open(5);
    for (const channel of connection.channels) channel.dispose();
    connection.outliving = 3;
    await open(3);
    expect(budget.limit).toBe(4);
    expect(limits).toEqual([4]);
  });

  it('is more where more turn out to fit', async () => {
    const { connection, limits, open } = scene(3);
    connection.outliving = 2;
    await open(2);
    connection.outliving = 0;
    await open(2);
    expect(limits).toEqual([1, 3]);
  });

  it('stays unknown where it allows none at all', async () => {
    const { budget, open } = scene(0);
    expect(await open(1)).toMatchObject([{ status: 'rejected', reason: { kind: 'channelRefused' } }]);
    expect(budget.limit).toBeUndefined();
  });

  it.each([
    [undefined, Infinity, true],
    [1, 1, false],
    [2, 1, false],
    [3, 1, true],
    [4, 2, true],
    [10, 8, true],
  ])('%s: %d for samples and slow commands, room for events: %s', (limit, shared, events) => {
    expect(sharedShellsWithin(limit)).toBe(shared);
    expect(hasRoomForEvents(limit)).toBe(events);
  });
});
