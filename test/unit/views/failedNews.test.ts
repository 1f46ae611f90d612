import { describe, expect, it } from 'vitest';
import type { GuestPlace, Outcome } from '../../../src/migration/model.js';
import type { StartedMigration } from '../../../src/migration/start/model.js';
import { failedNews, type OwnStarts } from '../../../src/views/failedNews.js';
import { FakeMigration } from '../fakes.js';
import { started } from '../migration/start/started.js';

const startedAtMs = 1_000_000;
const failed: Outcome = { kind: 'failed', reason: 'operation failed: migration of disk vda failed: No space left' };
const atSource: GuestPlace = { kind: 'fine', on: 'hv1' };
const leftPaused: GuestPlace = {
  kind: 'wrong',
  problem: 'paused',
  short: 'guest left paused on hv1',
  text: 'The guest is paused on hv1, and runs nowhere.',
  advice: 'Resume it on hv1.',
  resumeOn: 'hv1',
};

function ended(outcome: Outcome, place: GuestPlace = atSource): FakeMigration {
  return new FakeMigration({ startedAtMs, state: { phase: 'ended', outcome, place, endedAtMs: startedAtMs + 90_000 } });
}

/** Started in this editor, of the same domain. */
function start(atMs: number): StartedMigration {
  return started({
    startedAtMs: atMs,
    state: { kind: 'failed', endedAtMs: atMs + 90_000, text: 'error: No space left' },
  });
}

const nobody: OwnStarts = { starts: [], evacuations: { includes: () => false } };

describe('the notice that a migration has failed', () => {
  it('says whose, why, and where the guest is', () => {
    expect(failedNews(ended(failed), nobody)).toBe(
      "'web-1': The migration failed after 1 min 30 s: operation failed: migration of disk vda failed: No space left. " +
        'The guest is still on hv1.',
    );
  });

  it.each<[string, Outcome]>([
    ['one that came through', { kind: 'completed', result: result() }],
    ['one that was aborted from here', { kind: 'aborted' }],
    ['one that somebody else may have aborted', { kind: 'endedWithoutCompleting' }],
    ['one whose end nobody saw', { kind: 'lost', reason: 'its host was not reached.' }],
  ])('is none of %s', (_, outcome) => {
    expect(failedNews(ended(outcome), nobody)).toBeUndefined();
  });

  it('is none of one that runs', () => {
    expect(failedNews(new FakeMigration(), nobody)).toBeUndefined();
  });

  it('is left to the alarm where the guest is not as it should be', () => {
    expect(failedNews(ended(failed, leftPaused), nobody)).toBeUndefined();
  });

  it('is left to the start where it was started from here, not where an earlier one of the domain was', () => {
    const after = (atMs: number): string | undefined => failedNews(ended(failed), { ...nobody, starts: [start(atMs)] });
    expect(after(startedAtMs - 500)).toBeUndefined();
    expect(after(startedAtMs - 600_000)).toMatch(/^'web-1': The migration failed/);
  });

  it('is left to the evacuation that began it', () => {
    const asked: unknown[] = [];
    const evacuations = { includes: (...about: unknown[]) => asked.push(about) > 0 };
    expect(failedNews(ended(failed), { ...nobody, evacuations })).toBeUndefined();
    expect(asked).toEqual([['hv1', 'uuid-1', startedAtMs]]);
  });
});

function result(): Extract<Outcome, { kind: 'completed' }>['result'] {
  return { totalTimeMs: 90_000, downtimeMs: 40, transferredBytes: undefined, iterations: 3 };
}
