import { describe, expect, it } from 'vitest';
import { type Hovering, hoveringOf } from '../../../../src/migration/forecast/hovering.js';
import type { Iteration } from '../../../../src/migration/forecast/iterations.js';
import { type Outlook, outlookOf } from '../../../../src/migration/forecast/forecast.js';
import { verdictSentence } from '../../../../src/migration/forecast/verdict.js';
import { waysOut } from '../../../../src/migration/forecast/waysOut.js';
import { phaseAt, readRecordings } from '../../../bench/forecast/recording.js';

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

function hovering(...lengths: readonly number[]): Hovering | undefined {
  const all = rounds(...lengths);
  return hoveringOf(all, { sinceMs: 0, nowMs: (all.at(-1)?.startMs ?? 0) + 200 });
}

describe('short rounds that get no shorter', () => {
  it('are waited for the longer the more of them there were', () => {
    const [, few = 0] = hovering(4_000, 2_000, ...alike(6))?.leastMs ?? [];
    const [least = 0, many = 0, most = 0] = hovering(4_000, 2_000, ...alike(40))?.leastMs ?? [];
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
    expect(hovering(...lengths)).toBeUndefined();
  });

  it('count from the last change of a setting on, and no longer once a round takes longer', () => {
    const all = rounds(4_000, 2_000, ...alike(20));
    const startMs = all.at(-1)?.startMs ?? 0;
    expect(hoveringOf(all, { sinceMs: startMs - 5_000, nowMs: startMs })?.rounds).toBe(8);
    expect(hoveringOf(all, { sinceMs: startMs - 3_000, nowMs: startMs })).toBeUndefined();
    expect(hoveringOf(all, { sinceMs: 0, nowMs: startMs + 2_000 })).toBeUndefined();
  });

  it('count where a reading shows only each second of them', () => {
    const twice = rounds(4_000, ...Array.from({ length: 10 }, () => 1_300)).map((round, index) => ({
      ...round,
      number: 2 + 2 * index,
    }));
    expect(hoveringOf(twice, { sinceMs: 0, nowMs: twice.at(-1)?.startMs ?? 0 })?.rounds).toBe(20);
  });

  it('are said to go on for some time, and why; and a longer downtime is offered, that ends it at once', () => {
    // Its guest's kernel rewrites more in each round than fits; it ended when the other one on its link had.
    const outlook = outlookAt('27-10-sharing', 0.7);
    const { asItIs } = outlook;
    expect(asItIs.kind === 'finishes' && asItIs.medianMs).toBeGreaterThan(10_000);
    expect(asItIs.kind === 'finishes' && asItIs.intervalMs[1]).toBeGreaterThan(60_000);
    expect(verdictSentence(outlook)).toMatch(
      / The last \d\d rounds were short and got no shorter: about 3\.\d+ MiB were left each time, and 1\.\d+ MiB fit into a stop of 300 ms\. The next may be the last, or a much later one\.$/,
    );
    const [wait, longer] = waysOut(outlook);
    expect(wait?.way).toBe('wait');
    expect(longer?.way).toBe('setMaxDowntime');
    expect(longer?.value).toBeLessThan(1_000);
    expect(longer?.forecast.medianMs).toBeLessThan(5_000);
    // What changes nothing, or allows less, ends no sooner.
    for (const maxDowntimeMs of [200, 300]) {
      const forecast = outlook.at({ maxDowntimeMs });
      expect(forecast.kind === 'finishes' && forecast.medianMs).toBeGreaterThan(10_000);
    }
    for (const share of [0.6, 0.75, 0.8, 0.9]) expect(outlookAt('27-10-sharing', share).present.hovering).toBeDefined();
  });

  it('are not mentioned of a guest that is stopped, or of one that is far from its end', () => {
    const stuck = outlookAt('27-21-sharing', 0.4);
    expect(stuck.asItIs.kind).toBe('never');
    expect(verdictSentence(stuck)).not.toContain('got no shorter');
    const pause = outlookAt('27-10-sharing', 0.7).at({ pause: true });
    expect(pause.kind === 'finishes' && pause.medianMs).toBeLessThan(2_000);
  });
});

function outlookAt(name: string, share: number): Outlook {
  const recording = readRecordings(Number(name.split('-')[0])).find((each) => each.name === name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  const { samples, marks } = recording;
  const untilMs = share * (samples.at(-1)?.elapsedMs ?? 0);
  const outlook = outlookOf({
    samples: samples.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    marks: marks.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    state: { phase: phaseAt(marks, untilMs) },
  });
  if (outlook === undefined) throw new Error('nothing was read by then');
  return outlook;
}
