import { describe, expect, it } from 'vitest';
import { Distribution } from '../../../../src/migration/forecast/distribution.js';

describe('the quantiles of times with their weights', () => {
  it('are those of the same times in order, to half of a per cent', () => {
    const times = Array.from({ length: 5_000 }, (_, index) => 20 + ((index * 7_919) % 5_000) ** 2);
    const distribution = new Distribution();
    for (const ms of times) distribution.add(ms, 2);
    const sorted = [...times].sort((a, b) => a - b);
    expect(distribution.weight).toBeCloseTo(10_000);
    for (const share of [0.01, 0.1, 0.5, 0.9, 1]) {
      const ms = sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
      expect(Math.abs((distribution.quantile(share * 10_000) ?? NaN) / ms - 1)).toBeLessThan(0.005);
    }
  });

  it('are none beyond the weight that there is', () => {
    const distribution = new Distribution();
    expect(distribution.quantile(0.1)).toBeUndefined();
    distribution.add(300, 0.4);
    distribution.add(700, 0.2);
    expect(distribution.quantile(0.4)).toBeCloseTo(300);
    expect(distribution.quantile(0.6)).toBeCloseTo(700);
    expect(distribution.quantile(0.7)).toBeUndefined();
  });

  it.each([0, 0.2, 1e12])('hold %d ms too', (ms) => {
    const distribution = new Distribution();
    distribution.add(ms, 1);
    expect(distribution.quantile(1)).toBeCloseTo(ms);
  });
});
