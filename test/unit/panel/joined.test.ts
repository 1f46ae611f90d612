import { describe, expect, it } from 'vitest';
import { joined } from '../../../src/panel/browser/comparison/joined.js';
import { toColumns } from '../../../src/panel/browser/columns.js';

const history = (...points: readonly (readonly [seconds: number, bytes: number])[]) =>
  points.map(([seconds, bytes]) => ({ elapsedMs: seconds * 1000, remainingBytes: bytes }));

describe('two histories in one chart', () => {
  it('have a figure of both wherever either was read, along their lines, and none beyond their ends', () => {
    const first = toColumns(history([1, 100], [3, 300]), []);
    const second = toColumns(history([2, 50], [4, 10]), []);
    const { x, values, has } = joined(first, second);
    expect(x).toEqual([1, 2, 3, 4]);
    expect(values.remaining1).toEqual([100, 200, 300, null]);
    expect(values.remaining2).toEqual([null, 50, 30, 10]);
    expect(has).toMatchObject({ remaining1: true, dirty1: false });
  });

  it('bridge no gap', () => {
    const first = toColumns(history([1, 100], [9, 900]), [{ kind: 'gap', elapsedMs: 1000, untilMs: 9000 }]);
    const { x, values } = joined(first, toColumns(history([5, 1]), []));
    expect(values.remaining1[x.indexOf(5)]).toBeNull();
    expect(values.remaining1[x.indexOf(9)]).toBe(900);
  });
});
