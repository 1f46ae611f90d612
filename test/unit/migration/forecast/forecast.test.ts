import { describe, expect, it } from 'vitest';
import { forecast, type Forecast, outlookOf, type Settings } from '../../../../src/migration/forecast/forecast.js';
import { sureEnough } from '../../../../src/migration/forecast/verdict.js';
import { iterationsOf } from '../../../../src/migration/forecast/iterations.js';
import type { History } from '../../../../src/migration/forecast/present.js';
import type { Phase, Sample } from '../../../../src/migration/model.js';
import { FakeMigration } from '../../fakes.js';
import { migrate, seenUntil, type SimulatedGuest } from './simulatedGuest.js';

function askedAt(
  guest: SimulatedGuest,
  elapsedMs: number,
  settings: Settings = {},
  phase: Phase = 'precopy',
): Forecast {
  return forecast({ ...seenUntil(migrate(guest), elapsedMs), state: { phase } }, settings);
}

function finishing(said: Forecast): Extract<Forecast, { kind: 'finishes' }> {
  if (said.kind !== 'finishes') throw new Error(`it says ${said.kind}`);
  return said;
}

const mib = 2 ** 20;
const converging = { workingSetMiB: 200, rateMiBps: 6 } as const;
const stuck = { workingSetMiB: 100, rateMiBps: 60 } as const;
/** No cap holds it back: its QEMU looks after each burst whether the rest fits, as the simulated one does. */
const byLink = { speedMiBps: 1000, linkMiBps: 20 } as const;

