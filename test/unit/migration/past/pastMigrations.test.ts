import { describe, expect, it } from 'vitest';
import { Archive } from '../../../../src/migration/past/archive.js';
import { PastMigrations } from '../../../../src/migration/past/pastMigrations.js';
import { TrackedMigration } from '../../../../src/migration/trackedMigration.js';
import { MemoryStorage } from '../../../memoryStorage.js';
import { recordOf } from './records.js';

const silent = { error: () => undefined };

describe('a migration of the past', () => {
  const recent = recordOf();
  const listed = new TrackedMigration(recent.identity);

  function open(ready: Promise<unknown> = Promise.resolve()): { past: PastMigrations; archive: Archive } {
    const archive = new Archive(new MemoryStorage(), silent);
    const registry = { get: (id: string) => (id === listed.id ? listed : undefined) };
    const journal = { read: (id: string) => Promise.resolve(id === listed.id ? recent : undefined) };
    return { past: new PastMigrations(registry, journal, archive, ready), archive };
  }

  it('of the list is the one that is listed, with its whole record', async () => {
    const recalled = await open().past.recall(listed.id);
    expect(recalled?.migration).toBe(listed);
    expect(recalled?.record).toBe(recent);
  });

  it('of the archive has all its readings', async () => {
    const { past } = open();
    const { id } = await past.import(recordOf({ afterMs: 60_000 }));
    const recalled = await past.recall(id);
    expect(recalled?.migration.samples).toHaveLength(10);
    expect(recalled?.migration.fields.find(({ name }) => name === 'time_elapsed')?.value).toBe('10000');
    expect(recalled?.migration.state.outcome?.kind).toBe('completed');
  });

  it('is looked for only once the recent ones are known, and is none where nothing is kept', async () => {
    let known = (): void => undefined;
    const { past } = open(new Promise<void>((resolve) => (known = resolve)));
    let found: unknown = 'not yet';
    const looking = past.recall(listed.id).then((recalled) => (found = recalled?.record));
    await new Promise(setImmediate);
    expect(found).toBe('not yet');
    known();
    await looking;
    expect(found).toBe(recent);
    expect(await past.recall('gone-1')).toBeUndefined();
  });
});
