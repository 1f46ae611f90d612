import { describe, expect, it } from 'vitest';
import { recordingsOf } from '../../../bench/forecast/parts.js';
import { readRecordings, type Recording } from '../../../bench/forecast/recording.js';
import { answersOf, freezeOf, isWrongAtLast, staysWrong } from '../../../bench/forecast/score.js';

describe('the freeze of a guest that shares its link', () => {
  const sharing = recordingsOf('tuned').find(
    (recording) => recording.plan.kind === 'sharing' && freezeOf(recording) !== undefined,
  );
  const changedAt = (changedAtMs: number): Recording => {
    if (sharing === undefined) throw new Error('none of them was paused');
    return { ...sharing, changedAtMs };
  };

  it('counts where the link has stayed as it was at the pause', () => {
    expect(freezeOf(changedAt(1_000))).toBeDefined();
  });

  it('does not count where the other migration ended meanwhile, or a moment before: nobody was asked since', () => {
    expect(freezeOf(changedAt(Infinity))).toBeUndefined();
    const pausedMs = sharing?.marks.find(({ kind }) => kind === 'action')?.elapsedMs ?? NaN;
    expect(freezeOf(changedAt(pausedMs - 1_000))).toBeUndefined();
    expect(freezeOf(changedAt(pausedMs - 5_000))).toBeDefined();
  });
});

describe('the freeze of a pause', () => {
  it('is asked for by the reading that is made as the guest is paused, not by one of a second before', () => {
    const recording = named('27-16-starts');
    const pausedMs = recording.marks.find(({ kind }) => kind === 'action')?.elapsedMs ?? NaN;
    const samples = recording.samples.filter(({ elapsedMs }) => Math.abs(elapsedMs - pausedMs) > 100);
    const [at, before] = [freezeOf(recording), freezeOf({ ...recording, samples })];
    const off = (freeze = at): number => Math.abs((freeze?.saidMs ?? NaN) - (freeze?.tookMs ?? NaN));
    expect(off(at)).toBeLessThan(off(before));
  });
});

function named(wanted: string): Recording {
  const recording = readRecordings(Number(wanted.split('-')[0])).find(({ name }) => name === wanted);
  if (recording === undefined) throw new Error(`no recording ${wanted}`);
  return recording;
}

describe('whether a migration would ever have ended', () => {
  it('is not known of one that was paused while its rounds still shrank', () => {
    const shrinking = named('20-10-sharing');
    expect(answersOf(shrinking).map(({ ended, known }) => ({ ended, known }))).toContainEqual({
      ended: false,
      known: false,
    });
    expect(staysWrong(shrinking)).toBe(false);
  });

  it('is known of one whose last rounds were all alike: the horizon settles it', () => {
    const answers = answersOf(named('20-2-stuck'));
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter(({ ended, known }) => ended || !known)).toEqual([]);
  });
});

describe('a wrong answer to whether it ever ends', () => {
  it('stays so where no later reading is right until the migration is over', () => {
    const atOnce = named('25-25-bursty');
    expect([isWrongAtLast(atOnce), staysWrong(atOnce)]).toEqual([true, true]);
    const later = named('26-14-bursty');
    expect([isWrongAtLast(later), staysWrong(later)]).toEqual([true, true]);
  });

  it('does not stay so where a reading after the horizon is right', () => {
    for (const corrected of [named('31-10-sharing-beside'), named('28-1-converging')])
      expect([isWrongAtLast(corrected), staysWrong(corrected)]).toEqual([true, false]);
  });

  it('is none where it is right at the horizon', () => {
    const right = named('20-2-stuck');
    expect([isWrongAtLast(right), staysWrong(right)]).toEqual([false, false]);
  });
});
