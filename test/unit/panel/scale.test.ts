import { describe, expect, it } from 'vitest';
import { tickMs } from '../../../src/panel/browser/quantities.js';
import {
  byteUnit,
  chooseScale,
  linearSpan,
  linearSplits,
  logSpan,
  logSplits,
  timeSpan,
} from '../../../src/panel/browser/scale.js';
import { MIB } from '../../../src/panel/format.js';

describe('a downtime axis', () => {
  it('is logarithmic where 300 ms and 10 s must both be read', () => {
    expect(chooseScale([null, 10_240], [300, 300])).toBe('log');
    expect(chooseScale([0, 310], [300, 300])).toBe('linear');
    expect(chooseScale([], [])).toBe('linear');
    expect(chooseScale([0, 0], [300])).toBe('linear');
  });

  it('ends on round figures beyond those it shows', () => {
    expect(logSpan(300, 10_240)).toEqual([200, 20_000]);
    expect(logSpan(null, null)).toEqual([100, 1000]);
    expect(logSpan(0, 0)).toEqual([100, 1000]);
  });

  it('has few labels, whatever it spans', () => {
    expect(logSplits(200, 5000)).toEqual([200, 500, 1000, 2000, 5000]);
    expect(logSplits(200, 20_000)).toEqual([300, 1000, 3000, 10_000]);
    expect(logSplits(1, 2_000_000)).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
  });

  it.each([
    [0, '0'],
    [300, '300 ms'],
    [1500, '1.5 s'],
    [10_000, '10 s'],
    [600_000, '10 min'],
  ])('labels %s ms as %s', (ms, label) => expect(tickMs(ms)).toBe(label));
});

describe('an axis of bytes', () => {
  it('begins at zero and ends above the figures', () => {
    expect(linearSpan(100, 1)).toEqual([0, 108]);
    expect(linearSpan(null, 5)).toEqual([0, 5]);
  });

  it('is labelled in a unit that makes short numbers', () => {
    expect(byteUnit(200 * MIB).label).toBe('MiB');
    expect(byteUnit(1500 * MIB).label).toBe('MiB');
    expect(byteUnit(8192 * MIB).label).toBe('GiB');
  });

  it('is labelled at exact multiples of a step that has no exact decimals', () => {
    const tenth = 0.1 * 1024 * MIB;
    expect(linearSplits(0, 3.5 * tenth, tenth)).toEqual([0, tenth, 2 * tenth, 3 * tenth]);
    expect(linearSplits(0, 5, 1)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('the time axis', () => {
  it('begins at the start of the migration', () => {
    expect(timeSpan(1, 67, false)).toEqual([0, 70]);
    expect(timeSpan(0, 0, false)).toEqual([0, 10]);
  });

  it('ends with the migration', () => expect(timeSpan(1, 79, true)).toEqual([0, 79]));

  it('stands still between two steps while it grows', () => {
    expect(timeSpan(0, 61, false)).toEqual(timeSpan(0, 62, false));
  });

  it('does not press a migration found late into a corner', () => {
    const [min, max] = timeSpan(8000, 8060, false);
    expect(min).toBe(7988);
    expect(max).toBeGreaterThanOrEqual(8060);
    expect(max).toBeLessThan(8080);
  });

  it('shows the whole of it once it was watched for long', () => expect(timeSpan(100, 1000, false)[0]).toBe(0));
});
