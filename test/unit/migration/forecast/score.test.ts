import { describe, expect, it } from 'vitest';
import { recordingsOf } from '../../../bench/forecast/parts.js';
import { readRecordings, type Recording } from '../../../bench/forecast/recording.js';
import { answersOf, freezeOf, staysWrong } from '../../../bench/forecast/score.js';

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

  it('does not count where the other migration ended meanwhile: nobody was asked since', () => {
    expect(freezeOf(changedAt(Infinity))).toBeUndefined();
  });
});

describe('whether a migration would ever have ended', () => {
  const named = (wanted: string): Recording => {
    const recording = readRecordings(Number(wanted.split('-')[0])).find(({ name }) => name === wanted);
    if (recording === undefined) throw new Error(`no recording ${wanted}`);
    return recording;
  };

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
