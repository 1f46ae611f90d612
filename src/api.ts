import type { Event } from './base/emitter.js';
import type { Hypervisor } from './hypervisor/model.js';
import type { Forecast, Settings } from './migration/forecast/forecast.js';
import type { WayOut } from './migration/forecast/waysOut.js';
import type { Action, Migration } from './migration/model.js';
import type { MigrationRequest, StartedMigration } from './migration/start/model.js';

/**
 * What `activate` returns, for other extensions: read the hosts and migrations, hear of them, and steer. Objects are live;
 * none may be changed. Obtain it by `vscode.extensions.getExtension('libvirt-live-migration.libvirt-live-migration')`.
 */
export interface LibvirtApi {
  /** Grows with additions only; a breaking change is another number. */
  readonly version: 1;
  readonly hosts: readonly Hypervisor[];
  /** Running migrations first, then the recent past. */
  readonly migrations: readonly Migration[];
  /** A host or one of its domains changed. */
  readonly onDidChangeHosts: Event<void>;
  /** A migration appeared, changed its state, or ended. Samples are heard on the migration itself. */
  readonly onDidChangeMigrations: Event<void>;
  /**
   * Whether a running migration ends, when, and after what freeze, by its readings so far; with `settings` in place of those in
   * force, what they would come to now. Undefined for one that does not run, before its first reading, and for an unknown id.
   */
  forecast(migration: string, settings?: Settings): Forecast | undefined;
  /** The ways to an end from where it is, by the least harm first; empty where there is nothing to foretell. */
  waysOut(migration: string): readonly WayOut[];
  /**
   * Steers the domain's migration, as the commands do but without asking. `host` is the source's name in the tree.
   * Resolves with a sentence for people, rejects with an Error in libvirt's words.
   */
  perform(host: string, domainUuid: string, action: Action): Promise<string>;
  /** Migrations that were started here: those under way, and those whose end was found out in this window, newest first. */
  readonly starts: readonly StartedMigration[];
  readonly onDidChangeStarts: Event<void>;
  /**
   * Starts a migration, without asking: it goes on whatever becomes of this window. Resolves once it runs, rejects with an
   * Error in libvirt's words where it was refused.
   */
  start(request: MigrationRequest): Promise<StartedMigration>;
}
