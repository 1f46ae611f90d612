import { outlookOf } from '../../../src/migration/forecast/forecast.js';
import { iterationsOf } from '../../../src/migration/forecast/iterations.js';
import { migrate } from '../../unit/migration/forecast/simulatedGuest.js';
import { report } from '../figure.js';
import { baselines } from './baselines.js';
import { type Part, parts, perSeed, recordingsOf } from './parts.js';
import { recordMissing } from './record.js';
import { freezeOf, scoresOf } from './score.js';

/** One run records for so long; the next goes on where it stopped. */
const minutes = 60;

const halfAnHourMs = 30 * 60_000;
const repeated = 40;
/** What a history of half an hour may cost, against the simplest model that looks at all of it. */
const costBound = 20;

/** Records on the lab what is missing of the data set, and scores all of it. */
export async function benchForecast(): Promise<void> {
  benchCost();
  for (const seed of Object.values(parts).flat()) await recordMissing(seed, perSeed, minutes);
  for (const part of Object.keys(parts) as Part[]) reportPart(part);
}

function reportPart(part: Part): void {
  const recordings = recordingsOf(part);
  for (const score of scoresOf(recordings)) {
    const against = `${score.by}: the part ${part}, ${recordings.length} recorded migrations, asked ${score.asked} times`;
    const percent = (name: string, share: number, note = ''): void =>
      report({
        name: `forecast.${name}`,
        value: 100 * share,
        unit: '%',
        // JSON has no number for it.
        against: Number.isFinite(share) ? `${against}${note}` : `${against}; null: a "never" for one that ended`,
      });
    percent('halfwayError90', score.halfwayError90);
    percent('halfwayNear', score.halfwayNearShare, '; off by 12 % at most');
    percent('halfwayError90.laterRounds', score.laterError90);
    percent('medianError', score.medianError);
    percent('rightAboutNever', score.rightShare);
    percent('rightAboutNever.laterRounds', score.laterRightShare);
    if (score.coverage !== undefined) percent('coverage', score.coverage.share, '; 80 are meant');
  }
  const freezes = recordings.flatMap((recording) => freezeOf(recording) ?? []);
  report({
    name: 'forecast.freezeNear',
    value: (100 * freezes.filter(({ isNear }) => isNear).length) / freezes.length,
    unit: '%',
    against: `the part ${part}: ${freezes.length} real pauses at moments of chance, within 20 % or 200 ms`,
  });
}

function benchCost(): void {
  // By turns, which is the most there is to work out.
  const isBusy = (atMs: number): boolean => atMs % 50_000 < 40_000;
  const { samples, marks } = migrate({
    workingSetMiB: 300,
    rateMiBps: (atMs) => (isBusy(atMs) ? 60 : 0),
    vcpus: (atMs) => (isBusy(atMs) ? 0.5 : 0.01),
    untilMs: halfAnHourMs,
  });
  const state = { phase: 'precopy' } as const;
  const own = fastestMs(() => outlookOf({ samples, marks, state }));
  const simplest = fastestMs(() => [iterationsOf(samples, marks), baselines['geometric']?.(samples)]);
  report({
    name: 'forecast.cost',
    value: own / simplest,
    unit: 'times',
    against: `a forecast over ${samples.length} samples, ${own.toFixed(1)} ms, against the geometric model over the same`,
    bound: costBound,
  });
}

/** Whatever else the machine does only makes it slower. */
function fastestMs(work: () => unknown): number {
  return Math.min(
    ...Array.from({ length: repeated }, () => {
      const beganMs = performance.now();
      work();
      return performance.now() - beganMs;
    }),
  );
}
