import { describe, expect, it } from 'vitest';
import { outlookOf, type Outlook } from '../../../../src/migration/forecast/forecast.js';
import { bestWayText, leverText } from '../../../../src/migration/forecast/wayTexts.js';
import { type WayOut, waysOut } from '../../../../src/migration/forecast/waysOut.js';
import { migrate, seenUntil, type SimulatedGuest } from './simulatedGuest.js';

function outlookAt(guest: SimulatedGuest, elapsedMs: number): Outlook {
  const outlook = outlookOf({ ...seenUntil(migrate(guest), elapsedMs), state: { phase: 'precopy' } });
  if (outlook === undefined) throw new Error('no reading');
  return outlook;
}

function wayAt(ways: readonly WayOut[], wanted: WayOut['way']): WayOut {
  const way = ways.find((each) => each.way === wanted);
  if (way === undefined) throw new Error(`no ${wanted}`);
  return way;
}

const stuck = { workingSetMiB: 100, rateMiBps: 60, shape: 'sweep', untilMs: 90_000 } as const;
const askedMs = 60_000;

describe('the ways out of a stuck migration', () => {
  const ways = waysOut(outlookAt(stuck, askedMs));

  it('are all there, but for waiting, each with its end and its freeze', () => {
    expect(new Set(ways.map(({ way }) => way))).toEqual(
      new Set(['setSpeed', 'setMaxDowntime', 'pause', 'switchToPostcopy']),
    );
    for (const { forecast } of ways) expect(forecast.medianMs).toBeGreaterThan(0);
  });

  it('begin with what freezes the guest least and can be taken back', () => {
    expect(ways.map(({ way }) => way)).toEqual(['setSpeed', 'setMaxDowntime', 'pause', 'switchToPostcopy']);
  });

  it('name a max downtime that really ends it, in about the time foretold', () => {
    const { value = 0, forecast } = wayAt(ways, 'setMaxDowntime');
    const run = migrate({ ...stuck, maxDowntimeMs: (ms) => (ms > askedMs ? value : 300) });
    expect(run.endedMs).toBeDefined();
    expect(Math.abs((run.endedMs ?? 0) - askedMs - forecast.medianMs)).toBeLessThan(2_000);
    // All of its working set at 20 MiB/s is 5 s: much more would be waste.
    expect(value).toBeGreaterThan(3_000);
    expect(value).toBeLessThanOrEqual(8_000);
  });

  it('name a speed that really ends it', () => {
    const { value = 0 } = wayAt(ways, 'setSpeed');
    const run = migrate({ ...stuck, speedMiBps: (ms) => (ms > askedMs ? value : 20) });
    expect(run.endedMs).toBeDefined();
    expect(value).toBeGreaterThan(60);
  });

  it('do not offer more speed where no cap holds it back', () => {
    const full = waysOut(outlookAt({ ...stuck, speedMiBps: 1000, linkMiBps: 20 }, askedMs));
    expect(full.map(({ way }) => way)).not.toContain('setSpeed');
  });

  it('are told on their buttons, and the least harmful in the sentence', () => {
    const outlook = outlookAt(stuck, askedMs);
    expect(leverText(outlook, 'setMaxDowntime')).toMatch(
      /^with a max downtime of \d+ ms, it ends in about \d+ s and stops the guest for at most [\d.]+ s\.$/,
    );
    expect(leverText(outlook, 'pause')).toMatch(/^paused now, the guest stands still for about \d+ s/);
    expect(leverText(outlook, 'abort')).toBeUndefined();
    expect(bestWayText(outlook)).toMatch(/^The way out that harms least: at \d+ MiB\/s, if the network carries them/);
  });
});

describe('a migration that ends by itself', () => {
  it('is best left alone', () => {
    const outlook = outlookAt({ workingSetMiB: 200, rateMiBps: 6 }, 28_500);
    const [best] = waysOut(outlook);
    expect(best?.way).toBe('wait');
    expect(bestWayText(outlook)).toBe('');
    expect(leverText(outlook, 'setMaxDowntime')).toBeUndefined();
  });

  it('has no ways out in its first seconds', () => {
    expect(waysOut(outlookAt(stuck, 1_000))).toEqual([]);
  });
});