describe('the forecast', () => {
  it.each<[string, SimulatedGuest]>([
    ['a guest that writes here and there, slowly', converging],
    ['a guest that sweeps its memory slowly', { workingSetMiB: 200, rateMiBps: 10, shape: 'sweep' }],
    ['a guest that nearly keeps up', { workingSetMiB: 300, rateMiBps: 14 }],
  ])('knows after the second round when %s will have moved, within 12 %%', (_, guest) => {
    const run = migrate(guest);
    expect(run.endedMs).toBeDefined();
    const endedMs = run.endedMs ?? 0;
    const atMs = (run.marks[1]?.elapsedMs ?? endedMs) + 1_050;
    const said = finishing(askedAt(guest, atMs));
    const lastMs = seenUntil(run, atMs).samples.at(-1)?.elapsedMs ?? 0;
    expect(Math.abs(lastMs + said.medianMs - endedMs) / endedMs).toBeLessThan(0.12);
  });

  it.each<[string, SimulatedGuest]>([
    ['an idle guest', { workingSetMiB: 0.25, rateMiBps: 0 }],
    ['a working set that fits into the downtime', { workingSetMiB: 4, rateMiBps: 40 }],
  ])('tells in the first round at least how long it takes of %s', (_, guest) => {
    const { endedMs = 0 } = migrate(guest);
    for (const atMs of [5_000, 10_000, 15_000]) {
      const said = finishing(askedAt(guest, atMs));
      expect(said.intervalMs[0]).toBeLessThan(endedMs - atMs + 500);
      expect(said.intervalMs[0]).toBeGreaterThan(0.3 * (endedMs - atMs) - 500);
      expect(said.atLeast).toBe(true);
    }
  });

  it.each<[string, SimulatedGuest]>([
    ['writes here and there faster than the network', stuck],
    ['sweeps faster than the network', { ...stuck, shape: 'sweep' }],
    ['writes twice as fast as the network', { workingSetMiB: 200, rateMiBps: 40 }],
  ])('says never, and stays with it, when a guest %s', (_, guest) => {
    const run = migrate({ ...guest, untilMs: 90_000 });
    expect(run.endedMs).toBeUndefined();
    for (const { elapsedMs } of run.samples.filter(({ elapsedMs: ms }) => ms > 35_000))
      expect(forecast({ ...seenUntil(run, elapsedMs), state: { phase: 'precopy' } })).toMatchObject({ kind: 'never' });
  });

  it.each([
    [200, 25],
    [300, 21],
    [340, 21],
  ])(
    'says of no guest without a doubt that it ends, where it writes %i MiB here and there, at %i MiB/s of which 20 are carried',
    (workingSetMiB, rateMiBps) => {
      const run = migrate({ workingSetMiB, rateMiBps, untilMs: 90_000 });
      expect(run.endedMs).toBeUndefined();
      const ends = run.samples
        .filter(({ elapsedMs }) => elapsedMs > 22_000)
        .map(({ elapsedMs }) => forecast({ ...seenUntil(run, elapsedMs), state: { phase: 'precopy' } }))
        .filter((said) => said.kind === 'finishes');
      expect(ends.length).toBeGreaterThan(0);
      expect(ends.filter(({ sure }) => sure >= sureEnough)).toEqual([]);
    },
  );

  it('never says that it is sure of never: a load may stop', () => {
    const said = askedAt(stuck, 60_000);
    expect(said.kind === 'never' && said.sure).toBeGreaterThan(0.75);
    expect(said.kind === 'never' && said.sure).toBeLessThan(1);
  });

  it('is too early only in the first seconds, and then tells at least what the first round takes', () => {
    expect(askedAt(converging, 1_000)).toEqual({ kind: 'tooEarly' });
    const said = finishing(askedAt(converging, 6_000));
    expect(said.atLeast).toBe(true);
    expect(said.intervalMs[1]).toBeUndefined();
  });

  type MeasuredSpans = NonNullable<Sample['measured']>;
  const spans = (...told: readonly (readonly [seconds: number, dirtiedMiB: number])[]): MeasuredSpans =>
    told.map(([seconds, dirtiedMiB]) => ({ seconds, dirtiedBytes: dirtiedMiB * mib }));
  const seen = (guest: SimulatedGuest, atMs: number, told?: MeasuredSpans, held: Partial<Sample> = {}): History => {
    const { samples, marks } = seenUntil(migrate(guest), atMs);
    const [first, ...rest] = samples;
    if (first === undefined) throw new Error('no sample');
    return { samples: [{ ...first, measured: told, ...held }, ...rest], marks, state: { phase: 'precopy' } };
  };
  const measured = (...of: Parameters<typeof seen>): Forecast => forecast(seen(...of));

  it('tells in the first round the least time, and no never, of a guest that was measured to write more than is sent', () => {
    const said = measured(stuck, 6_000, spans([1, 50]));
    expect(said).toEqual(askedAt(stuck, 6_000));
    expect(finishing(said).atLeast).toBe(true);
  });

  it('tells in the first round that it probably never ends, of a guest that was also watched, and measured for long enough', () => {
    const told = spans([1, 50], [5, 100], [20, 100]);
    const watchedFor = (seconds: number): Partial<Sample> => ({
      earlierVcpus: Array.from({ length: seconds }, (_, at) => [1000 * (at - seconds), 500 * at] as const),
    });
    const said = measured(stuck, 6_000, told, watchedFor(30));
    expect(said).toMatchObject({ kind: 'never' });
    expect(said.kind === 'never' && said.sure).toBeLessThan(0.75);
    expect(measured(stuck, 1_000, told, watchedFor(30))).toEqual({ kind: 'tooEarly' });
    expect(finishing(measured(stuck, 6_000, told, watchedFor(10))).atLeast).toBe(true);
    // A form that was open a minute ago, for a moment, was no watch.
    const gap = {
      earlierVcpus: [
        [-90_000, 0],
        [-1_000, 40_000],
      ] as const,
    };
    expect(finishing(measured(stuck, 6_000, told, gap)).atLeast).toBe(true);
    // Quiet all along, and in the last seconds a gust.
    const gust = spans([1, 0], [5, 0], [20, 0], [5, 100]);
    expect(measured(stuck, 6_000, gust, watchedFor(40)).kind).toBe('finishes');
    expect(finishing(measured(stuck, 6_000, spans([1, 50], [5, 100]), watchedFor(30))).atLeast).toBe(true);
    expect(finishing(measured(converging, 8_000, spans([1, 6], [5, 30], [20, 90]), watchedFor(30))).atLeast).toBe(
      false,
    );
  });

  it('tells in the first round no never while zero pages go by: what the network carries is not known then', () => {
    const { samples, marks } = seenUntil(migrate(stuck), 6_000);
    const earlierVcpus = Array.from({ length: 30 }, (_, at) => [1000 * (at - 30), 500 * at] as const);
    const told = { earlierVcpus, measured: spans([1, 50], [5, 100], [20, 100]) };
    const said = (zerosAPage: number): Forecast => {
      const uncapped = samples.map((sample, index): Sample => ({
        ...sample,
        ...(index === 0 ? told : {}),
        speedLimitMiBps: undefined,
        job: { ...sample.job, memoryConstantPages: zerosAPage * (sample.job.memoryNormalPages ?? 0) },
      }));
      return forecast({ samples: uncapped, marks, state: { phase: 'precopy' } });
    };
    expect(said(0).kind).toBe('never');
    expect(finishing(said(3)).atLeast).toBe(true);
  });

  it('tells in the first round a time, not only the least, of a guest that was measured to write little', () => {
    const run = migrate(converging);
    const said = finishing(measured(converging, 8_000, spans([1, 6])));
    const [low, high = Infinity] = said.intervalMs;
    expect(said.atLeast).toBe(false);
    expect((run.endedMs ?? 0) - 8_000).toBeGreaterThan(low);
    expect((run.endedMs ?? 0) - 8_000).toBeLessThan(high);
  });

  it('tells the time of a compressed one by what its second round sends in full', () => {
    const compressed: SimulatedGuest = { workingSetMiB: 100, rateMiBps: 40, shape: 'sweep', compressedTo: 0.05 };
    const { endedMs = NaN } = migrate(compressed);
    const said = finishing(measured(compressed, 12_500, spans([1, 40], [5, 100], [20, 100])));
    expect(Math.abs(12_500 + said.medianMs - endedMs) / endedMs).toBeLessThan(0.25);
  });

  it('takes what many measurements by samples go up and down by for chance, not for a larger working set', () => {
    // As they were told of such a guest of the lab: of 64 MiB, 53 to 84.
    const told = spans([1, 6], [5, 70], [20, 60], [5, 80], [5, 50]);
    const guest = { workingSetMiB: 64, rateMiBps: 14, shape: 'sweep' } as const;
    const ways = outlookOf(seen(guest, 8_000, told))?.fit.hypotheses ?? [];
    const meanMiB = ways.reduce((sum, { weight, workingSetBytes }) => sum + (weight * workingSetBytes) / mib, 0);
    expect(meanMiB).toBeGreaterThan(55);
    expect(meanMiB).toBeLessThan(85);
    expect(Math.min(...ways.map(({ workingSetBytes }) => workingSetBytes / mib))).toBeLessThan(64);
  });

  it('is put right by five measured seconds where one saw too little', () => {
    const { endedMs = NaN } = migrate(converging);
    const off = (told: MeasuredSpans): number => {
      const said = finishing(measured(converging, 8_000, told));
      return Math.abs(said.medianMs - (endedMs - 8_000)) / endedMs;
    };
    expect(off(spans([1, 0]))).toBeGreaterThan(0.2);
    expect(off(spans([1, 0], [5, 30]))).toBeLessThan(0.12);
  });

  it('takes a load that fell for less of the same memory: small rounds are to come', () => {
    const guest: SimulatedGuest = {
      memoryMiB: 1024,
      workingSetMiB: 600,
      shape: 'sweep',
      rateMiBps: (atMs) => (atMs < 50_000 ? 200 : 40),
      speedMiBps: 60,
    };
    const run = migrate({ ...guest, untilMs: 200_000 });
    // The first round that saw nothing of the old load has just ended.
    const ends = iterationsOf(run.samples, run.marks).filter(({ startMs }) => startMs >= 50_000);
    const atMs = (ends[0]?.endMs ?? NaN) + 1_000;
    const said = finishing(forecast({ ...seenUntil(run, atMs), state: { phase: 'precopy' } }));
    expect(Math.abs(said.medianMs - ((run.endedMs ?? NaN) - atMs))).toBeLessThan(0.5 * (run.endedMs ?? NaN));
  });

  describe('of a guest whose virtual CPUs work by turns', () => {
    const isBusy = (atMs: number): boolean => atMs % 40_000 < 30_000;
    const byTurns: SimulatedGuest = {
      ...byLink,
      workingSetMiB: 160,
      shape: 'sweep',
      rateMiBps: (atMs) => (isBusy(atMs) ? 40 : 0),
      vcpus: (atMs) => (isBusy(atMs) ? 0.5 : 0.01),
    };
    const untold = { ...byTurns, vcpus: undefined };

    it('knows that it ends in an idle turn, and about when, where the rounds alone say never', () => {
      const { endedMs = NaN } = migrate(byTurns);
      for (const atMs of [52_500, 60_500, 68_500]) {
        expect(askedAt(untold, atMs).kind).toBe('never');
        expect(finishing(askedAt(byTurns, atMs)).sure).toBeGreaterThan(0.7);
      }
      const { intervalMs } = finishing(askedAt(byTurns, 68_500));
      expect(endedMs - 68_500).toBeGreaterThan(intervalMs[0]);
      expect(endedMs - 68_500).toBeLessThan(intervalMs[1] ?? NaN);
    });

    it('knows what a pause has to send: nothing is dirtied in an idle turn', () => {
      // Since the last sync it was busy for a moment only.
      const atMs = 36_500;
      const { freezeMs = NaN } = migrate({ ...byTurns, pausedAtMs: atMs });
      const off = (guest: SimulatedGuest): number =>
        Math.abs(finishing(askedAt(guest, atMs, { pause: true })).freezeMs - freezeMs) / freezeMs;
      expect(off(byTurns)).toBeLessThan(0.2);
      expect(off(byTurns)).toBeLessThan(off(untold));
    });

    it('knows that one which writes less than is sent ends, however short its turns are', () => {
      const short: SimulatedGuest = {
        memoryMiB: 2048,
        workingSetMiB: 900,
        rateMiBps: (atMs) => (atMs % 6_000 < 3_000 ? 32 : 0),
        vcpus: (atMs) => (atMs % 6_000 < 3_000 ? 0.5 : 0.01),
      };
      const { endedMs = NaN } = migrate(short);
      const atMs = 130_000;
      const said = finishing(askedAt(short, atMs));
      expect(Math.abs(atMs + said.medianMs - endedMs) / endedMs).toBeLessThan(0.25);
    });

    it('does not expect it to be idle again for ever because it once was', () => {
      const isBusyNow = (atMs: number): boolean => atMs < 20_000 || atMs >= 32_000;
      const once: SimulatedGuest = {
        workingSetMiB: 300,
        shape: 'sweep',
        rateMiBps: (atMs) => (isBusyNow(atMs) ? 40 : 0),
        vcpus: (atMs) => (isBusyNow(atMs) ? 0.5 : 0.01),
      };
      const said = askedAt(once, 200_000);
      expect(said.kind === 'never' && said.sure).toBeGreaterThan(0.9);
    });

    it('goes by the rounds where they show that it writes on in its idle turns', () => {
      for (const atMs of [45_000, 65_000]) {
        const said = askedAt({ ...byTurns, rateMiBps: 40 }, atMs);
        expect(said.kind === 'never' && said.sure).toBeGreaterThan(0.65);
      }
    });
  });

  it('goes by the rounds once they say otherwise than what was measured', () => {
    const said = measured(stuck, 60_000, spans([1, 0]));
    expect(said.kind === 'never' && said.sure).toBeGreaterThan(0.75);
  });

  it('counts in the first round with no more memory than QEMU holds of its host', () => {
    const guest = { memoryMiB: 4096, zeroMiB: 3584, workingSetMiB: 0.25, rateMiBps: 0 };
    const { endedMs = 0 } = migrate(guest);
    const atMs = 4_000;
    const off = (held: Partial<Sample>, told?: MeasuredSpans): number =>
      Math.abs(finishing(measured(guest, atMs, told, held)).medianMs - (endedMs - atMs)) / (endedMs - atMs);
    expect(off({ residentBytes: (512 + 80) * mib })).toBeLessThan(0.2);
    expect(off({}, spans([1, 0]))).toBeGreaterThan(1);
    // Huge pages are not counted as its process's: what QEMU itself needs is no memory of the guest's.
    expect(off({ residentBytes: 90 * mib })).toBe(off({}));
    expect(off({ residentBytes: (512 + 25) * mib })).toBe(off({}));
  });

  it('does not go by what QEMU holds where more zero pages come by than that allows: the guest has cleared them', () => {
    // The guest has touched all of its memory, and cleared three quarters: those come first here.
    const { samples, marks } = seenUntil(
      migrate({ memoryMiB: 2048, zeroMiB: 0, workingSetMiB: 0.25, rateMiBps: 0 }),
      6_000,
    );
    const cleared = samples.map((sample) => ({
      ...sample,
      job: {
        ...sample.job,
        memoryConstantPages: 3 * (sample.job.memoryNormalPages ?? 0),
        memoryRemainingBytes: (sample.job.memoryTotalBytes ?? 0) - 4 * (sample.job.memoryNormalBytes ?? 0),
      },
    }));
    const at = (residentBytes: number | undefined): Forecast =>
      forecast({
        samples: cleared.map((sample, index) => (index === 0 ? { ...sample, residentBytes } : sample)),
        marks,
        state: { phase: 'precopy' },
      });
    expect(finishing(at(2100 * mib))).toEqual(finishing(at(undefined)));
  });

  it('counts no memory that was never used to what post-copy has to fetch in the first round', () => {
    const guest = { memoryMiB: 4096, zeroMiB: 3584, workingSetMiB: 0.25, rateMiBps: 0 };
    const told = { residentBytes: (512 + 60) * mib };
    const { samples, marks } = seenUntil(migrate(guest), 4_000);
    const all = samples.map((sample, index) => (index === 0 ? { ...sample, ...told } : sample));
    const of = (settings: Settings): number =>
      finishing(forecast({ samples: all, marks, state: { phase: 'precopy' } }, settings)).medianMs;
    expect(of({ postcopy: true })).toBeLessThan(1.3 * of({ pause: true }));
  });

  it('says nothing in the first seconds, measured or not', () => {
    expect(measured(stuck, 1_000, spans([1, 0]))).toEqual({ kind: 'tooEarly' });
  });

  it('gives up hoping for compression that has brought nothing in its first rounds', () => {
    const run = migrate({ ...stuck, compressedTo: 1 });
    const seen = seenUntil(run, 60_000);
    const samples = seen.samples.map((sample) => ({ ...sample, job: { ...sample.job, compressionPages: 0 } }));
    expect(forecast({ ...seen, samples, state: { phase: 'precopy' } })).toMatchObject({ kind: 'never' });
  });

  it.each<[string, Settings, number]>([
    ['a max downtime of 6 s', { maxDowntimeMs: 6_000 }, 60_000],
    ['a speed of 100 MiB/s', { speedMiBps: 100 }, 60_000],
  ])('tells when a stuck migration would end with %s', (_, settings, atMs) => {
    const said = finishing(askedAt({ ...stuck, shape: 'sweep' }, atMs, settings));
    const changed = migrate({
      ...stuck,
      shape: 'sweep',
      ...(settings.maxDowntimeMs === undefined
        ? {}
        : { maxDowntimeMs: (ms: number) => (ms > atMs ? (settings.maxDowntimeMs ?? 0) : 300) }),
      ...(settings.speedMiBps === undefined
        ? {}
        : { speedMiBps: (ms: number) => (ms > atMs ? (settings.speedMiBps ?? 0) : 20) }),
    });
    expect(changed.endedMs).toBeDefined();
    expect(Math.abs(said.medianMs - ((changed.endedMs ?? 0) - atMs))).toBeLessThan(1_500);
  });

  it('still says never for a max downtime that is too short', () => {
    expect(askedAt({ ...stuck, shape: 'sweep' }, 60_000, { maxDowntimeMs: 1_000 })).toMatchObject({ kind: 'never' });
  });

  it.each([45_300, 51_300, 58_700])('tells the freeze of a pause at %i ms within 20 %%', (atMs) => {
    const guest: SimulatedGuest = { ...stuck, ...byLink, shape: 'sweep' };
    const run = migrate({ ...guest, pausedAtMs: atMs });
    const said = finishing(askedAt(guest, atMs, { pause: true }));
    expect(Math.abs(said.freezeMs - (run.freezeMs ?? 0)) / (run.freezeMs ?? 1)).toBeLessThan(0.2);
  });

  it('tells how long a paused guest still stands still', () => {
    const pausedAtMs = 50_000;
    const run = migrate({ ...stuck, pausedAtMs });
    const mark = { kind: 'phase' as const, atMs: pausedAtMs, elapsedMs: pausedAtMs, phase: 'paused' as const };
    const seen = seenUntil(run, 53_000);
    const said = finishing(forecast({ ...seen, marks: [...seen.marks, mark], state: { phase: 'paused' } }));
    expect(Math.abs(said.freezeMs - (run.freezeMs ?? 0)) / (run.freezeMs ?? 1)).toBeLessThan(0.2);
  });

  it('does not take for another load that each round, long or short, finds dirty all that can be', () => {
    const outlook = outlookOf({
      ...seenUntil(migrate({ ...stuck, shape: 'sweep' }), 60_000),
      state: { phase: 'precopy' },
    });
    expect(outlook?.fit.changedAtMs).toBeUndefined();
    expect(outlook?.fit.points).toBe(outlook?.present.iterations.filter(({ endMs }) => endMs !== undefined).length);
  });

  it('forgets a load that has stopped within one round', () => {
    const run = migrate({ ...stuck, rateMiBps: (ms) => (ms < 45_000 ? 60 : 1) });
    const [calm] = run.marks.filter(({ elapsedMs }) => elapsedMs > 50_500);
    const atMs = (calm?.elapsedMs ?? 0) + 100;
    expect(run.endedMs).toBeDefined();
    const outlook = outlookOf({
      ...seenUntil(run, Math.min(atMs, (run.endedMs ?? 0) - 50)),
      state: { phase: 'precopy' },
    });
    expect(outlook?.asItIs.kind).toBe('finishes');
  });

  it('forgets a calm that has ended, and says that the guest writes more', () => {
    const run = migrate({ ...converging, rateMiBps: (ms) => (ms < 22_000 ? 8 : 60), untilMs: 80_000 });
    const outlook = outlookOf({ ...seenUntil(run, 60_000), state: { phase: 'precopy' } });
    expect(outlook?.asItIs.kind).toBe('never');
  });

  it('counts, a few readings later, with what another migration leaves of the link', () => {
    const guest = { ...converging, speedMiBps: 1000, linkMiBps: (ms: number) => (ms < 5_000 ? 40 : 12) };
    const said = askedAt(guest, 9_500);
    const { bandwidthBytesPerSecond } = outlookOf({ ...seenUntil(migrate(guest), 9_500), state: { phase: 'precopy' } })
      ?.present ?? { bandwidthBytesPerSecond: undefined };
    expect(said.kind).toBe('finishes');
    expect((bandwidthBytesPerSecond ?? 0) / mib).toBeCloseTo(12, 0);
  });

  it('does not take memory that was never used for what the guest may rewrite', () => {
    const guest = { ...stuck, memoryMiB: 512, zeroMiB: 350 };
    const outlook = outlookOf({ ...seenUntil(migrate(guest), 14_000), state: { phase: 'precopy' } });
    const sizes = outlook?.fit.hypotheses.map(({ workingSetBytes }) => workingSetBytes / mib) ?? [];
    expect(outlook?.fit.points).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 - 350 + 1);
  });

  it('says never at once of one that rewrites all it has faster than a first round that found just that', () => {
    const guest = { workingSetMiB: 64, rateMiBps: 90, memoryMiB: 256, zeroMiB: 150, speedMiBps: 10 };
    const run = migrate({ ...guest, untilMs: 60_000 });
    const atMs = (run.marks[1]?.elapsedMs ?? 0) + 1_050;
    expect(forecast({ ...seenUntil(run, atMs), state: { phase: 'precopy' } })).toMatchObject({ kind: 'never' });
  });

  it('counts on auto-converge once it throttles', () => {
    const run = migrate({ ...stuck, autoConverge: true });
    const said = finishing(forecast({ ...seenUntil(run, 45_000), state: { phase: 'precopy' } }));
    const [low, high = Infinity] = said.intervalMs;
    expect(run.endedMs).toBeDefined();
    expect((run.endedMs ?? 0) - 45_000).toBeGreaterThan(low);
    expect((run.endedMs ?? 0) - 45_000).toBeLessThan(high);
  });

  it('counts on compression once it compresses', () => {
    const guest = { workingSetMiB: 100, rateMiBps: 30, compressedTo: 0.2 };
    const run = migrate(guest);
    const third = run.marks.find((mark) => mark.kind === 'iteration' && mark.iteration === 3);
    const said = askedAt(guest, (third?.elapsedMs ?? 0) + 2_200);
    expect(run.endedMs).toBeDefined();
    expect(said.kind).toBe('finishes');
  });

  it('tells post-copy by what is missing, with a freeze that is short', () => {
    const said = finishing(askedAt(stuck, 60_000, { postcopy: true }));
    expect(said.freezeMs).toBeLessThan(1_000);
    expect(said.medianMs).toBeGreaterThan(3_000);
    expect(said.medianMs).toBeLessThan(11_000);
  });

  it('says that no byte moves, not that it never ends, when the network is gone', () => {
    const { samples, marks } = seenUntil(migrate(stuck), 40_000);
    const last = samples.at(-1);
    if (last === undefined) throw new Error('no sample');
    const silent = Array.from({ length: 8 }, (_, second) => ({
      ...last,
      elapsedMs: last.elapsedMs + 1000 * (second + 1),
    }));
    const said = forecast({ samples: [...samples, ...silent], marks, state: { phase: 'precopy' } });
    expect(said).toEqual({ kind: 'stalled', sinceMs: 8_000 });
  });

  it.each<[number, Forecast]>([
    [3_000, { kind: 'tooEarly' }],
    [40_000, { kind: 'stalled', sinceMs: 40_000 }],
  ])('in set-up, after %i ms, says what is so', (elapsedMs, expected) => {
    const migration = new FakeMigration({ state: { phase: 'setup' } }).sample(elapsedMs, {});
    expect(forecast(migration)).toEqual(expected);
  });

  it('tells at least the time of the disks that are copied first', () => {
    const migration = new FakeMigration({ state: { phase: 'diskCopy' } })
      .sample(1_000, { diskTotalBytes: 4e9, diskRemainingBytes: 2.1e9, diskBytesPerSecond: 1e8 })
      .sample(2_000, { diskTotalBytes: 4e9, diskRemainingBytes: 2e9, diskBytesPerSecond: 1e8 });
    expect(forecast(migration)).toMatchObject({ kind: 'finishes', medianMs: 20_000, atLeast: true });
  });

  it('gives a libvirt that counts no rounds an honest verdict', () => {
    const run = migrate({ ...stuck, untilMs: 90_000 });
    const samples = seenUntil(run, 80_000).samples.map(({ job, ...rest }) => ({
      ...rest,
      maxDowntimeMs: undefined,
      speedLimitMiBps: undefined,
      job: {
        ...job,
        memoryIteration: undefined,
        memoryDirtyPagesPerSecond: undefined,
        memoryBytesPerSecond: undefined,
        memoryPageSizeBytes: undefined,
        downtimeMs: 30,
      },
    }));
    expect(forecast({ samples, marks: [], state: { phase: 'precopy' } })).toMatchObject({ kind: 'never' });
  });

  it('keeps its interval at eight in ten over many guests', () => {
    let told = 0;
    let held = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const guest: SimulatedGuest = {
        workingSetMiB: 40 + 7 * seed,
        rateMiBps: 2 + (seed % 8) * 1.5,
        seed,
        shape: seed % 2 ? 'sweep' : 'scattered',
      };
      const run = migrate(guest);
      const endedMs = run.endedMs ?? Infinity;
      const seen = seenUntil(run, 0.8 * Math.min(endedMs, 100_000));
      const said = forecast({ ...seen, state: { phase: 'precopy' } });
      if (said.kind !== 'finishes' || said.atLeast) continue;
      const left = endedMs - (seen.samples.at(-1)?.elapsedMs ?? 0);
      told += 1;
      if (left >= said.intervalMs[0] && left <= (said.intervalMs[1] ?? Infinity)) held += 1;
    }
    expect(told).toBeGreaterThan(10);
    expect(held / told).toBeGreaterThanOrEqual(0.7);
  });
});
