import { describe, expect, it } from 'vitest';
import { aged, type Point } from '../../../../src/migration/forecast/points.js';
import { countOf } from '../../../../src/migration/forecast/ways.js';

function point(isMeasured: boolean): Point {
  return {
    endMs: 0,
    seconds: 5,
    busySeconds: 5,
    dirtiedBytes: 2 ** 26,
    pendingBytes: 0,
    throttle: 0,
    sure: 1,
    recency: 1,
    noise: 0,
    grainBytes: 2 ** 20,
    isMeasured,
  };
}

describe('how much counts what was found out before', () => {
  it('is the less the more came after it, and a measurement never more than a round', () => {
    const counts = aged([true, true, true, false, false, false].map(point)).map(countOf);
    expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    expect(counts.at(-1)).toBe(1);
    // Those of a minute before the start are as good as each other.
    expect((counts[0] ?? 0) / (counts[2] ?? 1)).toBeGreaterThan(0.9);
    expect((counts[2] ?? 0) / (counts[3] ?? 1)).toBeLessThan(1);
  });
});
