import { describe, expect, it } from 'vitest';
import { activityOf } from '../../../../src/migration/forecast/activity.js';
import { busyAhead, coursesOf } from '../../../../src/migration/forecast/course.js';
import type { Sample } from '../../../../src/migration/model.js';
import { figures } from '../figures.js';

/** Read each second: what its virtual CPUs did in each of them, by the host's steps of 10 ms. */
function readings(vcpus: readonly number[], told: Partial<Sample> = {}): readonly Sample[] {
  let vcpuMs = 5_000;
  return [0, ...vcpus].map((each, second) => {
    vcpuMs += 1000 * each;
    const elapsedMs = 1000 * second;
    return {
      atMs: elapsedMs,
      elapsedMs,
      maxDowntimeMs: 300,
      vcpuMs: 10 * Math.round(vcpuMs / 10),
      ...(second === 0 ? told : {}),
      job: figures({ type: 'unbounded' }),
    };
  });
}

function times(count: number, ...vcpus: readonly number[]): number[] {
  return Array.from({ length: count }, (_, index) => vcpus[index % vcpus.length] ?? 0);
}

const turns = (vcpus: readonly number[], told: Partial<Sample> = {}): unknown =>
  activityOf(readings(vcpus, told))?.stretches.map(
    ({ busy, fromMs, toMs }) => `${busy ? 'busy' : 'idle'} ${fromMs / 1000}-${toMs / 1000}`,
  );

describe('a guest’s virtual CPUs', () => {
  it.each([
    ['always busy', times(30, 1, 0.95, 0.9)],
    ['always idle, but for what any kernel does', times(30, 0.01, 0, 0.02, 0.01)],
    ['busy for a moment now and then', times(30, 0.02, 0.02, 0.4, 0.02, 0.02)],
    ['up and down without two states', times(30, 0.2, 0.5, 0.8, 0.5, 0.3, 0.6, 0.4, 0.9)],
    ['seen for two seconds', [0.01, 1]],
  ])('take no turns where they are %s', (_, vcpus) => {
    expect(turns(vcpus)).toBeUndefined();
  });

  it('take turns where they are busy and idle for some seconds each', () => {
    expect(turns([...times(8, 0.5, 0.6), ...times(5, 0.01), ...times(6, 0.55)])).toEqual([
      'busy 0-8',
      'idle 8-13',
      'busy 13-19',
    ]);
  });

  it('are known to have been busy, or idle, while they were measured before', () => {
    const told = { measuredVcpus: 0.5, measuredVcpusIn5Seconds: 0.52 };
    expect(turns(times(6, 0.01), told)).toEqual(['busy -6.6--0.3', 'idle -0.3-6']);
  });

  it('are read where readings tell of them: not in each', () => {
    const all = readings([...times(10, 0.5), ...times(6, 0)]);
    const some = all.map((sample, index) => (index % 2 === 0 ? sample : { ...sample, vcpuMs: undefined }));
    expect(activityOf(some)?.stretches.map(({ busy, toMs }) => [busy, toMs])).toEqual([
      [true, 10_000],
      [false, 16_000],
    ]);
    expect(activityOf(all.map((sample) => ({ ...sample, vcpuMs: undefined })))).toBeUndefined();
  });

  it('tell how much of a time the guest was busy, to the part of a second', () => {
    const activity = activityOf(readings([...times(8, 0.5), 0.25, ...times(6, 0)]));
    expect(activity?.busyMs(0, 15_000)).toBeCloseTo(8_500, -2);
    expect(activity?.busyMs(6_000, 8_000)).toBeCloseTo(2_000, -2);
    expect(activity?.busyMs(10_000, 14_000)).toBe(0);
    // Before the first reading and after the last, as then.
    expect(activity?.busyMs(-2_000, 1_000)).toBeCloseTo(3_000, -2);
    expect(activity?.busyMs(14_000, 20_000)).toBe(0);
  });
});

describe('how a guest that works by turns may go on', () => {
  const courses = (vcpus: readonly number[]): ReturnType<typeof coursesOf> => {
    const activity = activityOf(readings(vcpus));
    if (activity === undefined) throw new Error('it takes no turns');
    return coursesOf(activity);
  };
  const sum = (of: readonly { readonly weight: number }[]): number => of.reduce((all, { weight }) => all + weight, 0);

  it('is as it did before, once its turns were seen', () => {
    const found = courses([...times(12, 0.5), ...times(10, 0), ...times(20, 0.5), ...times(4, 0)]);
    expect(sum(found)).toBeCloseTo(1);
    for (const { busyNow, turnsMs } of found) {
      expect(busyNow).toBe(false);
      // The idle turn of 10 s has 6 left, more or less, and a busy one of 20 s follows it.
      expect(turnsMs[0]).toBeGreaterThan(4_000);
      expect(turnsMs[0]).toBeLessThan(8_000);
      expect((turnsMs[1] ?? NaN) - (turnsMs[0] ?? NaN)).toBeCloseTo(20_000, -3);
    }
  });

  it('is open where only one turn was seen: that may be for good', () => {
    const found = courses([...times(10, 0.5), ...times(6, 0)]);
    expect(sum(found)).toBeCloseTo(1);
    expect(sum(found.filter(({ turnsMs }) => turnsMs.length === 0))).toBeGreaterThan(0.5);
    expect(Math.min(...found.flatMap(({ turnsMs }) => turnsMs))).toBeLessThan(3_000);
  });

  it('is open where a turn takes longer than the ones before it', () => {
    const found = courses([...times(6, 0.5), ...times(5, 0), ...times(6, 0.5), ...times(12, 0)]);
    const [first = 0, last = 0] = [found[0], found.at(-1)].map((course) => course?.turnsMs[0]);
    expect(last / first).toBeGreaterThan(5);
  });

  it.each([
    [0, 4_000, 4_000],
    [4_000, 10_000, 1_000],
    [5_000, 9_000, 0],
    [3_000, 14_000, 4_000],
    [12_000, 13_000, 1_000],
  ])('is busy between %i and %i ms for %i of them', (fromMs, toMs, busyMs) => {
    expect(busyAhead({ busyNow: true, turnsMs: [5_000, 12_000], weight: 1 }, fromMs, toMs)).toBe(busyMs);
  });
});
