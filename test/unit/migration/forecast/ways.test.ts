import { describe, expect, it } from 'vitest';
import { aged, type Point } from '../../../../src/migration/forecast/points.js';
import { countOf, gustSecondsOf } from '../../../../src/migration/forecast/ways.js';
import { usualGustSeconds, type Way } from '../../../../src/migration/forecast/writing.js';

const mib = 2 ** 20;
const way: Way = {
  shape: 'sweep',
  workingSetBytes: 400 * mib,
  rateBytesPerSecond: 10 * mib,
  headroom: 1,
  idleShare: 1,
  gustSeconds: usualGustSeconds,
};

/** Rounds that took so long, and what became dirty in each of them, as a share of what does by `way`. */
function rounds(seconds: number, ...shares: readonly number[]): readonly Point[] {
  return aged(
    shares.map((share, index) => ({
      endMs: 1000 * seconds * (index + 1),
      seconds,
      busySeconds: seconds,
      dirtiedBytes: share * (10 * seconds + 1.25) * mib,
      pendingBytes: 0,
      throttle: 0,
      sure: 1,
      recency: 1,
      noise: 0,
      grainBytes: mib,
      isMeasured: false,
    })),
  );
}

const measured = (points: readonly Point[]): readonly Point[] =>
  aged(points.map((point) => ({ ...point, isMeasured: true })));

describe('the time from one gust of a guest to the next', () => {
  it('is what guests do, until two rounds are told from each other', () => {
    expect(gustSecondsOf([], way)).toBe(usualGustSeconds);
    expect(gustSecondsOf(rounds(5, 1), way)).toBe(usualGustSeconds);
    expect(gustSecondsOf(measured(rounds(5, 1, 1, 1, 1, 1, 1, 1)), way)).toBe(usualGustSeconds);
  });

  it('is the shorter the more rounds were alike', () => {
    const few = gustSecondsOf(rounds(5, 1, 1, 1, 1), way);
    const many = gustSecondsOf(rounds(5, 1, 1, 1, 1, 1, 1, 1), way);
    expect(few).toBeLessThan(0.9 * usualGustSeconds);
    expect(many).toBeLessThan(few);
  });

  it('is no shorter where they differ by a gust more or less, which of a long round is next to nothing', () => {
    expect(gustSecondsOf(rounds(5, 0.9, 1.1, 0.9, 1.1, 0.9, 1.1), way)).toBe(usualGustSeconds);
    expect(gustSecondsOf(rounds(20, 0.97, 1.03, 0.97, 1.03, 0.97, 1.03), way)).toBe(usualGustSeconds);
    expect(gustSecondsOf(rounds(5, 0.97, 1.03, 0.97, 1.03, 0.97, 1.03), way)).toBeLessThan(0.8 * usualGustSeconds);
  });
});

describe('how much counts what was found out before', () => {
  it('is the less the more came after it: a measurement never more than a round', () => {
    const counts = aged([...measured(rounds(5, 1, 1, 1)), ...rounds(5, 1, 1, 1)]).map(countOf);
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(counts.at(-1)).toBe(1);
    // Those of a minute before the start are as good as each other.
    expect((counts[0] ?? 0) / (counts[2] ?? 1)).toBeGreaterThan(0.9);
    expect((counts[2] ?? 0) / (counts[3] ?? 1)).toBeLessThan(1);
  });
});
