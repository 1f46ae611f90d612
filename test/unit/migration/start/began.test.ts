import { describe, expect, it } from 'vitest';
import { migrationOf, startOf } from '../../../../src/migration/start/began.js';
import type { StartedMigration, StartState } from '../../../../src/migration/start/model.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';
import { FakeMigration } from '../../fakes.js';
import { requested, started } from './started.js';

const running: StartState = { kind: 'running' };
const failedAt = (endedAtMs: number): StartState => ({ kind: 'failed', endedAtMs, text: 'no route' });

function start(startedAtMs: number, state: StartState, postcopyResume = false): StartedMigration {
  const options = { ...defaultOptions(false), ...(postcopyResume ? { postcopyResume } : {}) };
  return started({ id: `start-${startedAtMs}`, request: requested({ options }), startedAtMs, state });
}

const migration = (id: string, startedAtMs: number, state: Partial<FakeMigration['state']> = {}): FakeMigration =>
  new FakeMigration({ id, source: 'hv1', domainUuid: 'uuid-1', startedAtMs, state });

describe('the start that began a migration', () => {
  it('is the one under way when its job began, however long it took to', () => {
    const starts = [start(100_000, failedAt(180_000)), start(200_000, running)];
    const began = (atMs: number): string | undefined => startOf(starts, migration('m', atMs))?.id;
    expect(began(170_000)).toBe('start-100000');
    expect(began(201_000)).toBe('start-200000');
    expect(began(290_000)).toBe('start-200000');
    expect(began(190_000)).toBeUndefined();
    expect(began(90_000)).toBeUndefined();
  });

  it('of two in quick succession is the nearer', () => {
    const starts = [start(100_000, failedAt(100_500)), start(101_000, running)];
    expect(startOf(starts, migration('m', 100_100))?.id).toBe('start-100000');
    expect(startOf(starts, migration('m', 101_100))?.id).toBe('start-101000');
  });

  it('is none that resumed a post-copy', () => {
    expect(startOf([start(100_000, running, true)], migration('m', 100_000))).toBeUndefined();
  });
});

describe('the migration of a start', () => {
  const first = migration('first', 100_500, { endedAtMs: 150_000 });
  const second = migration('second', 200_500);

  it('is what began while it was under way, and none of before or after', () => {
    expect(migrationOf(start(100_000, failedAt(150_000)), [second, first])?.id).toBe('first');
    expect(migrationOf(start(200_000, running), [second, first])?.id).toBe('second');
    expect(migrationOf(start(170_000, failedAt(171_000)), [second, first])).toBeUndefined();
  });

  it('that resumes a post-copy is the one it goes on with, however long ago that began', () => {
    expect(migrationOf(start(900_000, running, true), [second, first])?.id).toBe('second');
    expect(migrationOf(start(120_000, failedAt(130_000), true), [second, first])?.id).toBe('first');
  });
});
