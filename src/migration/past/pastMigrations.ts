import type { Event } from '../../base/emitter.js';
import type { JournalRecord } from '../journalFormat.js';
import type { Migration } from '../model.js';
import type { MigrationRegistry } from '../registry.js';
import { TrackedMigration } from '../trackedMigration.js';
import type { Archive } from './archive.js';
import type { PastEntry } from './entry.js';

/** A migration that is over, with each of its readings as it was printed. */
export interface Recalled {
  readonly migration: Migration;
  readonly record: JournalRecord;
}

/** The past beyond the list of recent migrations: what is in the archive, and the whole record of any. */
export class PastMigrations {
  readonly onDidChange: Event<void>;

  constructor(
    private readonly registry: Pick<MigrationRegistry, 'get'>,
    private readonly journal: { read(id: string): Promise<JournalRecord | undefined> },
    private readonly archive: Archive,
    /** Once the recent migrations are known. */
    private readonly ready: Promise<unknown>,
  ) {
    this.onDidChange = archive.onDidChange;
  }

  /** Those in the archive, newest first; none before it was read. One that is just being put away is in the other list, too. */
  get archived(): readonly PastEntry[] {
    return this.archive.all;
  }

  get(id: string): PastEntry | undefined {
    return this.archive.get(id);
  }

  /** Makes `archived` known. Never rejects. */
  async load(): Promise<void> {
    await this.ready;
    await this.archive.load();
  }

  /** All of one: of a migration that goes on, as far as it is written. Undefined where nothing is kept of it. */
  async recall(id: string): Promise<Recalled | undefined> {
    await this.ready;
    const record = (await this.journal.read(id)) ?? (await this.archive.read(id));
    return record && { migration: this.registry.get(id) ?? migrationOf(record), record };
  }

  import(record: JournalRecord): Promise<PastEntry> {
    return this.archive.add(record);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.archive.remove(ids);
  }
}

/** A record as what the panel shows. */
export function migrationOf({ identity, samples, marks, fields, state }: JournalRecord): Migration {
  const migration = new TrackedMigration(identity);
  migration.restore(samples, marks, fields, state ?? migration.state);
  return migration;
}
