import { describe, expect, it } from 'vitest';
import { comparisonOf } from '../../../../src/migration/past/comparison.js';
import { migrationOf } from '../../../../src/migration/past/pastMigrations.js';
import { completed, recordOf } from './records.js';

describe('two migrations compared', () => {
  const aborted = { ...completed, outcome: { kind: 'aborted' as const } };
  const [first, second] = [recordOf(), recordOf({ afterMs: 60_000, seconds: 4, state: aborted })].map(migrationOf);
  const { sides, rows } = comparisonOf('id', first, second);
  const row = (label: string) => rows.find((one) => one.label === label);

  it('have their figures side by side, a dash where one has none', () => {
    expect(row('Result')).toMatchObject({ first: 'completed · 158 ms downtime', second: 'aborted' });
    expect(row('Downtime')).toMatchObject({ first: '158 ms', second: '–' });
    expect(row('Total time')?.first).toBe('12 s');
    expect(row('Done to it')?.first).toBe('Max downtime 12000 ms');
    expect(row('Throttle, most')).toBeUndefined();
  });

  it('have their histories, each from its own start', () => {
    expect(sides?.map(({ samples }) => samples.length)).toEqual([10, 4]);
    expect(sides?.map(({ samples }) => samples[0]?.elapsedMs)).toEqual([1000, 1000]);
  });

  it('are none where nothing is kept of one', () =>
    expect(comparisonOf('id', first, undefined)).toEqual({ type: 'comparison', id: 'id', sides: undefined, rows: [] }));
});
