import { describe, expect, it } from 'vitest';
import { type Activity, activityOf, type Pause } from '../../../../src/migration/forecast/activity.js';
import { busyAhead, coursesOf, nextTurnMs } from '../../../../src/migration/forecast/course.js';
import type { Sample } from '../../../../src/migration/model.js';
import { figures } from '../figures.js';

/** Read each second: what its virtual CPUs did in each of them, by the host's steps of 10 ms. */
function readings(vcpus: readonly number[]): readonly Sample[] {
  let vcpuMs = 5_000;
  return [0, ...vcpus].map((each, second) => {
    vcpuMs += 1000 * each;
    const elapsedMs = 1000 * second;
    return {
      atMs: elapsedMs,
      elapsedMs,
      maxDowntimeMs: 300,
      vcpuMs: 10 * Math.round(vcpuMs / 10),
      job: figures({ type: 'unbounded' }),
    };
  });
}

function times(count: number, ...vcpus: readonly number[]): number[] {
  return Array.from({ length: count }, (_, index) => vcpus[index % vcpus.length] ?? 0);
}

function turnsOf(activity: Activity | undefined): readonly string[] | undefined {
  return (
    activity &&
    [...activity.before, activity.now].map(
      ({ busy, fromMs, toMs, isWhole }) =>
        `${busy ? 'busy' : 'idle'} ${fromMs / 1000}-${toMs / 1000}${isWhole ? '' : '?'}`,
    )
  );
}

/** Of two guests of the lab that write 8 MiB now and then, second by second, in the host's steps of 10 ms. */
const nowAndThen = ['1314114114151251141321311303', '5242515150514151513142415'].map((digits) =>
  Array.from(digits, (each) => Number(each) / 100),
);

const turns = (vcpus: readonly number[], pauses: readonly Pause[] = []): readonly string[] | undefined =>
  turnsOf(activityOf(readings(vcpus), pauses));

