import { Emitter } from '../base/emitter.js';
import type { Migration, Migrations } from './model.js';
import { sameMigration } from './sameMigration.js';
import type { TrackedMigration } from './trackedMigration.js';

/** How many ended migrations stay in the list. */
const recentLimit = 50;

/** All migrations of this window, in one place: the watchers add them, trees and panels read them. */
export class MigrationRegistry implements Migrations {
  private readonly byId = new Map<string, TrackedMigration>();
  private readonly changed = new Emitter<void>();
  private readonly started = new Emitter<TrackedMigration>();
  private readonly ended = new Emitter<TrackedMigration>();
  private readonly dropped = new Emitter<TrackedMigration>();

  readonly onDidChange = this.changed.event;
  readonly onDidStart = this.started.event;
  readonly onDidEnd = this.ended.event;
  /** It left the list: the oldest of too many. */
  readonly onDidDrop = this.dropped.event;

  get all(): readonly Migration[] {
    return [...this.byId.values()].sort(
      (a, b) => Number(b.running) - Number(a.running) || b.startedAtMs - a.startedAtMs || a.id.localeCompare(b.id),
    );
  }

  /** By its id, or by that which another window gave it before their records became one. */
  get(id: string): TrackedMigration | undefined {
    return this.byId.get(id) ?? sameMigration(id, this.byId.values());
  }

  running(host: string, domainUuid: string): TrackedMigration | undefined {
    return [...this.byId.values()].find(
      (m) => m.running && m.domainUuid === domainUuid && (m.source === host || m.state.destination === host),
    );
  }

  /** Unfinished migrations whose source is `host`: those being watched, and those an earlier window left behind. */
  unfinishedFrom(host: string): readonly TrackedMigration[] {
    return [...this.byId.values()].filter((m) => m.running && m.source === host);
  }

  /** Whether a migration from or to `host` runs. */
  runsAt(host: string): boolean {
    return [...this.byId.values()].some((m) => m.running && (m.source === host || m.state.destination === host));
  }

  /** A domain migrates away from one place only: what two hosts of the tree that are one machine see is one migration. */
  runningAnywhere(domainUuid: string): readonly TrackedMigration[] {
    return [...this.byId.values()].filter((m) => m.running && m.domainUuid === domainUuid);
  }

  /** Those that are over. */
  get past(): readonly TrackedMigration[] {
    return [...this.byId.values()].filter((m) => !m.running);
  }

  /** Adds one seen for the first time. */
  start(migration: TrackedMigration): void {
    this.add(migration);
    this.started.fire(migration);
    this.changed.fire();
  }

  /** Adds those an earlier window recorded. */
  restore(migrations: readonly TrackedMigration[]): void {
    for (const migration of migrations) if (!this.byId.has(migration.id)) this.add(migration);
    this.changed.fire();
  }

  /** Tells that a migration's outcome, and all that follows from it, is settled. */
  finish(migration: TrackedMigration): void {
    this.ended.fire(migration);
    this.changed.fire();
  }

  private add(migration: TrackedMigration): void {
    this.byId.set(migration.id, migration);
    migration.onDidChangeState(() => this.changed.fire());
    const past = [...this.byId.values()].filter((m) => !m.running).sort((a, b) => a.startedAtMs - b.startedAtMs);
    for (const old of past.slice(0, Math.max(0, past.length - recentLimit))) {
      this.byId.delete(old.id);
      this.dropped.fire(old);
    }
  }
}
