import { beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../../src/base/errors.js';
import {
  dirtyRateOf,
  forgetMeasured,
  measuredLately,
  measuredOut,
  measureLonger,
  residentBytesOf,
} from '../../../../src/migration/preflight/dirtyRate.js';
import { domain, ScriptedHypervisor, uuid } from '../../scriptedHypervisor.js';

const mib = 2 ** 20;

describe('what a guest writes', () => {
  let hv1: ScriptedHypervisor;
  const signal = new AbortController().signal;
  const measures = (residentMiB = 512): void =>
    void hv1.answers.set('domstats', `  balloon.rss=${residentMiB * 1024}\n  dirtyrate.calc_status=1\n`);
  const measured = (rateMiBps: number, seconds = 1, residentMiB = 512): void =>
    void hv1.answers.set(
      'domstats',
      `  balloon.rss=${residentMiB * 1024}\n  dirtyrate.calc_status=2\n  dirtyrate.calc_period=${seconds}\n` +
        `  dirtyrate.megabytes_per_second=${rateMiBps}\n`,
    );
  const measurements = (): number => hv1.asked.filter((question) => question === 'domdirtyrate-calc').length;
  const looks = (): number => hv1.asked.filter((question) => question === 'domstats').length;
  const untilLookedAgain = async (): Promise<void> => {
    const before = looks();
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(before));
  };
  const heldOf = (residentMiB: number): number =>
    (residentBytesOf(hv1, uuid, {
      residentBytes: residentMiB * mib,
      dirtyBytesPerSecond: undefined,
      periodSeconds: undefined,
      vcpuMs: undefined,
      length: 0,
    }) ?? 0) / mib;

  /** It rests for seconds between some. */
  const hurried = async (begin: () => Promise<void>): Promise<void> => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const state = { over: false };
    void begin().finally(() => (state.over = true));
    try {
      while (!state.over) {
        await vi.advanceTimersByTimeAsync(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      vi.useRealTimers();
    }
  };

  beforeEach(() => {
    hv1 = new ScriptedHypervisor('hv1');
    hv1.domains.set(uuid, domain());
    hv1.answers.set('domjobinfo', 'Job type: None\n').set('domstate', 'running (booted)\n');
    hv1.answers.set('help', '  OPTIONS\n    [--seconds] <number>\n');
    hv1.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
    measured(7);
  });

  it('is measured for five seconds after the one, for twenty after those, and then again, so often in some minutes', async () => {
    expect(await dirtyRateOf(hv1, uuid)).toBe(7 * mib);
    expect(measuredLately(hv1, uuid)).toEqual([{ seconds: 1, dirtiedBytes: 7 * mib }]);
    const measuredMiB = (): number[] => measuredLately(hv1, uuid).map(({ dirtiedBytes }) => dirtiedBytes / mib);
    measured(6, 5);
    await measureLonger(hv1, uuid, signal);
    // Another one's twenty seconds would have been told as such.
    expect(measuredMiB()).toEqual([7, 30]);
    measured(5, 20);
    await hurried(() => measureLonger(hv1, uuid, signal));
    expect(measuredMiB()).toEqual([7, 30, 100]);
    for (const seconds of [5, 20, 5, 20]) {
      measured(5, seconds);
      await hurried(() => measureLonger(hv1, uuid, signal));
    }
    expect(measuredMiB()).toEqual([7, 30, 100, 25, 25, 100, 25, 25, 100]);
    const { length } = hv1.asked;
    await measureLonger(hv1, uuid, signal);
    expect(hv1.asked).toHaveLength(length);
  });

  it('is measured no longer once that has taken much of its host’s memory', async () => {
    hv1.domains.set(uuid, domain({ memoryBytes: 8 * 2 ** 30 }));
    measures(512);
    hv1.answers.set('nodememstats', 'total  : 67108864 KiB\nfree   : 33554432 KiB\n');
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(1));
    measured(7, 1, 1700);
    await told;
    measured(5, 5, 1700);
    await measureLonger(hv1, uuid, signal);
    expect(measurements()).toBe(1);
    expect(measuredLately(hv1, uuid)).toHaveLength(1);
  });

  describe('that has used little of its memory', () => {
    const free = (gib: number): void =>
      void hv1.answers.set('nodememstats', `total  : 536870912 KiB\nfree   : ${gib * 2 ** 20} KiB\n`);

    beforeEach(() => {
      hv1.domains.set(uuid, domain({ memoryBytes: 64 * 2 ** 30 }));
      hv1.answers.set('dumpxml', '<domain><name>web-1</name></domain>');
    });

    it('is not measured where QEMU might take more than half of what its host has free', async () => {
      free(100);
      await expect(dirtyRateOf(hv1, uuid)).rejects.toThrow(
        /^measuring might have QEMU take 63\.5 GiB that the guest has never used, and that is more than half of what hv1 has free \(100 GiB\)$/,
      );
      expect(measurements()).toBe(0);
      free(160);
      expect(await dirtyRateOf(hv1, uuid)).toBe(7 * mib);
    });

    it('is not measured while others take what is free, and is after that', async () => {
      const other = uuid.replaceAll('1', '2');
      hv1.domains.set(other, domain({ uuid: other, memoryBytes: 64 * 2 ** 30 }));
      free(160);
      const told = await Promise.allSettled([dirtyRateOf(hv1, uuid), dirtyRateOf(hv1, other)]);
      expect(told.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await dirtyRateOf(hv1, other)).toBe(7 * mib);
    });

    it('is not measured where nobody tells what is free', async () => {
      await expect(dirtyRateOf(hv1, uuid)).rejects.toThrow('measuring might have QEMU take');
    });

    it('is measured where it has huge pages, which are its own from its start', async () => {
      free(1);
      hv1.answers.set('dumpxml', '<domain><name>web-1</name><memoryBacking><hugepages/></memoryBacking></domain>');
      expect(await dirtyRateOf(hv1, uuid)).toBe(7 * mib);
    });
  });

  it('keeps of single seconds the last alone: one is measured at each pre-flight', async () => {
    await dirtyRateOf(hv1, uuid);
    measured(6, 5);
    await measureLonger(hv1, uuid, signal);
    measured(9);
    await dirtyRateOf(hv1, uuid);
    expect(measuredLately(hv1, uuid).map(({ dirtiedBytes }) => dirtiedBytes / mib)).toEqual([30, 9]);
  });

  it('is measured no longer while it stands still: that it writes nothing then says nothing', async () => {
    await dirtyRateOf(hv1, uuid);
    hv1.domains.set(uuid, domain({ state: 'paused', reason: 'user' }));
    await measureLonger(hv1, uuid, signal);
    expect(measurements()).toBe(1);
  });

  it('is measured no more than twice for longer where it is large: QEMU looks at many of its pages each time', async () => {
    hv1.domains.set(uuid, domain({ memoryBytes: 16 * 2 ** 30 }));
    measured(7, 1, 16 * 1024);
    await dirtyRateOf(hv1, uuid);
    for (const seconds of [5, 20, 5]) {
      measured(5, seconds, 16 * 1024);
      await measureLonger(hv1, uuid, signal);
    }
    expect(measuredLately(hv1, uuid).map(({ seconds }) => seconds)).toEqual([1, 5, 20]);
  });

  it('is known how busy its virtual CPUs were meanwhile', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    const vcpus = (ms: number): string => `  vcpu.0.time=${ms * 1e6}\n  vcpu.1.time=${3 * ms * 1e6}\n`;
    hv1.answers.set('domstats', `${vcpus(1000)}  dirtyrate.calc_status=1\n`);
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(1));
    clock.mockReturnValue(2000);
    hv1.answers.set('domstats', `${vcpus(1500)}  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n`);
    await told;
    clock.mockRestore();
    expect(measuredLately(hv1, uuid)[0]?.vcpus).toBe(1);
  });

  it('is measured for no five seconds where nobody measured one, what asked was given up, or it migrates by then', async () => {
    await measureLonger(hv1, uuid, signal);
    await dirtyRateOf(hv1, uuid);
    await measureLonger(hv1, uuid, AbortSignal.abort());
    hv1.answers.set('domjobinfo', 'Job type: 2\n');
    await measureLonger(hv1, uuid, signal);
    expect(measurements()).toBe(1);
  });

  it('is measured on by the next who asks, where the one before was given up meanwhile', async () => {
    await dirtyRateOf(hv1, uuid);
    measures();
    const first = new AbortController();
    const given = measureLonger(hv1, uuid, first.signal);
    await vi.waitFor(() => expect(measurements()).toBe(2));
    first.abort();
    const next = measureLonger(hv1, uuid, signal);
    measured(6, 5);
    await given;
    await next;
    // What is told of the third is still the second's.
    expect(measurements()).toBe(3);
  });

  it('is told again as it was seconds ago while the longer measurement runs: QEMU has one at a time', async () => {
    await dirtyRateOf(hv1, uuid);
    measures();
    const longer = measureLonger(hv1, uuid, signal);
    await vi.waitFor(() => expect(measurements()).toBe(2));
    expect(await dirtyRateOf(hv1, uuid)).toBe(7 * mib);
    expect(measurements()).toBe(2);
    measured(9, 6);
    await longer;
    expect(measuredLately(hv1, uuid)[1]?.dirtiedBytes).toBe(45 * mib);
  });

  it('is measured once for two who ask at once, also where the first of them gives up', async () => {
    measures();
    const both = [dirtyRateOf(hv1, uuid), dirtyRateOf(hv1, uuid)];
    await vi.waitFor(() => expect(measurements()).toBe(1));
    measured(7);
    expect(await Promise.all(both)).toEqual([7 * mib, 7 * mib]);
    const given = dirtyRateOf(hv1, uuid, AbortSignal.abort());
    const other = dirtyRateOf(hv1, uuid);
    await expect(given).rejects.toThrow('the pre-flight was given up');
    expect(await other).toBe(7 * mib);
    expect(measurements()).toBe(2);
  });

  it('is measured once nobody else measures: another window may in this moment', async () => {
    hv1.answers.set('domdirtyrate-calc', new UserError('the dirty rate is already being measured.'));
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(2));
    hv1.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
    expect(await told).toBe(7 * mib);
  });

  it('is given up where somebody else measures for longer than any window of ours does', async () => {
    hv1.answers.set('domdirtyrate-calc', new UserError('the dirty rate is already being measured.'));
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    const told = dirtyRateOf(hv1, uuid).catch((error: unknown) => error);
    await vi.waitFor(() => expect(measurements()).toBe(1));
    clock.mockReturnValue(25_000);
    await vi.waitFor(() => expect(measurements()).toBe(2), 5_000);
    clock.mockReturnValue(29_000);
    expect(await told).toEqual(new UserError('QEMU measures for somebody else'));
    clock.mockRestore();
  });

  it('is never what another window measured for five seconds in its place', async () => {
    measured(3, 5);
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(2));
    measured(7, 2);
    // A busy host takes longer, and that is told.
    measured(7, 1);
    expect(await told).toBe(7 * mib);
    await measureLonger(hv1, uuid, signal);
    expect(measuredLately(hv1, uuid)).toHaveLength(1);
  });

  it('keeps a start waiting while a second is measured, and until the longer measurement has begun', async () => {
    measures();
    const order: string[] = [];
    const second = dirtyRateOf(hv1, uuid).then(() => order.push('second'));
    await vi.waitFor(() => expect(measurements()).toBe(1));
    const start = measuredOut(hv1, uuid).then(() => order.push('start'));
    measured(7);
    await Promise.all([second, start]);
    expect(order).toEqual(['second', 'start']);
    measures();
    const longer = measureLonger(hv1, uuid, signal);
    await measuredOut(hv1, uuid);
    expect(measurements()).toBe(2);
    measured(7, 5);
    await longer;
  });

  it('is still looked for while libvirt tells nothing of it: something else has its attention', async () => {
    hv1.answers.set('domstats', '\n');
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(1));
    await untilLookedAgain();
    measured(7);
    expect(await told).toBe(7 * mib);
  });

  it('is forgotten with its QEMU', async () => {
    await dirtyRateOf(hv1, uuid);
    forgetMeasured(hv1, uuid);
    expect(measuredLately(hv1, uuid)).toEqual([]);
  });

  it('costs QEMU memory that is none of the guest’s; what it takes later is', async () => {
    measures(512);
    const told = dirtyRateOf(hv1, uuid);
    await vi.waitFor(() => expect(measurements()).toBe(1));
    measures(580);
    await vi.waitFor(() => expect(heldOf(580)).toBe(512));
    for (let look = 0; look < 4; look += 1) await untilLookedAgain();
    measured(7, 1, 900);
    await told;
    expect(heldOf(900)).toBe(832);
    // A guest that is paused is in the same QEMU still.
    hv1.answers.set('domstate', 'paused (user)\n');
    expect(await dirtyRateOf(hv1, uuid)).toBe(0);
    expect(heldOf(900)).toBe(832);
    forgetMeasured(hv1, uuid);
    expect(heldOf(900)).toBe(900);
  });
});
