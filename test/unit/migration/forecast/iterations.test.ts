import { describe, expect, it } from 'vitest';
import { iterationsOf } from '../../../../src/migration/forecast/iterations.js';
import type { Sample } from '../../../../src/migration/model.js';
import { migrate } from './simulatedGuest.js';

const mib = 2 ** 20;
const stuck = migrate({ workingSetMiB: 100, rateMiBps: 60, shape: 'sweep', untilMs: 40_000 });
const plainly = iterationsOf(stuck.samples, stuck.marks);

/** Without what libvirt has told only since 1.3.1. */
function old(sample: Sample): Sample {
  return {
    ...sample,
    maxDowntimeMs: undefined,
    job: {
      ...sample.job,
      memoryIteration: undefined,
      memoryDirtyPagesPerSecond: undefined,
      memoryBytesPerSecond: undefined,
      memoryPageSizeBytes: undefined,
    },
  };
}

describe('iterations', () => {
  it('shows of each round when it began and ended, what was to send, and what was dirtied meanwhile', () => {
    expect(plainly.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    const [first, second] = plainly;
    expect(first).toMatchObject({ startMs: 0, toSendBytes: 512 * mib, watched: true });
    // 378 MiB that are no zero pages, at 20 MiB/s.
    expect(first?.endMs).toBeGreaterThan(18_500);
    expect(first?.endMs).toBeLessThan(19_500);
    expect((second?.toSendBytes ?? 0) / mib).toBeCloseTo(100, -1);
    expect((second?.dirtiedBytes ?? 0) / mib).toBeGreaterThan(85);
    expect((second?.dirtiedBytes ?? 0) / mib).toBeLessThan(101);
    expect((second?.drainBytesPerSecond ?? 0) / mib).toBeCloseTo(20, 0);
    expect(plainly.at(-1)).toMatchObject({ endMs: undefined, dirtiedBytes: undefined });
  });

  it.each<[string, (samples: readonly Sample[]) => readonly Sample[]]>([
    ['doubled', (samples) => samples.flatMap((sample) => [sample, sample])],
    [
      'out of order',
      (samples) =>
        samples
          .map((_, index) => samples[index % 2 === 0 ? index + 1 : index - 1] ?? samples[index])
          .flatMap((sample) => sample ?? []),
    ],
  ])('is the same where readings are %s', (_, changed) => {
    expect(iterationsOf(changed(stuck.samples), stuck.marks)).toEqual(plainly);
  });

  it.each<[string, (samples: readonly Sample[]) => readonly Sample[], boolean]>([
    ['every other one is missing', (samples) => samples.filter((_, index) => index % 2 === 0), true],
    ['no event came', (samples) => samples, false],
  ])('tells about the same where %s', (_, changed, events) => {
    const found = iterationsOf(changed(stuck.samples), events ? stuck.marks : []);
    expect(found.map(({ number }) => number)).toEqual(plainly.map(({ number }) => number));
    found.forEach((iteration, index) => {
      const truth = plainly[index];
      expect(Math.abs(iteration.startMs - (truth?.startMs ?? 0))).toBeLessThan(700);
      if (truth?.dirtiedBytes === undefined) return;
      expect(Math.abs((iteration.dirtiedBytes ?? 0) - truth.dirtiedBytes) / mib).toBeLessThan(15);
    });
  });

  it('tells the rounds of a host that counts none by what remains, which only a sync makes more', () => {
    const run = migrate({ workingSetMiB: 100, zeroMiB: 0, rateMiBps: 60, shape: 'sweep', untilMs: 60_000 });
    const truth = iterationsOf(run.samples, run.marks);
    const found = iterationsOf(run.samples.map(old));
    expect(found.map(({ number }) => number)).toEqual(truth.map(({ number }) => number));
    found.forEach(({ dirtiedBytes = 0 }, index) => {
      expect(Math.abs(dirtiedBytes - (truth[index]?.dirtiedBytes ?? 0)) / mib).toBeLessThan(15);
    });
  });

  it('does not trust a round in which nobody looked', () => {
    const [first] = stuck.samples.filter(({ elapsedMs }) => elapsedMs > 25_000);
    const gap = stuck.samples.filter(({ elapsedMs }) => elapsedMs < 20_000 || elapsedMs > 32_000);
    expect(first).toBeDefined();
    const found = iterationsOf(gap, []);
    expect(found.some(({ watched }) => !watched)).toBe(true);
    expect(found.every(({ dirtiedBytes }) => (dirtiedBytes ?? 0) <= 512 * mib)).toBe(true);
  });

  describe('begin with memory, not with libvirt’s clock', () => {
    /** Libvirt connected its hosts, or copied disks, for so long before. */
    const later = (ms: number): readonly Sample[] =>
      stuck.samples.map((sample) => ({ ...sample, atMs: sample.atMs + ms, elapsedMs: sample.elapsedMs + ms }));
    const startOf = (samples: readonly Sample[]): number => iterationsOf(samples)[0]?.startMs ?? NaN;
    const [before] = stuck.samples;
    if (before === undefined) throw new Error('no sample');
    const job = { ...before.job, memoryProcessedBytes: 0, memoryConstantPages: 0 };

    it('where they were seen from their first bytes on', () => {
      expect(Math.abs(startOf(later(1_400)) - 1_400)).toBeLessThan(300);
    });

    it('where disks were copied first, of which readings tell', () => {
      const disks = { ...before, elapsedMs: 59_500, job: { ...job, memoryTotalBytes: 0, memoryRemainingBytes: 0 } };
      expect(Math.abs(startOf([disks, ...later(60_000)]) - 60_000)).toBeLessThan(600);
    });

    it('where disks were copied first, and virsh tells the sum alone', () => {
      const disks = [59_500, 58_500].map((elapsedMs) => ({
        ...before,
        elapsedMs,
        job: {
          ...before.job,
          memoryTotalBytes: undefined,
          memoryRemainingBytes: undefined,
          memoryProcessedBytes: undefined,
          memoryConstantPages: undefined,
          dataTotalBytes: 100 * mib,
          dataProcessedBytes: 50 * mib,
          diskTotalBytes: 100 * mib,
        },
      }));
      expect(Math.abs(startOf([...disks, ...later(60_000)]) - 60_000)).toBeLessThan(600);
    });

    it('no later than the first of their pages: those of zeros are sent for nothing', () => {
      const zeros = later(400).map((sample, index) =>
        index < 20 ? { ...sample, job: { ...sample.job, memoryProcessedBytes: 0, memoryConstantPages: 500 } } : sample,
      );
      expect(startOf(zeros)).toBe(zeros[0]?.elapsedMs);
    });

    it('or at the set-up’s end, where nobody saw the first bytes', () => {
      const seenLate = stuck.samples.slice(8).map((sample) => ({ ...sample, job: { ...sample.job, setupTimeMs: 30 } }));
      expect(startOf(seenLate)).toBe(30);
    });
  });

  it('says nothing before the first byte of memory', () => {
    expect(iterationsOf([])).toEqual([]);
  });
});
