import { describe, expect, it } from 'vitest';
import {
  describeForStatusBar,
  describePhase,
  describeShort,
  describeStale,
  toneOf,
} from '../../../src/migration/describe.js';
import type { MigrationResult, Outcome } from '../../../src/migration/model.js';
import { describeSentence } from '../../../src/migration/sentence.js';
import { FakeMigration, mib, stuckFigures } from '../fakes.js';

const noResult: MigrationResult = {
  totalTimeMs: undefined,
  downtimeMs: undefined,
  transferredBytes: undefined,
  iterations: undefined,
};

function ended(outcome: Outcome, leftPausedOn?: string): FakeMigration {
  return new FakeMigration({ state: { phase: 'ended', outcome, endedAtMs: 1_042_000, leftPausedOn } });
}

function completed(result: Partial<MigrationResult>): FakeMigration {
  return ended({ kind: 'completed', result: { ...noResult, ...result } });
}

describe('the sentence of a running migration', () => {
  it('tells what a stuck one would cost', () => {
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121), 300);
    expect(describeSentence(migration)).toBe(
      'Iteration 7: 121 MiB of memory are left at 20.0 MiB/s; to switch over, QEMU would stop the guest for about 10.2 s, and 300 ms are allowed. ' +
        'It never ends at these settings: the guest dirties its memory as fast as it is sent, about 217 MiB in each round, and only 6.00 MiB fit into a stop of 300 ms.',
    );
  });

  it('leaves out the limit where this libvirt does not tell it', () => {
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121));
    expect(describeSentence(migration)).toContain('for about 10.2 s. It never ends');
  });

  it('takes no echo of the limit for a measurement in the first iteration', () => {
    const sentence = describeSentence(new FakeMigration().sample(3000, stuckFigures(1, 445), 300));
    expect(sentence).toContain('Iteration 1: 445 MiB of memory are left at 20.0 MiB/s');
    expect(sentence).not.toContain('300 ms');
  });

  it('takes no echo of the limit for a measurement just after it', () => {
    const figures = { ...stuckFigures(2, 200), downtimeMs: 300 };
    expect(describeSentence(new FakeMigration().sample(26_000, figures, 300))).toBe(
      'Iteration 2: 200 MiB of memory are left at 20.0 MiB/s. That takes about 9 s more at least.',
    );
  });

  it('says what an old libvirt does not tell', () => {
    const figures = { memoryTotalBytes: 64 * mib, memoryRemainingBytes: 32 * mib, downtimeMs: 30 };
    const sentence = describeSentence(new FakeMigration().sample(1000, figures));
    expect(sentence).toBe(
      '32.0 MiB of memory are left; this libvirt tells neither iterations nor the dirty rate. It is too early to say how long it takes.',
    );
  });

  it('needs no reading', () => {
    expect(describeSentence(new FakeMigration())).toBe('Memory is being copied while the guest runs.');
    expect(describeSentence(new FakeMigration({ state: { phase: 'setup' } }))).toContain('no memory has been copied');
  });

  it('tells of throttling', () => {
    const figures = { ...stuckFigures(4, 100), autoConvergeThrottlePercent: 40 };
    expect(describeSentence(new FakeMigration().sample(1, figures, 300))).toContain('throttles the guest by 40 %');
  });

  it('tells of disks that go first', () => {
    const figures = { diskTotalBytes: 2048 * mib, diskRemainingBytes: 1024 * mib, diskBytesPerSecond: 50 * mib };
    const migration = new FakeMigration({ state: { phase: 'diskCopy' } }).sample(1000, figures);
    expect(describeSentence(migration)).toBe(
      'Disks are copied first: 1.00 GiB of 2.00 GiB are left at 50.0 MiB/s; memory follows. That takes about 15 s more at least.',
    );
  });

  it('promises a paused guest to go on only when it was seen running', () => {
    const migration = new FakeMigration({ state: { phase: 'paused' } }).sample(30_000, stuckFigures(7, 57), 300);
    expect(describeSentence(migration)).toBe(
      'The guest is paused while its memory is copied: 57.0 MiB are left at 20.0 MiB/s. It is done in about 10 s (8 s to 15 s).',
    );
    migration.mark({ kind: 'phase', atMs: 0, elapsedMs: 0, phase: 'precopy' });
    expect(describeSentence(migration)).toContain('It goes on by itself on hv2');
  });

  it('says that post-copy has no way back', () => {
    const migration = new FakeMigration({ state: { phase: 'postcopy' } }).sample(12_000, stuckFigures(2, 14));
    expect(describeSentence(migration)).toContain('runs on hv2 and fetches the 14.0 MiB that are missing from hv1');
    expect(describeSentence(migration)).toContain('no way back');
  });
});

