import { describe, expect, it } from 'vitest';
import { Limiter } from '../../../src/base/limiter.js';

describe('a limiter', () => {
  it('lets so many run at once, the others in order, also after one that fails', async () => {
    const limiter = new Limiter(2);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const task = async (n: number): Promise<number> => {
      begun.push(n);
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (n === 1) throw new Error('failed');
      return n;
    };
    const results = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => limiter.run(() => task(n))));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    expect(await limiter.run(() => task(7))).toBe(7);
  });
});
