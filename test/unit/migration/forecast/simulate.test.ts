import { describe, expect, it } from 'vitest';
import type { Course } from '../../../../src/migration/forecast/course.js';
import { simulate, type Start } from '../../../../src/migration/forecast/simulate.js';
import type { Way } from '../../../../src/migration/forecast/writing.js';

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
  beyondFitsSeconds: 0.15,
};

const always: Course = { busyNow: true, turns: undefined, weight: 1 };

function writing(workingSetMiB: number, rateMiBps: number): Way {
  return {
    shape: 'scattered',
    workingSetBytes: workingSetMiB * mib,
    rateBytesPerSecond: rateMiBps * mib,
    headroom: 1,
    idleShare: 1,
  };
}

describe('what becomes of a copy', () => {
  it.each([
    ['writes less than the network carries', writing(100, 5)],
    ['comes down to rounds so short that one of them meets no gust', writing(100, 9.3)],
  ])('ends where the guest %s', (_, way) => {
    expect(simulate(start, way, always).kind).toBe('finishes');
  });

  it.each([
    ['writes more than the network carries', writing(100, 20)],
    ['rewrites the little it has in each round, however short', writing(10, 40)],
  ])('never ends where the guest %s', (_, way) => {
    expect(simulate(start, way, always).kind).toBe('never');
  });

  it('ends in the idle turn of a guest whose busy rounds are all alike, as it does round by round', () => {
    const short: Start = {
      ...start,
      leftBytes: 10_399_253,
      roundMs: 2493,
      busyRoundMs: 747,
      bandwidthBytesPerSecond: 22_094_772,
      drainBytesPerSecond: 22_094_772,
      laterDrainBytesPerSecond: 22_094_772,
      maxDowntimeMs: 43.58,
    };
    const way: Way = {
      shape: 'sweep',
      workingSetBytes: 10_841_822,
      rateBytesPerSecond: 342_814_026,
      headroom: 1,
      idleShare: 0,
    };
    const turns = { firstMs: 472, otherMs: 2677, sameMs: 27_163 };
    const end = simulate(short, way, { busyNow: false, turns, weight: 1 });
    expect(end.kind === 'finishes' && end.afterMs).toBeCloseTo(3_900, -3);
  });

  it('never ends where no idle turn is long enough, and takes no longer to be known so the longer the turns are', () => {
    const way: Way = { ...writing(100, 60), shape: 'sweep', idleShare: 0 };
    for (const sameMs of [20_000, 2_000_000]) {
      const turns = { firstMs: 5_000, otherMs: 3_000, sameMs };
      expect(simulate(start, way, { busyNow: true, turns, weight: 1 }).kind).toBe('never');
    }
  });
});
