import { describe, expect, it } from 'vitest';
import { presentOf } from '../../../../src/migration/forecast/present.js';
import type { Mark, Phase, Sample } from '../../../../src/migration/model.js';
import { figures } from '../figures.js';

const mib = 2 ** 20;
const total = 4096 * mib;

/** Readings as they are pasted from a terminal: now and then, and by a libvirt that tells no bandwidth. */
function pasted(...readings: readonly (readonly [elapsedMs: number, sentMiB: number, capMiBps?: number])[]): Sample[] {
  return readings.map(([elapsedMs, sentMiB, speedLimitMiBps]) => {
    const sent = sentMiB * mib;
    const job = figures({
      type: 'unbounded',
      operation: 'outgoingMigration',
      memoryTotalBytes: total,
      memoryProcessedBytes: sent,
      memoryRemainingBytes: total - sent,
      memoryNormalBytes: sent,
      memoryIteration: 1,
    });
    return { atMs: elapsedMs, elapsedMs, job, maxDowntimeMs: undefined, speedLimitMiBps };
  });
}

function bandwidthMiBps(samples: readonly Sample[]): number | undefined {
  const present = presentOf({ samples, marks: [], state: { phase: 'precopy' } });
  return present?.bandwidthBytesPerSecond === undefined ? undefined : present.bandwidthBytesPerSecond / mib;
}

describe('the bandwidth of now', () => {
  it('of readings that are ten seconds apart is that between the last two, not that of the whole migration', () => {
    const samples = pasted([10_000, 400], [20_000, 800], [30_000, 1200], [40_000, 1300]);
    expect(bandwidthMiBps(samples)).toBeCloseTo(10, 5);
  });

  it('after a gap is what libvirt tells of now', () => {
    const [early, late] = pasted([10_000, 400], [250_000, 6_400]);
    if (early === undefined || late === undefined) throw new Error('no readings');
    const told = { ...late, job: { ...late.job, memoryBytesPerSecond: 100 * mib } };
    expect(bandwidthMiBps([early, told])).toBeCloseTo(100, 5);
  });

  it('of readings each second is that of the last seconds', () => {
    const seconds = Array.from({ length: 30 }, (_, second) => second + 1);
    const samples = pasted(
      ...seconds.map((second) => [second * 1000, second < 15 ? second * 40 : 600 + second] as const),
    );
    expect(bandwidthMiBps(samples)).toBeCloseTo(1, 5);
  });

  it('is the average so far where one reading is all there is by the cap in force', () => {
    const samples = pasted([10_000, 400, 40], [20_000, 800, 40], [30_000, 900, 10]);
    expect(bandwidthMiBps(samples)).toBeCloseTo(30, 5);
  });
});

describe('the turns of a guest', () => {
  /** Busy, idle and busy again, for ten seconds each. */
  const samples = pasted(...Array.from({ length: 30 }, (_, at) => [(at + 1) * 1000, (at + 1) * 20] as const)).map(
    (sample, at): Sample => ({ ...sample, vcpuMs: 500 * Math.min(at, 10) + 500 * Math.max(0, at - 20) }),
  );
  const phase = (elapsedMs: number, is: Phase): Mark => ({ kind: 'phase', atMs: elapsedMs, elapsedMs, phase: is });
  const turns = (marks: readonly Mark[] = [], now: Phase = 'precopy', of: readonly Sample[] = samples): number =>
    1 + (presentOf({ samples: of, marks, state: { phase: now } })?.activity?.before.length ?? 0);

  it('are those of its virtual CPUs', () => {
    expect(turns()).toBe(3);
  });

  it('are none that somebody made by a pause', () => {
    const paused = [phase(500, 'precopy'), phase(11_000, 'paused')];
    expect(turns(paused, 'paused')).toBe(1);
    expect(turns([...paused, phase(21_000, 'precopy')])).toBe(1);
  });

  it('are none that auto-converge makes', () => {
    const throttled = samples.map((sample, at) =>
      at < 10 ? sample : { ...sample, job: { ...sample.job, autoConvergeThrottlePercent: 40 } },
    );
    expect(turns([], 'precopy', throttled)).toBe(1);
  });
});