describe('the sentence of a migration that has ended', () => {
  it('tells what it really took', () => {
    const migration = completed({ totalTimeMs: 42_000, downtimeMs: 158, transferredBytes: 900 * mib, iterations: 7 });
    expect(describeSentence(migration)).toBe(
      'The migration to hv2 is complete: it took 42 s, stopped the guest for 158 ms and sent 900 MiB in 7 iterations.',
    );
  });

  it('tells only what is known', () => {
    expect(describeSentence(completed({ totalTimeMs: 42_000 }))).toBe(
      'The migration to hv2 is complete: it took 42 s. How long the guest stood still, neither host tells.',
    );
    expect(describeSentence(completed({}))).toContain('neither host tells its figures any more');
  });

  it('does not let a short switch-over hide a long pause', () => {
    const migration = completed({ downtimeMs: 3 });
    migration.mark({ kind: 'phase', atMs: 1_030_000, elapsedMs: 30_000, phase: 'paused' });
    migration.mark({ kind: 'phase', atMs: 1_035_000, elapsedMs: 35_000, phase: 'ended' });
    expect(describeSentence(migration)).toContain('paused for about 5.0 s, which this downtime does not count');
  });

  it('does not count a pause twice', () => {
    const migration = completed({ downtimeMs: 5100 });
    migration.mark({ kind: 'phase', atMs: 1_030_000, elapsedMs: 30_000, phase: 'paused' });
    migration.mark({ kind: 'phase', atMs: 1_035_000, elapsedMs: 35_000, phase: 'ended' });
    expect(describeSentence(migration)).not.toContain('Before that');
  });

  it('says where the guest of a failed migration is, once both hosts have told', () => {
    const migration = new FakeMigration({
      state: {
        phase: 'ended',
        outcome: { kind: 'failed', reason: 'no route to host' },
        place: { kind: 'fine', on: 'hv1' },
        endedAtMs: 1_042_000,
      },
    });
    expect(describeSentence(migration)).toBe(
      'The migration failed after 42 s: no route to host. The guest is still on hv1.',
    );
  });

  it.each<[Outcome, string]>([
    [{ kind: 'failed', reason: 'the network\nfailed' }, 'The migration failed after 42 s: the network failed.'],
    [{ kind: 'aborted' }, 'The migration was aborted after 42 s; the guest stays on hv1.'],
    [{ kind: 'endedWithoutCompleting' }, 'ended after 42 s without completing; the guest is still on hv1'],
    [{ kind: 'lost', reason: 'its source can no longer be asked' }, 'Nobody saw how the migration ended: its source'],
  ])('tells how: %o', (outcome, text) => {
    expect(describeSentence(ended(outcome))).toContain(text);
  });

  it('names a guest that was left paused', () => {
    const migration = ended({ kind: 'aborted' }, 'hv1');
    expect(describeSentence(migration)).toContain('left paused on hv1: resume it');
    expect(toneOf(migration.state)).toBe('warning');
    expect(describeShort(migration)).toBe('aborted · guest left paused on hv1');
  });
});

describe('the short text', () => {
  it('is phase, the one live figure and the forecast', () => {
    const migration = new FakeMigration().sample(30_000, stuckFigures(7, 121), 300);
    expect(describeForStatusBar(migration)).toBe('web-1 → hv2 · iteration 7 · 121 MiB left · never at these settings');
    migration.become({ phase: 'paused' });
    expect(describeShort(migration)).toMatch(/^paused · 121 MiB left · ~\d+ s left$/);
    migration.become({ phase: 'postcopy', destination: undefined });
    expect(describeForStatusBar(migration)).toBe('web-1 from hv1 · post-copy · 121 MiB left · ~6 s left');
  });

  it('claims no figure while nobody answers', () => {
    const migration = new FakeMigration({ state: { interrupted: 'gone' } }).sample(1, stuckFigures(7, 121));
    expect(describeShort(migration)).toBe('copying memory · no answer from its source');
  });

  it('is the result at the end', () => {
    expect(describeShort(completed({ downtimeMs: 158 }))).toBe('completed · 158 ms downtime');
    expect(describeShort(completed({}))).toBe('completed');
    expect(describePhase(ended({ kind: 'endedWithoutCompleting' }).state)).toBe('Ended without completing');
  });

  it('holds a hostile name in one line', () => {
    const migration = new FakeMigration({ domainName: `a\n\u202e$(sync)${'x'.repeat(10_000)}` });
    const text = describeForStatusBar(migration);
    expect(text).not.toMatch(/[\n\u202e]/u);
    expect(text.length).toBeLessThan(120);
  });
});

describe('old figures', () => {
  const migration = new FakeMigration().sample(10_000, stuckFigures(7, 121));
  const readAtMs = 1_010_000;

  it('are not called old while they are on time', () => {
    expect(describeStale(migration, readAtMs + 4900, 1000)).toBeUndefined();
    expect(describeStale(migration, readAtMs + 60_000, 60_000)).toBeUndefined();
  });

  it('are called old when the host does not answer', () => {
    expect(describeStale(migration, readAtMs + 13_000, 1000)).toBe('Figures are 10 s old: hv1 has not answered since.');
  });

  it('say why when the connection is lost', () => {
    const lost = new FakeMigration({ state: { interrupted: 'The connection to hv1 was lost.' } });
    expect(describeStale(lost, readAtMs, 1000)).toBe('The connection to hv1 was lost.');
    lost.sample(10_000, stuckFigures(7, 121));
    expect(describeStale(lost, readAtMs + 200_000, 1000)).toBe(
      'Figures are 3 min old: The connection to hv1 was lost.',
    );
  });

  it('are final after the end', () => {
    expect(describeStale(ended({ kind: 'aborted' }), 9e12, 1000)).toBeUndefined();
  });
});
