import { describe, expect, it } from 'vitest';
import { Lease, staleMs } from '../../../../src/migration/evacuation/lease.js';
import { MemoryStorage } from './stage.js';

describe('the lease of an evacuation', () => {
  const storage = new MemoryStorage();
  let now = 1_000_000;
  const alive = new Set([1, 2, 3]);

  function windowWith(pid: number, machine = 'laptop', files = storage): Lease {
    return new Lease(files, 'host', {
      self: { window: `window-${pid}`, pid, machine },
      now: () => now,
      isAlive: (one) => alive.has(one),
    });
  }

  it('is one window’s at a time, until that one gives it back', async () => {
    const files = new MemoryStorage();
    const [one, two] = [windowWith(1, 'laptop', files), windowWith(2, 'laptop', files)];
    expect(await one.look()).toEqual({ kind: 'free' });
    expect(await one.acquire()).toBe(true);
    expect(await two.acquire()).toBe(false);
    expect(await two.look()).toMatchObject({ kind: 'held', mine: false });
    await one.release();
    expect(await two.acquire()).toBe(true);
    expect(await one.confirm()).toBe(false);
    expect(files.files.size).toBe(1);
  });

  it('of many that want it at once one has it', async () => {
    const files = new MemoryStorage();
    const windows = [1, 2, 3].map((pid) => windowWith(pid, 'laptop', files));
    const got = await Promise.all(windows.map((window) => window.acquire()));
    expect(got.filter((one) => one)).toHaveLength(1);
  });

  it('is taken over at once from a window that has ended, but not from one of another machine', async () => {
    const files = new MemoryStorage();
    const here = windowWith(4, 'laptop', files);
    expect(await here.acquire()).toBe(true);
    expect(await windowWith(1, 'desktop', files).look()).toMatchObject({ kind: 'held' });
    expect(await windowWith(1, 'laptop', files).look()).toEqual({ kind: 'stale' });
    expect(await windowWith(1, 'laptop', files).acquire()).toBe(true);
  });

  it('is taken over from one that gives no sign, by one of those that find it so; it finds out before it acts', async () => {
    const files = new MemoryStorage();
    const [one, two, three] = [1, 2, 3].map((pid) => windowWith(pid, 'laptop', files)) as [Lease, Lease, Lease];
    await one.acquire();
    now += staleMs - 1000;
    expect(await one.confirm()).toBe(true);
    now += staleMs - 1000;
    expect(await two.acquire()).toBe(false);
    now += 2000;
    const got = await Promise.all([two.acquire(), three.acquire()]);
    expect(got.filter((taken) => taken)).toHaveLength(1);
    expect(await one.confirm()).toBe(false);
  });

  it('a file that can not be read is nobody’s', async () => {
    const files = new MemoryStorage();
    await files.replace('host.lease.7', '{"holder":');
    expect(await windowWith(1, 'laptop', files).acquire()).toBe(true);
  });
});
