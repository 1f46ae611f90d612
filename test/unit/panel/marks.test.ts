import { describe, expect, it } from 'vitest';
import { iterationStride, placeLabels } from '../../../src/panel/browser/markLayout.js';
import { isInGap, iterationAt, labelledNear, sortMarks } from '../../../src/panel/browser/marks.js';

describe('words of marks', () => {
  it('stand right of their mark where there is room', () => {
    expect(placeLabels([{ x: 10, width: 50 }], 0, 200)).toEqual([{ x: 16, width: 50 }]);
  });

  it('stand left of a mark at the right edge', () => {
    expect(placeLabels([{ x: 190, width: 50 }], 0, 200)).toEqual([{ x: 134, width: 50 }]);
  });

  it('are cut where there is little room, and left out where there is next to none', () => {
    const [first, second] = placeLabels(
      [
        { x: 0, width: 300 },
        { x: 100, width: 300 },
      ],
      0,
      110,
    );
    expect(first).toEqual({ x: 6, width: 82 });
    expect(second?.width).toBe(0);
  });

  it('never lie over each other', () => {
    const requests = [0, 30, 120, 125, 300, 380].map((x) => ({ x, width: 70 }));
    const places = placeLabels(requests, 0, 400).filter(({ width }) => width > 0);
    expect(places.length).toBeGreaterThan(2);
    places.slice(1).forEach((place, index) => {
      const before = places[index];
      expect(place.x).toBeGreaterThanOrEqual((before?.x ?? 0) + (before?.width ?? 0));
    });
    for (const { x, width } of places) expect(x + width).toBeLessThanOrEqual(400);
  });
});

describe('numbers of iterations', () => {
  const every = (space: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ x: index * space, iteration: index + 1 }));

  it('are all shown while there is room', () => expect(iterationStride(every(40, 9), 20)).toBe(1));
  it('are thinned to round ones when crowded', () => expect(iterationStride(every(5, 100), 20)).toBe(5));
  it('are thinned by the closest pair, not by the average', () => {
    expect(iterationStride([...every(100, 3), { x: 205, iteration: 4 }], 20)).toBe(2);
  });
});

describe('what happened at a time', () => {
  const marks = sortMarks([
    { kind: 'action', elapsedMs: 9000, label: 'Speed', failed: false },
    { kind: 'iteration', elapsedMs: 8000, iteration: 2 },
    { kind: 'iteration', elapsedMs: 0, iteration: 1 },
    { kind: 'gap', elapsedMs: 20_000, untilMs: 30_000 },
    { kind: 'phase', elapsedMs: 9500, label: 'Paused' },
  ]);

  it('is found by time, in whatever order it was told', () => {
    expect(iterationAt(marks, 7999)).toBe(1);
    expect(iterationAt(marks, 8000)).toBe(2);
    expect(iterationAt(sortMarks([]), 8000)).toBeUndefined();
    expect(marks.lastMs).toBe(30_000);
  });

  it('is the nearest mark with words', () => {
    expect(labelledNear(marks, 9100, 500)?.label).toBe('Speed');
    expect(labelledNear(marks, 9400, 500)?.label).toBe('Paused');
    expect(labelledNear(marks, 12_000, 500)).toBeUndefined();
  });

  it('was not watched inside a gap', () => {
    expect(isInGap(marks, 25_000)).toBe(true);
    expect(isInGap(marks, 20_000)).toBe(false);
  });
});
