import { describe, expect, it } from 'vitest';
import { type Hovering, hoveringOf } from '../../../../src/migration/forecast/hovering.js';
import type { Iteration } from '../../../../src/migration/forecast/iterations.js';
import type { History } from '../../../../src/migration/forecast/present.js';
import { type Outlook, outlookOf } from '../../../../src/migration/forecast/forecast.js';
import { verdictSentence } from '../../../../src/migration/forecast/verdict.js';
import { waysOut } from '../../../../src/migration/forecast/waysOut.js';
import { phaseAt, readRecordings, type Recording } from '../../../bench/forecast/recording.js';

const mib = 2 ** 20;
const fitsBytes = 3 * mib;

/** Rounds that took so long, one after the other from the second on, and the one that runs; each began with about so much to send. */
function rounds(lengths: readonly number[], toSendMiB = 4): readonly Iteration[] {
  let startMs = 20_000;
  return [...lengths, undefined].map((lengthMs, index): Iteration => {
    const endMs = lengthMs && startMs + lengthMs;
    const round = {
      number: index + 2,
      startMs,
      endMs,
      toSendBytes: (toSendMiB + 0.5 * (index % 3) - 0.5) * mib * ((lengthMs ?? 600) / (500 + 100 * (index % 3))),
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

function hovering(lengths: readonly number[], toSendMiB?: number): Hovering | undefined {
  const all = rounds(lengths, toSendMiB);
  return hoveringOf(all, { sinceMs: 0, nowMs: (all.at(-1)?.startMs ?? 0) + 200, fitsBytes });
}

describe('short rounds that get no shorter', () => {
  it('are waited for the longer the more is left after each than fits, against what they differ by', () => {
    const close = hovering([4_000, 2_000, ...alike(20)], 3.5);
    const far = hovering([4_000, 2_000, ...alike(20)], 4.5);
    expect((close?.toSendBytes ?? 0) / mib).toBeCloseTo(3.5, 0);
    const [least = 0, middle = 0, most = 0] = close?.leastMs ?? [];
    expect(middle).toBeGreaterThan(500);
    expect(middle).toBeLessThan(5_000);
    expect(far?.leastMs[1]).toBeGreaterThan(3 * middle);
    expect(least).toBeLessThan(middle / 2);
    expect(most).toBeGreaterThan(2 * middle);
    expect([close?.forEver, far?.forEver]).toEqual([false, false]);
  });

  it('never end where what is left differs by far less than what it is too much by: once enough were seen', () => {
    expect(hovering([4_000, 2_000, ...alike(40)], 7)?.forEver).toBe(true);
    expect(hovering([4_000, 2_000, ...alike(6)], 7)?.forEver).toBe(false);
  });

  it.each([
    ['are too few to tell', [8_000, 4_000, ...alike(5)]],
    ['still get shorter', [1_200, 900, 650, 450, 300, 200, 140, 100]],
    ['get shorter by little each time', Array.from({ length: 14 }, (_, index) => 1_000 * 0.94 ** index)],
    ['were interrupted by a long one', [...alike(20), 3_000, ...alike(3)]],
    ['have not come yet', []],
  ])('are waited for no longer than the guest’s writing tells where they %s', (_, lengths) => {
    expect(hovering(lengths)).toBeUndefined();
  });

  it('count from the last change of a setting on, and no longer once a round takes longer', () => {
    const all = rounds([4_000, 2_000, ...alike(20)]);
    const startMs = all.at(-1)?.startMs ?? 0;
    expect(hoveringOf(all, { sinceMs: startMs - 5_000, nowMs: startMs, fitsBytes })?.rounds).toBe(8);
    expect(hoveringOf(all, { sinceMs: startMs - 3_000, nowMs: startMs, fitsBytes })).toBeUndefined();
    expect(hoveringOf(all, { sinceMs: 0, nowMs: startMs + 2_000, fitsBytes })).toBeUndefined();
  });

  it('count where a reading shows only each second of them', () => {
    const twice = rounds([4_000, ...Array.from({ length: 10 }, () => 1_300)]).map((round, index) => ({
      ...round,
      number: 2 + 2 * index,
    }));
    expect(hoveringOf(twice, { sinceMs: 0, nowMs: twice.at(-1)?.startMs ?? 0, fitsBytes })?.rounds).toBe(20);
  });

  it('count where the last few happen to be shorter', () => {
    const lengths = [4_000, 2_000, ...alike(10), 450, 400, 500];
    expect(hovering(lengths)?.rounds).toBe(13);
    // And where they did get shorter, and do so no more.
    expect(hovering([1_200, 1_100, 950, 800, 700, 600, ...alike(12)])?.rounds).toBe(18);
  });

  it('are told never to end once, not in turn with an end: of what is near the bound', () => {
    const recording = recordingOf('27-10-sharing');
    const told = recording.samples
      .filter(({ elapsedMs }) => elapsedMs > 36_000 && elapsedMs < 96_000)
      .map(({ elapsedMs }) => outlookOf(seenUntil(recording, elapsedMs))?.asItIs.kind);
    const turns = told.filter((kind, index) => index > 0 && kind !== told[index - 1]);
    expect(turns).toEqual(['never']);
  });

  it('are told never to end by a dozen of them, but surely by no fewer than twenty', () => {
    const [dozen, many] = [outlookAt('27-10-sharing', 0.45), outlookAt('27-10-sharing', 0.6)];
    expect(dozen.present.hovering?.rounds).toBeLessThan(20);
    expect(dozen.asItIs).toMatchObject({ kind: 'never', sure: 0.9 });
    expect(many.asItIs.kind === 'never' && many.asItIs.sure).toBeGreaterThan(0.93);
  });

  it('are told when they fit where each is a little shorter than the one before', () => {
    for (const share of [0.75, 0.8, 0.85, 0.9]) {
      const { asItIs, present } = outlookAt('28-27-starts', share);
      expect(present.hovering).toBeUndefined();
      expect(asItIs.kind === 'finishes' && asItIs.medianMs).toBeLessThan(15_000);
    }
  });

  it('are said to go on for some time, and why; and a longer downtime is offered, that ends it sooner', () => {
    // Its guest's kernel rewrites more in each round than fits; it ended when the other one on its link had.
    const outlook = outlookAt('27-10-sharing', 0.43);
    const { asItIs } = outlook;
    expect(asItIs.kind === 'finishes' && asItIs.medianMs).toBeGreaterThan(10_000);
    expect(asItIs.kind === 'finishes' && asItIs.intervalMs[1]).toBeGreaterThan(60_000);
    expect(verdictSentence(outlook)).toMatch(
      / The last \d+ rounds were short and got no shorter: about 2\.\d+ MiB were left each time, and 1\.\d+ MiB fit into a stop of 300 ms\. The next may be the last, or a much later one\.$/,
    );
    expect(waysOut(outlook).map(({ way }) => way)).toEqual(['wait', 'setMaxDowntime', 'pause', 'switchToPostcopy']);
    // What changes nothing, or allows less, ends no sooner.
    for (const maxDowntimeMs of [200, 300]) {
      const forecast = outlook.at({ maxDowntimeMs });
      expect(forecast.kind === 'finishes' && forecast.medianMs).toBeGreaterThan(10_000);
    }
  });

  it('are told never to end once enough of them were alike, with a downtime that ends them at once', () => {
    for (const share of [0.55, 0.6, 0.65, 0.7, 0.75]) {
      const outlook = outlookAt('27-10-sharing', share);
      expect(outlook.asItIs).toMatchObject({ kind: 'never' });
      const [best] = waysOut(outlook);
      expect(best?.way).toBe('setMaxDowntime');
      expect(best?.value).toBeLessThanOrEqual(2_000);
      expect(best?.forecast.medianMs).toBeLessThan(2_000);
    }
  });

  it('are not mentioned of a guest that is stopped, or of one that is far from its end', () => {
    const stuck = outlookAt('27-21-sharing', 0.4);
    expect(stuck.asItIs.kind).toBe('never');
    expect(verdictSentence(stuck)).not.toContain('got no shorter');
    const pause = outlookAt('27-10-sharing', 0.7).at({ pause: true });
    expect(pause.kind === 'finishes' && pause.medianMs).toBeLessThan(2_000);
  });
});

function recordingOf(name: string): Recording {
  const recording = readRecordings(Number(name.split('-')[0])).find((each) => each.name === name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  return recording;
}

function seenUntil({ samples, marks }: Recording, untilMs: number): History {
  return {
    samples: samples.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    marks: marks.filter(({ elapsedMs }) => elapsedMs <= untilMs),
    state: { phase: phaseAt(marks, untilMs) },
  };
}

function outlookAt(name: string, share: number): Outlook {
  const recording = recordingOf(name);
  const outlook = outlookOf(seenUntil(recording, share * (recording.samples.at(-1)?.elapsedMs ?? 0)));
  if (outlook === undefined) throw new Error('nothing was read by then');
  return outlook;
}
