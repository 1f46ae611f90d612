import { describe, expect, it } from 'vitest';
import { dirtiedBytes, type Shape } from '../../../../src/migration/forecast/writing.js';

const mib = 2 ** 20;

describe('what a guest makes dirty', () => {
  const dirtied = (shape: Shape, rateMiBps: number, seconds: number, pendingMiB = 0): number =>
    dirtiedBytes({ shape, workingSetBytes: 100 * mib }, rateMiBps * mib, seconds, pendingMiB * mib) / mib;

  it('is nothing where it writes nothing', () => {
    expect(dirtied('sweep', 0, 10)).toBe(0);
    expect(dirtied('scattered', 10, 0)).toBe(0);
  });

  it('is what it writes, in turn, and a little that it does that with', () => {
    expect(dirtied('sweep', 10, 5)).toBeGreaterThan(50);
    expect(dirtied('sweep', 10, 5)).toBeLessThan(52);
  });

  it('hits what is dirty already, here and there', () => {
    expect(dirtied('scattered', 10, 5)).toBeLessThan(dirtied('sweep', 10, 5));
  });

  it.each(['sweep', 'scattered'] as const)('is no more than its working set and that little (%s)', (shape) => {
    expect(dirtied(shape, 100, 60)).toBeGreaterThan(100);
    expect(dirtied(shape, 100, 60)).toBeLessThan(102);
  });

  it('is nothing more where all of it waits to be sent anyway', () => {
    expect(dirtied('sweep', 100, 60, 100)).toBe(0);
    expect(dirtied('sweep', 100, 60, 50)).toBeCloseTo(dirtied('sweep', 100, 60) / 2);
  });

  it('is more of what it works with the more it has written, where a round is short', () => {
    const beyond = (seconds: number): number => dirtied('sweep', 10, seconds) - 10 * seconds;
    expect(beyond(0.03)).toBeLessThan(beyond(0.08));
    expect(beyond(0.4)).toBeCloseTo(beyond(5));
  });
});
