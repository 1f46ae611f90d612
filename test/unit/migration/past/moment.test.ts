import { describe, expect, it } from 'vitest';
import { migrationAt, momentOf } from '../../../../src/migration/past/moment.js';
import { completed, recordOf, startedAtMs } from './records.js';

const record = recordOf();

describe('a moment of a past migration', () => {
  it('shows what was known then, and nothing that came later', () => {
    const then = migrationAt(record, 4000);
    expect(then?.samples.map(({ elapsedMs }) => elapsedMs)).toEqual([1000, 2000, 3000, 4000]);
    expect(then?.marks.some(({ kind }) => kind === 'action')).toBe(false);
    expect(then?.state).toMatchObject({ phase: 'precopy', outcome: undefined, endedAtMs: undefined });
    expect(then?.fields.find(({ name }) => name === 'time_elapsed')?.value).toBe('4000');
    expect(migrationAt(record, 6000)?.marks.some(({ kind }) => kind === 'action')).toBe(true);
  });

  it('has the head, the fields and the verdict of then, and says how it turned out', () => {
    const moment = momentOf(record, 4000);
    expect(moment).toMatchObject({
      elapsedMs: 4000,
      atMs: startedAtMs + 4000,
      said: 'Foretold then: never at these settings; after it: Max downtime 12000 ms; it was completed 8 s later.',
    });
    expect(momentOf(record, 6000)?.said).toBe('Foretold then: never at these settings; it was completed 6 s later.');
    expect(moment?.header).toMatchObject({ phase: 'Copying memory', buttons: [], ways: [], stale: undefined });
    expect(moment?.header.figures.find(({ label }) => label === 'Elapsed')?.value).toBe('4 s');
    expect(moment?.fields.find(({ name }) => name === 'time_elapsed')?.value).toBe('4.0 s (4000)');
  });

  it('says nothing of how it turned out where nobody saw its end', () => {
    const lost = { ...completed, outcome: { kind: 'lost' as const, reason: 'r' } };
    expect(momentOf({ ...record, state: lost }, 4000)?.said).toBe('Foretold then: never at these settings.');
  });

  it('is none before the first reading', () => expect(momentOf(record, 500)).toBeUndefined());
});
