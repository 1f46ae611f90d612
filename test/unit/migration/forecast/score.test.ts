import { describe, expect, it } from 'vitest';
import { recordingsOf } from '../../../bench/forecast/parts.js';
import type { Recording } from '../../../bench/forecast/recording.js';
import { freezeOf } from '../../../bench/forecast/score.js';

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
