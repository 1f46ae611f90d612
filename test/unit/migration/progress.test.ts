import { describe, expect, it } from 'vitest';
import { Progress, percentBy, progressAt } from '../../../src/migration/progress.js';
import type { Forecast } from '../../../src/migration/forecast/forecast.js';
import { recordingsOf } from '../../bench/forecast/parts.js';
import { FakeMigration } from '../fakes.js';
import { recordOf } from './past/records.js';

const ends = (medianMs: number): Forecast => ({
  kind: 'finishes',
  medianMs,
  intervalMs: [0, undefined],
  freezeMs: 0,
  freezeIntervalMs: [0, 0],
  sure: 1,
  atLeast: false,
});

describe('how far a migration is', () => {
  it('is the share of time that has gone by, and never all of it', () => {
    expect(percentBy(ends(30_000), 10_000)).toBe(25);
    expect(percentBy(ends(0), 10_000)).toBe(99);
  });

  it.each<[string, Forecast | undefined]>([
    ['never ends', { kind: 'never', sure: 0.9, roundBytes: 1 }],
    ['stands still', { kind: 'stalled', sinceMs: 6000 }],
    ['has only begun', { kind: 'tooEarly' }],
    ['is in its first round', { ...ends(1), atLeast: true } as Forecast],
    ['is not foretold', undefined],
  ])('is not told of one that %s', (_, said) => expect(percentBy(said, 10_000)).toBeUndefined());

  it('never goes back, by whatever was recorded of real migrations', () => {
    let shown = 0;
    for (const { samples, marks, startedAtMs } of recordingsOf('reported')) {
      const migration = new FakeMigration({ state: { phase: 'precopy' }, startedAtMs });
      const progress = new Progress();
      let before = 0;
      for (const [index, sample] of samples.entries()) {
        migration.samples = samples.slice(0, index + 1);
        migration.marks = marks.filter((mark) => mark.elapsedMs <= sample.elapsedMs);
        const now = progress.of(migration);
        if (now === undefined) continue;
        shown += 1;
        expect(now.percent).toBeGreaterThanOrEqual(before);
        expect(now.percent).toBeLessThanOrEqual(99);
        before = now.percent;
      }
    }
    expect(shown).toBeGreaterThan(100);
  }, 120_000);

  it('is told of a moment of the past by what was foretold until then', () => {
    const { samples } = recordOf({ seconds: 3 });
    const said = [ends(1000), ends(8000), ends(1000)];
    const readings = new Map(samples.map((sample, index) => [sample, { sample, fields: [], said: said[index] }]));
    expect(samples.map(({ elapsedMs }) => progressAt({ samples, readings }, elapsedMs))).toEqual([50, 50, 75]);
    const never = new Map([...readings].map(([sample, one]) => [sample, { ...one, said: undefined }]));
    expect(progressAt({ samples, readings: never }, 3000)).toBeUndefined();
  });
});
