import { describe, expect, it } from 'vitest';
import { isolated, latest, toColumns } from '../../../src/panel/browser/columns.js';
import type { PanelMark, PanelSample } from '../../../src/panel/protocol.js';

const at = (seconds: number, rest: Omit<PanelSample, 'elapsedMs'> = {}): PanelSample => ({
  elapsedMs: seconds * 1000,
  ...rest,
});

describe('columns of the charts', () => {
  it('shows the sawtooth as it was read', () => {
    const columns = toColumns(
      [at(2, { remainingBytes: 188 }), at(4, { remainingBytes: 63 }), at(6, { remainingBytes: 126 })],
      [],
    );
    expect(columns.x).toEqual([2, 4, 6]);
    expect(columns.values.remaining).toEqual([188, 63, 126]);
    expect(columns.has.remaining).toBe(true);
    expect(columns.firstSeconds).toBe(2);
  });

  it('draws no line over a gap, and keeps the readings at both its ends', () => {
    const gap: PanelMark = { kind: 'gap', elapsedMs: 2000, untilMs: 60_000 };
    const { x, values } = toColumns(
      [at(1, { remainingBytes: 5 }), at(2, { remainingBytes: 4 }), at(60, { remainingBytes: 3 })],
      [gap],
    );
    expect(x).toEqual([1, 2, 2.001, 59.999, 60]);
    expect(values.remaining).toEqual([5, 4, null, null, 3]);
  });

  it('shows a gap at the end, and one before the first reading', () => {
    const marks: PanelMark[] = [
      { kind: 'gap', elapsedMs: 20_000, untilMs: 30_000 },
      { kind: 'gap', elapsedMs: 0, untilMs: 10_000 },
    ];
    const columns = toColumns([at(10, { remainingBytes: 5 }), at(20, { remainingBytes: 4 })], marks);
    expect(columns.values.remaining).toEqual([null, null, 5, 4, null, null]);
    expect(columns.firstSeconds).toBe(10);
    expect([...columns.x]).toEqual([...columns.x].sort((left, right) => left - right));
  });

  it('ignores a gap of no length', () => {
    const { x } = toColumns([at(1), at(2)], [{ kind: 'gap', elapsedMs: 1000, untilMs: 1000 }]);
    expect(x).toEqual([1, 2]);
  });

  it('shows neither the echo of the limit nor an unmeasured dirty rate in iteration 1', () => {
    const first = { expectedDowntimeMs: 300, allowedDowntimeMs: 300, dirtyBytesPerSecond: 0 };
    const second = { expectedDowntimeMs: 10_240, allowedDowntimeMs: 300, dirtyBytesPerSecond: 20 };
    const { values } = toColumns(
      [at(1, first), at(9, second)],
      [
        { kind: 'iteration', elapsedMs: 0, iteration: 1 },
        { kind: 'iteration', elapsedMs: 8000, iteration: 2 },
      ],
    );
    expect(values.expected).toEqual([null, 10_240]);
    expect(values.dirty).toEqual([null, 20]);
    expect(values.allowed).toEqual([300, 300]);
  });

  it('believes an expected downtime that equals the limit later on', () => {
    const sample = { expectedDowntimeMs: 300, allowedDowntimeMs: 300, dirtyBytesPerSecond: 0 };
    const { values } = toColumns([at(9, sample)], [{ kind: 'iteration', elapsedMs: 8000, iteration: 2 }]);
    expect(values.expected).toEqual([300]);
    expect(values.dirty).toEqual([0]);
  });

  it('has a disk only where there is something to copy', () => {
    expect(toColumns([at(1, { diskRemainingBytes: 0 })], []).has.diskRemaining).toBe(false);
    expect(toColumns([at(1, { diskRemainingBytes: 9 })], []).has.diskRemaining).toBe(true);
    expect(toColumns([at(1)], []).has.throttle).toBe(false);
    expect(toColumns([at(1, { throttlePercent: 0 })], []).has.throttle).toBe(true);
  });

  it('draws nothing for what the host did not say, or can not mean', () => {
    const { values } = toColumns([at(1, { remainingBytes: Number.NaN }), at(2, { remainingBytes: -1 }), at(3)], []);
    expect(values.remaining).toEqual([null, null, null]);
  });

  it('puts readings of a joined history in order', () => {
    const { x, values } = toColumns([at(5, { remainingBytes: 5 }), at(2, { remainingBytes: 2 })], []);
    expect(x).toEqual([2, 5]);
    expect(values.remaining).toEqual([2, 5]);
  });

  it('tells the latest figure, past readings without one', () => {
    const columns = toColumns([at(1, { remainingBytes: 7 }), at(2)], []);
    expect(latest(columns, 'remaining')).toEqual({ index: 0, value: 7 });
    expect(latest(columns, 'throttle')).toBeUndefined();
  });

  it('gives a dot to a reading that no line reaches', () => {
    expect(isolated([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(isolated([null, null])).toEqual([]);
  });

  it('takes 20 000 readings in a small part of a second', () => {
    const samples = Array.from({ length: 20_000 }, (_, second) =>
      at(second, { remainingBytes: second, throttlePercent: 1 }),
    );
    const began = performance.now();
    toColumns(samples, []);
    expect(performance.now() - began).toBeLessThan(250);
  });
});
