import type { Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Ending } from './ending.js';
import type { MigrationRegistry } from './registry.js';

/**
 * Finds where running migrations go: domjobinfo does not tell, but the destination holds the same UUID. Looked for again
 * whenever a host of the tree changes, until found.
 */
export function pairWithDestinations(fleet: Fleet, registry: MigrationRegistry, ending: Ending): Disposable {
  const pair = (): void => {
    for (const host of fleet.hypervisors) {
      for (const migration of registry.unfinishedFrom(host.config.name)) {
        if (migration.state.destination !== undefined) continue;
        const destination = ending.destinationOf(migration)?.config.name;
        if (destination !== undefined) migration.update({ destination }, Date.now());
      }
    }
  };
  const onFleet = fleet.onDidChange(pair);
  // One starts, or is read back from the journal while its hosts are connected already.
  const onMigrations = registry.onDidChange(pair);
  return {
    dispose: () => {
      onFleet.dispose();
      onMigrations.dispose();
    },
  };
}
