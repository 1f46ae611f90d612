import { describe, expect, it } from 'vitest';
import type { PastEntry } from '../../../../src/migration/past/entry.js';
import { pastList } from '../../../../src/migration/past/pastList.js';
import { migrationOf } from '../../../../src/migration/past/pastMigrations.js';
import { recordOf, completed } from './records.js';

const recent = [3, 2].map((minute) => migrationOf(recordOf({ afterMs: minute * 60_000, seconds: 1 })));
const running = migrationOf(recordOf({ afterMs: 240_000, seconds: 1, state: { ...completed, outcome: undefined } }));
const entryAt = (minute: number, imported = false): PastEntry => ({
  ...recordOf({ afterMs: minute * 60_000, seconds: 1 }).identity,
  state: completed,
  bytes: 1,
  imported,
});

describe('the list of past migrations', () => {
  it('has the recent ones and the archive, newest first, a page at a time', () => {
    const archived = [entryAt(1), entryAt(0)];
    const page = pastList([running, ...recent], archived, { past: 3, imported: 3 });
    expect(page.past.map(({ startedAtMs }) => (startedAtMs / 60_000) % 10)).toEqual(
      [recent[0], recent[1], archived[0]].map((one) => ((one?.startedAtMs ?? 0) / 60_000) % 10),
    );
    expect(page.morePast).toBe(true);
    expect(pastList(recent, archived, { past: 4, imported: 3 })).toMatchObject({ morePast: false });
  });

  it('shows one that is just being put away once, and what was imported apart', () => {
    const again = { ...entryAt(2) };
    const page = pastList(recent, [again, entryAt(5, true)], { past: 9, imported: 9 });
    expect(page.past).toHaveLength(2);
    expect(page.imported).toHaveLength(1);
    expect(page.moreImported).toBe(false);
  });
});
