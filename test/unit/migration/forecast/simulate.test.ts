import { describe, expect, it } from 'vitest';
import type { Course } from '../../../../src/migration/forecast/course.js';
import { simulate, type Start } from '../../../../src/migration/forecast/simulate.js';
import type { Hypothesis } from '../../../../src/migration/forecast/writing.js';

const mib = 2 ** 20;
const start: Start = {
  leftBytes: 60 * mib,
  roundMs: 0,
  busyRoundMs: 0,
  rewrittenShare: 1,
  bandwidthBytesPerSecond: 10 * mib,
  drainBytesPerSecond: 10 * mib,
  laterDrainBytesPerSecond: 10 * mib,
  plainRounds: 0,
  maxDowntimeMs: 300,
  throttlePercent: 0,
  autoConverge: false,
};

const always: Course = { busyNow: true, turns: undefined, weight: 1 };

function writing(workingSetMiB: number, rateMiBps: number): Hypothesis {
  return {
    shape: 'scattered',
    workingSetBytes: workingSetMiB * mib,
    rateBytesPerSecond: rateMiBps * mib,
    headroom: 1,
    idleShare: 1,
    weight: 1,
  };
}

describe('what becomes of a copy', () => {
  it.each([
    ['writes less than the network carries', writing(100, 5)],
    ['comes down to rounds so short that one of them meets no gust', writing(100, 10.3)],
  ])('ends where the guest %s', (_, way) => {
    expect(simulate(start, way, always).kind).toBe('finishes');
  });

  it.each([
    ['writes more than the network carries', writing(100, 20)],
    ['rewrites the little it has in each round, however short', writing(10, 40)],
  ])('never ends where the guest %s', (_, way) => {
    expect(simulate(start, way, always).kind).toBe('never');
  });
});
