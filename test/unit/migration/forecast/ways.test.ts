import { describe, expect, it } from 'vitest';
import type { Point } from '../../../../src/migration/forecast/points.js';
import { gustShareOf } from '../../../../src/migration/forecast/ways.js';
import type { Way } from '../../../../src/migration/forecast/writing.js';

const mib = 2 ** 20;
const way: Way = {
  shape: 'sweep',
  workingSetBytes: 400 * mib,
  rateBytesPerSecond: 10 * mib,
  headroom: 1,
  idleShare: 1,
  gustSeconds: 1.25,
};

/** Rounds of 10 s, in each of which so many MiB became dirty, and what the guest works with. */
function rounds(...dirtiedMiB: readonly number[]): Point[] {
  return dirtiedMiB.map((mibs, index) => ({
    endMs: 10_000 * (index + 1),
    seconds: 10,
    busySeconds: 10,
    dirtiedBytes: (mibs + 1.25) * mib,
    pendingBytes: 0,
    throttle: 0,
    sure: 1,
    noise: 0,
    grainBytes: mib,
    isMeasured: false,
  }));
}

describe('how much of a gust a guest writes in', () => {
  it('is what guests do, until two rounds are told from each other', () => {
    expect(gustShareOf([], way)).toBe(1);
    expect(gustShareOf(rounds(100), way)).toBe(1);
    expect(
      gustShareOf(
        rounds(100).map((point) => ({ ...point, isMeasured: true })),
        way,
      ),
    ).toBe(1);
  });

  it('is less the more rounds were alike', () => {
    const few = gustShareOf(rounds(100, 100, 100, 100), way);
    const many = gustShareOf(rounds(100, 100, 100, 100, 100, 100, 100), way);
    expect(few).toBeLessThan(0.9);
    expect(many).toBeLessThan(few);
  });

  it('is no less where they differ as those do that are written in gusts', () => {
    expect(gustShareOf(rounds(80, 125, 80, 125, 80, 125), way)).toBe(1);
  });
});
