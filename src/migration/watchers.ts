import { Disposables, type Disposable } from '../base/disposable.js';
import type { HypervisorFleet } from '../hypervisor/fleet.js';
import type { ObservedHypervisor } from '../hypervisor/model.js';
import { MigrationWatcher, type WatcherOptions } from './watcher.js';

/**
 * A watcher for each host of the fleet, for as long as the host is in it: once `known` has come, so that what an earlier window
 * watched is found again and not begun anew. Hosts may be connected meanwhile.
 */
export class MigrationWatchers implements Disposable {
  private readonly owned = new Disposables();
  private readonly byHost = new Map<ObservedHypervisor, MigrationWatcher>();
  private over = false;

  constructor(fleet: HypervisorFleet, options: Omit<WatcherOptions, 'hypervisor'>, known?: Promise<unknown>) {
    let begun = known === undefined;
    const watch = (hypervisor: ObservedHypervisor): void => {
      if (begun) this.byHost.set(hypervisor, new MigrationWatcher({ ...options, hypervisor }));
    };
    this.owned.add(fleet.onDidAdd(watch));
    this.owned.add(
      fleet.onDidRemove((hypervisor) => {
        this.byHost.get(hypervisor)?.dispose();
        this.byHost.delete(hypervisor);
      }),
    );
    void known?.then(() => {
      begun = !this.over;
      fleet.hypervisors.forEach(watch);
    });
  }

  dispose(): void {
    this.over = true;
    this.owned.dispose();
    for (const watcher of this.byHost.values()) watcher.dispose();
    this.byHost.clear();
  }
}