describe('a guest’s virtual CPUs', () => {
  it.each<[string, readonly number[]]>([
    ['always busy', times(30, 1, 0.95, 0.9)],
    ['always idle, but for what any kernel does', times(30, 0.01, 0, 0.02, 0.01)],
    ['busy for a moment now and then', times(30, 0.02, 0.02, 0.4, 0.02, 0.02)],
    ['up and down without two states', times(30, 0.2, 0.5, 0.8, 0.5, 0.3, 0.6, 0.4, 0.9)],
    ['twice as busy every other second', times(30, 0.04, 0.04, 0.09, 0.09)],
    ...nowAndThen.map((vcpus): [string, readonly number[]] => [
      'busy for a moment in every second or third second',
      vcpus,
    ]),
    ['idle but for the last second', [...times(30, 0.01), 0.5]],
    ['busy but for the last second', [...times(30, 0.5), 0.01]],
    ['seen for two seconds', [0.01, 1]],
  ])('take no turns where they are %s', (_, vcpus) => {
    expect(turns(vcpus)).toBeUndefined();
  });

  it('take turns that were seen before the migration', () => {
    const all = readings([...times(8, 0.5), ...times(5, 0.01), ...times(6, 0.5)]);
    const since = all.slice(16).map((sample) => ({ ...sample, elapsedMs: sample.elapsedMs - 15_500 }));
    const earlierVcpus = all.slice(0, 15).map(({ elapsedMs, vcpuMs = 0 }) => [elapsedMs - 15_500, vcpuMs] as const);
    const seen = since.map((sample, index) => (index === 0 ? { ...sample, earlierVcpus } : sample));
    expect(turnsOf(activityOf(seen))).toEqual(['busy -15.5--7.5?', 'idle -7.5--2.5', 'busy -2.5-3.5']);
    expect(activityOf(since)).toBeUndefined();
  });

  it('take turns where they are busy and idle for some seconds each', () => {
    expect(turns([...times(8, 0.5, 0.6), ...times(5, 0.01), ...times(6, 0.55)])).toEqual([
      'busy 0-8?',
      'idle 8-13',
      'busy 13-19',
    ]);
  });

  it('take turns that are only somewhat busier, where each of them lasts', () => {
    expect(turns([...times(12, 0.045), ...times(10, 0.02), ...times(12, 0.045)])).toEqual([
      'busy 0-12?',
      'idle 12-22',
      'busy 22-34',
    ]);
  });

  it('have a first turn that a short one before it is part of', () => {
    expect(turns([0.5, ...times(10, 0.01), ...times(6, 0.5)])).toEqual(['idle 0-11?', 'busy 11-17']);
  });

  it('turn by their first reading where a turn is due, and by the second where it is not', () => {
    const twice = [...times(6, 0.5), ...times(10, 0.01)];
    const before = [...times(10, 0.01), ...twice, ...twice, ...times(6, 0.5)];
    expect(turns([...before, ...times(10, 0.01), 0.5])?.at(-1)).toBe('busy 58-59');
    expect(turns([...before, ...times(6, 0.01), 0.5])?.at(-1)).toBe('idle 48-55');
    expect(turns([...before, ...times(6, 0.01), 0.5, 0.5])?.at(-1)).toBe('busy 54-56');
    // It has stopped for good, or was busy for a moment.
    expect(turns([...before, ...times(40, 0.01), 0.5])?.at(-1)).toBe('idle 48-89');
    expect(turns([...before, ...times(10, 0.01), 0.5, 0.01])?.at(-1)).toBe('idle 48-60');
  });

  it('take turns of now, whatever they did half an hour ago', () => {
    const now = Array.from({ length: 10 }, () => [...times(30, 0.5), ...times(30, 0.01)]).flat();
    expect(turns([...times(600, 8), ...now, ...times(5, 0.5)])).toHaveLength(21);
  });

  it('do not turn because somebody paused the guest, or nobody watched', () => {
    const paused = [{ fromMs: 10_050, toMs: 19_950 }];
    expect(turns([...times(10, 0.5), 0.02, ...times(9, 0), ...times(10, 0.5)], paused)).toBeUndefined();
    const all = readings([
      ...times(10, 0.5),
      ...times(5, 0.01),
      ...times(40, 0.3),
      ...times(10, 0.5),
      ...times(5, 0.01),
    ]);
    const gap = all.filter(({ elapsedMs }) => elapsedMs <= 15_000 || elapsedMs >= 55_000);
    expect(turnsOf(activityOf(gap))).toEqual(['busy 0-10?', 'idle 10-15?', 'busy 55-65?', 'idle 65-70']);
  });

  it('are not taken for one that went on while nobody watched', () => {
    const all = readings([
      ...times(10, 0.01),
      ...times(10, 0.5),
      ...times(40, 0.5),
      ...times(10, 0.5),
      ...times(5, 0.01),
    ]);
    const gap = all.filter(({ elapsedMs }) => elapsedMs <= 20_000 || elapsedMs >= 60_000);
    expect(turnsOf(activityOf(gap))).toEqual(['idle 0-10?', 'busy 10-20?', 'busy 60-70?', 'idle 70-75']);
  });

  it('are told from one of them that is taken away', () => {
    const all = readings(times(20, 0.5)).map((sample, second) => ({
      ...sample,
      vcpuMs: (sample.vcpuMs ?? 0) - (second > 10 ? 3_000 : 0),
    }));
    expect(activityOf(all)).toBeUndefined();
  });

  it('are looked at however long the migration takes', () => {
    expect(turns([...times(130_000, 0.5), ...times(5, 0.01)])).toHaveLength(2);
  });

  it('are read where readings tell of them: not in each', () => {
    const all = readings([...times(10, 0.5), ...times(6, 0)]);
    const some = all.map((sample, index) => (index % 2 === 0 ? sample : { ...sample, vcpuMs: undefined }));
    expect(turnsOf(activityOf(some))).toEqual(['busy 0-10?', 'idle 10-16']);
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
    for (const { busyNow, turns: then } of found) {
      expect(busyNow).toBe(false);
      // The idle turn of 10 s has 6 left, more or less, and a busy one of 20 s follows it.
      expect(then?.firstMs).toBeGreaterThan(4_000);
      expect(then?.firstMs).toBeLessThan(8_000);
      expect(then?.otherMs).toBeCloseTo(20_000, -3);
      expect(then?.sameMs).toBeCloseTo(10_000, -3);
    }
  });

  it('is as it mostly did, where one of its turns was missed', () => {
    const turn = [...times(3, 0.5), ...times(10, 0)];
    const missed = [...times(3, 0), ...times(10, 0)];
    const found = courses([...turn, ...turn, ...missed, ...turn, ...turn, ...times(3, 0.5), ...times(4, 0)]);
    for (const { turns: then } of found) {
      expect(then?.firstMs).toBeGreaterThan(5_000);
      expect(then?.firstMs).toBeLessThan(7_000);
    }
  });

  const forGood = (found: ReturnType<typeof courses>): number =>
    sum(found.filter(({ turns: then }) => then === undefined));
  const firsts = (found: ReturnType<typeof courses>): readonly number[] =>
    found.flatMap(({ turns: then }) => then?.firstMs ?? []);

  it('is open where only one turn was seen: that may be for good, and the longer ago, the likelier', () => {
    const found = courses([...times(10, 0.5), ...times(6, 0)]);
    expect(sum(found)).toBeCloseTo(1);
    expect(forGood(found)).toBeGreaterThan(0.6);
    expect(forGood(courses([...times(10, 0.5), ...times(300, 0)]))).toBeGreaterThan(0.95);
    expect(Math.min(...firsts(found))).toBeLessThan(3_000);
  });

  it('is open where a turn takes longer than the ones before it, and may be for good', () => {
    const found = courses([...times(6, 0.5), ...times(5, 0), ...times(6, 0.5), ...times(12, 0)]);
    expect(Math.max(...firsts(found)) / Math.min(...firsts(found))).toBeGreaterThan(5);
    expect(forGood(found)).toBeGreaterThan(0.6);
    const later = courses([...times(6, 0.5), ...times(5, 0), ...times(6, 0.5), ...times(300, 0)]);
    expect(forGood(later)).toBeGreaterThan(0.95);
  });

  const course = { busyNow: true, turns: { firstMs: 5_000, otherMs: 7_000, sameMs: 10_000 }, weight: 1 } as const;

  it.each([
    [4_000, 5_000],
    [5_000, 12_000],
    [11_000, 12_000],
    [12_000, 22_000],
    [23_000, 29_000],
  ])('turns next after %i ms at %i', (afterMs, turnMs) => {
    expect(nextTurnMs(course, afterMs)).toBe(turnMs);
    expect(nextTurnMs({ ...course, turns: undefined }, afterMs)).toBe(Infinity);
  });

  it.each([
    [0, 4_000, 4_000],
    [4_000, 10_000, 1_000],
    [5_000, 9_000, 0],
    [3_000, 14_000, 4_000],
    [12_000, 13_000, 1_000],
    [0, 34_000, 20_000],
  ])('is busy between %i and %i ms for %i of them', (fromMs, toMs, busyMs) => {
    expect(busyAhead(course, fromMs, toMs)).toBe(busyMs);
    expect(busyAhead({ ...course, busyNow: false }, fromMs, toMs)).toBe(toMs - fromMs - busyMs);
  });
});
