import { describe, expect, it } from 'vitest';
import { leastMsOf } from '../../../../src/migration/forecast/hovering.js';
import type { Iteration } from '../../../../src/migration/forecast/iterations.js';
import { outlookOf } from '../../../../src/migration/forecast/forecast.js';
import { phaseAt, readRecordings, type Recording } from '../../../bench/forecast/recording.js';

/** Rounds that took so long, one after the other from the second on, and the one that runs. */
function rounds(...lengths: readonly number[]): readonly Iteration[] {
  let startMs = 20_000;
  return [...lengths, undefined].map((lengthMs, index): Iteration => {
    const endMs = lengthMs && startMs + lengthMs;
    const round = {
      number: index + 2,
      startMs,
      endMs,
      toSendBytes: 0,
      leftBytes: 0,
      sentBytes: 0,
      dirtiedBytes: endMs && 0,
      bandwidthBytesPerSecond: undefined,
      drainBytesPerSecond: undefined,
      throttlePercent: undefined,
      watched: true,
    };
    startMs = endMs ?? startMs;
    return round;
  });
}

const alike = (many: number): readonly number[] => Array.from({ length: many }, (_, index) => 500 + 100 * (index % 3));

describe('short rounds that get no shorter', () => {
  it('are waited for the longer the more of them there were', () => {
    const [, few = 0] = leastMsOf(rounds(4_000, 2_000, ...alike(6)));
    const [least = 0, many = 0, most = 0] = leastMsOf(rounds(4_000, 2_000, ...alike(40)));
    expect(few).toBeGreaterThan(3_000);
    expect(few).toBeLessThan(6_000);
    expect(many).toBeGreaterThan(4 * few);
    expect(least).toBeLessThan(many / 2);
    expect(most).toBeGreaterThan(2 * many);
  });

  it.each([
    ['are too few to tell', [8_000, 4_000, ...alike(5)]],
    ['still get shorter', [1_200, 900, 650, 450, 300, 200, 140, 100]],
    ['were interrupted by a long one', [...alike(20), 3_000, ...alike(3)]],
    ['have not come yet', []],
  ])('are waited for no longer than the guest’s writing tells where they %s', (_, lengths) => {
    expect(leastMsOf(rounds(...lengths))).toEqual([0]);
  });

  it('are said to go on for some time, and end at once with a longer downtime', () => {
    // Its guest's kernel rewrites more in each round than fits; it ended when the other one on its link had.
    const recording = readRecordings(27).find(({ name }) => name === '27-10-sharing');
    const history = recording && historyAt(recording, 0.5);
    const outlook = history && outlookOf(history);
    const asItIs = outlook?.asItIs;
    expect(asItIs?.kind === 'finishes' && asItIs.medianMs).toBeGreaterThan(5_000);
    expect(asItIs?.kind === 'finishes' && asItIs.intervalMs[1]).toBeGreaterThan(20_000);
    const longer = outlook?.at({ maxDowntimeMs: 2_000 });
    expect(longer?.kind === 'finishes' && longer.medianMs).toBeLessThan(2_000);
  });
});

function historyAt(
  { samples, marks }: Recording,
  share: number,
): { samples: Recording['samples']; marks: Recording['marks']; state: { phase: 'precopy' } } {
  const untilMs = share * (samples.at(-1)?.elapsedMs ?? 0);
  expect(phaseAt(marks, untilMs)).toBe('precopy');
  return {
    samples: samples.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    marks: marks.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    state: { phase: 'precopy' },
  };
}
