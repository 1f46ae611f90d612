import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../src/migration/journalFormat.js';
import type { Mark, MigrationState } from '../../../src/migration/model.js';
import { FakeMigration } from '../fakes.js';

const identity = {
  id: 'm1',
  domainUuid: 'u',
  domainName: 'web-1',
  domainTitle: undefined,
  source: 'hv1',
  startedAtMs: 0,
};
const journal = (...lines: readonly object[]): string =>
  [{ type: 'start', version: 1, identity }, ...lines].map((line) => JSON.stringify(line)).join('\n');
const state = (told: object): object => ({ type: 'state', state: { ...new FakeMigration().state, ...told } });
const mark = (told: object): object => ({ type: 'mark', mark: { atMs: 1, elapsedMs: 1, ...told } });

describe('a record', () => {
  it('of an earlier version, which knew nothing of places, is read as it was', async () => {
    const read = await readRecord(
      journal(state({ phase: 'ended', outcome: { kind: 'aborted' }, leftPausedOn: 'hv1' })),
    );
    expect(read?.state).toMatchObject({
      outcome: { kind: 'aborted' },
      leftPausedOn: 'hv1',
    } satisfies Partial<MigrationState>);
    expect(read?.state?.place).toBeUndefined();
  });

  it('keeps what was found of the guest’s place, and what broke off in post-copy', async () => {
    const place = { kind: 'fine', on: 'hv2' };
    expect((await readRecord(journal(state({ phase: 'postcopyInterrupted', place }))))?.state).toMatchObject({
      phase: 'postcopyInterrupted',
      place,
    });
  });

  it('of a later version is read as far as it is understood', async () => {
    const read = await readRecord(
      journal(
        state({ phase: 'precopy' }),
        mark({ kind: 'phase', phase: 'teleport' }),
        mark({ kind: 'comet' }),
        mark({ kind: 'change', change: { value: 'colour', from: 1, to: 2 } }),
        mark({ kind: 'change', change: { value: 'guest', to: 'paused' } }),
        state({ phase: 'teleport' }),
      ),
    );
    expect(read?.state?.phase).toBe('precopy');
    expect(read?.marks.map((one: Mark) => one.kind)).toEqual(['change']);
  });
});
