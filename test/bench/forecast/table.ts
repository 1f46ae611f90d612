import { recordingsOf } from './parts.js';
import { type Recording, unmeasured, withoutVcpus } from './recording.js';
import {
  type Coverage,
  coverageAtEachReading,
  coverageOf,
  freezeOf,
  ownName,
  type Score,
  scoresOf,
  isWrongAtLast,
  staysWrong,
} from './score.js';

/** The figures of both parts, as docs show them: a head, and a row a figure. Made of the recordings alone. */
export function forecastTable(): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const reported = recordingsOf('reported');
  const bare = reported.map(unmeasured);
  const blind = reported.map(withoutVcpus);
  const tuned = recordingsOf('tuned');
  const others = scoresOf(reported).filter(({ by }) => by !== ownName);
  const columns: readonly { readonly title: string; readonly score: Score; readonly of?: readonly Recording[] }[] = [
    { title: 'forecast', score: ownOf(reported), of: reported },
    { title: 'forecast, with nothing measured before', score: ownOf(bare), of: bare },
    { title: 'forecast, without the virtual CPUs', score: ownOf(blind), of: blind },
    { title: 'forecast, on those it was made on', score: ownOf(tuned), of: tuned },
    ...others.map((score) => ({ title: score.by, score })),
  ];
  const row = (
    name: string,
    cell: (score: Score, of: readonly Recording[] | undefined) => string | undefined,
  ): readonly string[] => [name, ...columns.map(({ score, of }) => cell(score, of) ?? '')];
  return {
    head: ['', ...columns.map(({ title }) => title)],
    rows: [
      row('migrations', (_, of) => of && String(of.length)),
      row('questions asked at 25, 50 and 75 %', ({ asked }) => String(asked)),
      row('total time at half-way, 90 % are off by less than', ({ halfwayError90 }) => percent(halfwayError90)),
      row(
        'the same, once the first round is over',
        ({ laterShare, laterError90 }) => `${percent(laterError90)} (${percent(laterShare)} of the answers)`,
      ),
      row('total time at half-way, off by 12 % at most', ({ halfwayNearShare }) => percent(halfwayNearShare)),
      row('of guests that do not write in bursts, 90 % are off by less than', ({ steadyHalfwayError90 }) =>
        percent(steadyHalfwayError90),
      ),
      row('of those, off by 12 % at most', ({ steadyHalfwayNearShare }) => percent(steadyHalfwayNearShare)),
      row('total time, half of the answers are off by less than', ({ medianError }) => percent(medianError)),
      row('the same, once the first round is over', ({ laterMedianError }) => percent(laterMedianError)),
      row('an end and never told apart', ({ rightShare }) => percent(rightShare)),
      row(
        'the same, once the first round is over',
        ({ laterRightShare, laterAskedShare }) =>
          `${percent(laterRightShare)} (${percent(laterAskedShare)} of the answers)`,
      ),
      row('the same, told without `probably` or `perhaps`', ({ surelyRightShare, surelyShare, by }) =>
        by === ownName ? `${percent(surelyRightShare)} (${percent(surelyShare)} of the answers)` : undefined,
      ),
      row(
        'wrong about that by the last reading before the end, or before 56 s',
        (_, of) => of && String(of.filter(isWrongAtLast).length),
      ),
      row('the same, and at no reading after that right either', (_, of) => of && String(of.filter(staysWrong).length)),
      row('interval of 80 % holds (95 % confidence)', ({ coverage }) => coverage && coverageCell(coverage)),
      row('the same, asked at each reading', (_, of) => of && coverageCell(coverageAtEachReading(of))),
      row('freeze of a real pause within 20 % or 200 ms', (_, of) => of && freezeCell(of)),
      row(
        'the same, of guests that do not write in bursts',
        (_, of) => of && freezeCell(of.filter(({ plan }) => plan.kind !== 'bursty')),
      ),
      row('the same of all, by the reading before it, up to a second old', (_, of) => of && freezeCell(of, 0)),
    ],
  };
}

function ownOf(recordings: readonly Recording[]): Score {
  const own = scoresOf(recordings).find(({ by }) => by === ownName);
  if (own === undefined) throw new Error('there are no recordings');
  return own;
}

function freezeCell(recordings: readonly Recording[], lookMs?: number): string {
  const freezes = recordings.flatMap((recording) => freezeOf(recording, lookMs) ?? []);
  const { share, of } = coverageOf(freezes.filter(({ isNear }) => isNear).length, freezes.length);
  return `${percent(share)} of ${of}`;
}

function coverageCell({ share, of, confidence }: Coverage): string {
  return `${percent(share)} of ${of} (${confidence.map(percent).join(' to ')})`;
}

/** An error without end is that of a *never* that was wrong. */
function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %` : 'beyond all bounds';
}
