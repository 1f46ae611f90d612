import { Disposables, type Disposable } from '../base/disposable.js';
import type { Storage } from '../base/storage.js';
import { parseFileName, readEnd, readStart } from './journalFiles.js';
import { telling } from './journalMerge.js';
import type { MigrationState } from './model.js';
import type { MigrationRegistry } from './registry.js';
import { sameMigration } from './sameMigration.js';
import type { TrackedMigration } from './trackedMigration.js';

/**
 * What other windows write of the migrations that this one shows: once one of them has recorded an end, this one shows it as well
 * where it can't see for itself, or knows less of it.
 */
export class OtherWindows implements Disposable {
  private readonly owned = new Disposables();
  /** Whose each file is, once its first line stands there: that never changes. */
  private readonly sources = new Map<string, string>();
  /** Files being read; true for one that was written again meanwhile. */
  private readonly reading = new Map<string, boolean>();

  /** `window` is what this one's own files are called after. */
  constructor(
    private readonly storage: Storage,
    private readonly registry: MigrationRegistry,
    private readonly window: string,
    private readonly isWatchedHere: (migration: TrackedMigration) => boolean,
  ) {}

  listen(): void {
    this.owned.add(this.storage.watch((file) => void this.hear(file)));
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** Reads what all other windows tell of it. */
  async lookFor(migration: TrackedMigration): Promise<void> {
    const files = await this.storage.list().catch((): string[] => []);
    const isAbout = (file: string): boolean => sameMigration(parseFileName(file)?.id ?? '', [migration]) !== undefined;
    await Promise.all(files.filter(isAbout).map((file) => this.hear(file)));
  }

  /** A file was written. Never rejects: a file that can't be read tells nothing. */
  private async hear(file: string): Promise<void> {
    const name = parseFileName(file);
    const migration = name && this.registry.get(name.id);
    if (migration === undefined || name?.window === this.window || this.isWatchedHere(migration)) return;
    if (this.reading.has(file)) {
      this.reading.set(file, true);
      return;
    }
    this.reading.set(file, false);
    const told = await this.endIn(file, migration).catch(() => undefined);
    const isStale = this.reading.get(file);
    this.reading.delete(file);
    if (isStale === true) await this.hear(file);
    else if (told !== undefined && !this.isWatchedHere(migration)) this.agree(migration, told);
  }

  private async endIn(file: string, { source }: TrackedMigration): Promise<MigrationState | undefined> {
    const itsSource = this.sources.get(file) ?? (await readStart(this.storage, file))?.identity.source;
    // It was met as it was made; it is heard again once it is written.
    if (itsSource === undefined) return undefined;
    this.sources.set(file, itsSource);
    // A guest that goes and comes back at once begins two migrations of nearly one start.
    return itsSource === source ? readEnd(this.storage, file) : undefined;
  }

  private agree(migration: TrackedMigration, told: MigrationState): void {
    const { running, state } = migration;
    if (telling(told.outcome) < telling(state.outcome) || told.outcome === undefined) return;
    if (telling(told.outcome) === telling(state.outcome)) {
      // The same end; whether the guest was left paused is found out a moment later.
      if (told.leftPausedOn === undefined || state.leftPausedOn !== undefined) return;
      migration.update({ leftPausedOn: told.leftPausedOn }, Date.now());
      return;
    }
    migration.update({ ...told, destination: state.destination ?? told.destination }, Date.now());
    if (running) this.registry.finish(migration);
  }
}
