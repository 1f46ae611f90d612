import { describe, expect, it } from 'vitest';
import type { Phase, Sample } from '../../../src/migration/model.js';
import { PauseWatch } from '../../../src/migration/pauses.js';
import { figures } from './figures.js';

const mib = 2 ** 20;
const sample = (atMs: number, leftMiB: number, maxDowntimeMs = 300): Sample => ({
  atMs,
  elapsedMs: atMs,
  maxDowntimeMs,
  job: figures({
    memoryTotalBytes: 512 * mib,
    memoryProcessedBytes: (512 - leftMiB) * mib,
    memoryRemainingBytes: leftMiB * mib,
    memoryBytesPerSecond: 20 * mib,
  }),
});

/** Which of the readings, one a second, tells that somebody else has paused the guest. */
function toldAt(watch: PauseWatch, readings: readonly (readonly [Phase, number, number?])[]): number[] {
  return readings.flatMap(([phase, left, downtime], second) =>
    watch.see(phase, sample(second * 1000, left, downtime)) ? [second] : [],
  );
}

describe('a guest that stands still while it migrates', () => {
  it.each<[string, (readonly [Phase, number, number?])[], number[]]>([
    [
      'was paused, with more to go than a switch-over takes',
      [
        ['precopy', 200],
        ['paused', 180],
        ['paused', 160],
      ],
      [2],
    ],
    [
      'switches over',
      [
        ['precopy', 200],
        ['paused', 4],
      ],
      [],
    ],
    [
      'switches over within a long downtime that is allowed',
      [
        ['precopy', 200],
        ['paused', 180, 12_000],
        ['paused', 160, 12_000],
      ],
      [],
    ],
    [
      'was paused, when it takes longer than any switch-over',
      [
        ['precopy', 30],
        ['paused', 30],
        ['paused', 20],
        ['paused', 10],
        ['paused', 1],
        ['paused', 1],
      ],
      [4],
    ],
    [
      'waits at its end for the destination, however long that takes',
      [
        ['precopy', 30],
        ['paused', 0],
        ['paused', 0],
        ['paused', 0],
        ['paused', 0],
        ['paused', 0],
      ],
      [],
    ],
    [
      'was paused before its migration',
      [
        ['setup', 0],
        ['paused', 400],
        ['paused', 380],
      ],
      [],
    ],
    [
      'is told of once a pause',
      [
        ['precopy', 200],
        ['paused', 180],
        ['paused', 170],
        ['paused', 165],
        ['precopy', 160],
        ['paused', 150],
        ['paused', 140],
      ],
      [2, 6],
    ],
    [
      'switches to post-copy, for which it is stopped a moment, whatever there is to go',
      [
        ['precopy', 200],
        ['paused', 180],
        ['postcopy', 180],
        ['postcopy', 160],
      ],
      [],
    ],
  ])('%s', (_, readings, told) => {
    expect(toldAt(new PauseWatch(), readings)).toEqual(told);
  });

  it('by a pause from here is no news, until it has run again', () => {
    const watch = new PauseWatch();
    watch.see('precopy', sample(0, 200));
    watch.expect();
    expect(
      toldAt(watch, [
        ['precopy', 200],
        ['paused', 180],
        ['paused', 160],
        ['precopy', 150],
        ['paused', 140],
        ['paused', 130],
      ]),
    ).toEqual([5]);
  });

  it('is news where the pause from here was refused', () => {
    const watch = new PauseWatch();
    watch.see('precopy', sample(0, 200));
    watch.expect().failed();
    expect(
      toldAt(watch, [
        ['paused', 180],
        ['paused', 160],
      ]),
    ).toEqual([1]);
  });

  it('after an earlier window saw it run is news', () => {
    const watch = new PauseWatch();
    watch.ranBefore();
    expect(
      toldAt(watch, [
        ['paused', 180],
        ['paused', 160],
      ]),
    ).toEqual([1]);
  });
});
