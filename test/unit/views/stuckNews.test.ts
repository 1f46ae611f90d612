import { describe, expect, it } from 'vitest';
import { recordingsOf } from '../../bench/forecast/parts.js';
import { phaseAt, type Recording } from '../../bench/forecast/recording.js';
import { wayButtons } from '../../../src/migration/wayButtons.js';
import { outlookFor } from '../../../src/migration/forecast/verdict.js';
import { StuckNews, stuckNotice } from '../../../src/views/stuckNews.js';
import { FakeFleet, FakeHypervisor, FakeMigration } from '../fakes.js';

const fleet = new FakeFleet([new FakeHypervisor('hv1')]);
const readOnly = new FakeFleet([new FakeHypervisor('hv1', { readOnly: true })]);
const recordings = recordingsOf('tuned');
const ofKind = (kind: string): Recording => {
  const found = recordings.find(({ plan, samples }) => plan.kind === kind && samples.length > 15);
  if (found === undefined) throw new Error(`no recording is ${kind}`);
  return found;
};

/** Calls back with the migration as it was at each reading, until it was steered. */
function follow(recording: Recording, see: (migration: FakeMigration) => void): void {
  const { samples, marks, startedAtMs } = recording;
  const steeredMs = marks.find(({ kind }) => kind === 'action')?.elapsedMs ?? Infinity;
  const migration = new FakeMigration({ startedAtMs });
  for (const [index, { elapsedMs }] of samples.entries()) {
    if (elapsedMs >= steeredMs) break;
    migration.samples = samples.slice(0, index + 1);
    migration.marks = marks.filter((mark) => mark.elapsedMs <= elapsedMs);
    migration.state = { ...migration.state, phase: phaseAt(marks, elapsedMs) };
    see(migration);
  }
}

describe('the notice that a migration never ends', () => {
  it('comes once of a real stuck migration, with the two ways that harm least', () => {
    const told = new Set<string>();
    const notices: ReturnType<typeof stuckNotice>[] = [];
    follow(ofKind('stuck'), (migration) => {
      // Each reading by another window, which shares what was told.
      const notice = new StuckNews(told).of(migration, fleet);
      if (notice !== undefined) notices.push(notice);
    });
    expect(notices).toHaveLength(1);
    expect(notices[0]?.text).toMatch(
      /^The migration of 'web-1' never ends at these settings\. The way out that harms least: /,
    );
    const [first, second, ...more] = notices[0]?.ways ?? [];
    expect(more).toEqual([]);
    expect([first?.title, second?.title].sort()).toEqual([
      expect.stringMatching(/^Max downtime \d+ ms$/),
      expect.stringMatching(/^(Speed \d+ MiB\/s|Pause now…)$/),
    ]);
    const downtime = [first, second].find((way) => way?.command === 'libvirt.setMaxDowntime');
    expect(downtime?.arguments).toEqual([{ migration: 'migration-1', downtimeMs: expect.any(Number) as number }]);
  });

  it('offers no way out where the host is only watched', () => {
    let ways: number | undefined;
    follow(ofKind('stuck'), (migration) => (ways ??= stuckNotice(migration, readOnly)?.ways.length));
    expect(ways).toBe(0);
  });

  it.each(['idle', 'converging'])(
    'does not come of a real migration that is %s, and ended by itself',
    (kind) => {
      const wasPaused = ({ marks }: Recording): boolean => marks.some((mark) => mark.kind === 'action');
      for (const recording of recordings.filter((each) => each.plan.kind === kind && !wasPaused(each))) {
        follow(recording, (migration) => expect(stuckNotice(migration, fleet)).toBeUndefined());
      }
    },
    120_000,
  );

  it('does not come of one that has ended, or that nobody hears of now', () => {
    const news: unknown[] = [];
    follow(ofKind('stuck'), (migration) => {
      for (const state of [{ outcome: { kind: 'aborted' as const } }, { interrupted: 'lost' }]) {
        const other = new FakeMigration({ samples: migration.samples, marks: migration.marks, state });
        news.push(stuckNotice(other, fleet));
      }
    });
    expect(news.filter((notice) => notice !== undefined)).toEqual([]);
  });
});

describe('the ways out as buttons', () => {
  it('are there by the least harm, each with its finish and its freeze, once a migration is judged stuck', () => {
    let seen = 0;
    follow(ofKind('stuck'), (migration) => {
      const outlook = outlookFor(migration);
      if (outlook?.asItIs.kind !== 'never') return;
      seen += 1;
      const ways = wayButtons(migration, outlook, fleet);
      expect(ways.map(({ way }) => way)).toEqual(
        expect.arrayContaining(['setMaxDowntime', 'pause', 'switchToPostcopy']),
      );
      // Who waits, waits for ever.
      expect(ways.some(({ way }) => way === 'wait')).toBe(false);
      for (const way of ways) {
        expect(way.finish).toMatch(/ in (~|\d)/);
        expect(way.freeze).toMatch(/^(stands still for [≤~] ?|no way back)/);
        expect(way.enabled).toBe(true);
      }
    });
    expect(seen).toBeGreaterThan(5);
  });

  it('have waiting among them where it ends, and can’t be taken on a host that is only watched', () => {
    let seen = 0;
    follow(ofKind('converging'), (migration) => {
      const ways = wayButtons(migration, outlookFor(migration), readOnly);
      const wait = ways.find(({ way }) => way === 'wait');
      if (wait === undefined) return;
      seen += 1;
      expect(wait).toMatchObject({ label: 'Wait', enabled: true });
      for (const way of ways.filter((one) => one !== wait)) {
        expect(way).toMatchObject({ enabled: false, why: expect.stringContaining('read-only') as string });
      }
    });
    expect(seen).toBeGreaterThan(3);
  });
});
