import { Disposables, type Disposable } from '../base/disposable.js';
import type { HypervisorFleet } from '../hypervisor/fleet.js';
import type { ObservedHypervisor } from '../hypervisor/model.js';
import { MigrationWatcher, type WatcherOptions } from './watcher.js';

/** A watcher for each host of the fleet, for as long as the host is in it. */
export class MigrationWatchers implements Disposable {
  private readonly owned = new Disposables();
  private readonly byHost = new Map<ObservedHypervisor, MigrationWatcher>();

  constructor(fleet: HypervisorFleet, options: Omit<WatcherOptions, 'hypervisor'>) {
    this.owned.add(
      fleet.onDidAdd((hypervisor) => this.byHost.set(hypervisor, new MigrationWatcher({ ...options, hypervisor }))),
    );
    this.owned.add(
      fleet.onDidRemove((hypervisor) => {
        this.byHost.get(hypervisor)?.dispose();
        this.byHost.delete(hypervisor);
      }),
    );
  }

  dispose(): void {
    this.owned.dispose();
    for (const watcher of this.byHost.values()) watcher.dispose();
    this.byHost.clear();
  }
}
