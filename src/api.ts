import type { Event } from './base/emitter.js';
import type { Hypervisor } from './hypervisor/model.js';
import type { Action, Migration } from './migration/model.js';

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
   * Steers the domain's migration, as the commands do but without asking. `host` is the source's name in the tree.
   * Resolves with a sentence for people, rejects with an Error in libvirt's words.
   */
  perform(host: string, domainUuid: string, action: Action): Promise<string>;
}
