import type { Disposable } from '../base/disposable.js';
import type { Migration, Migrations } from '../migration/model.js';

/**
 * Calls `onChange` with a running migration for whatever changes about it, samples included, and with undefined for the
 * list itself. What has ended is listened to no more: a list of past migrations costs nothing.
 */
export function followRunning(
  migrations: Migrations,
  onChange: (migration: Migration | undefined) => void,
): Disposable {
  const followed = new Map<Migration, Disposable>();
  const reconcile = (): void => {
    const running = new Set(migrations.all.filter((migration) => migration.state.outcome === undefined));
    for (const [migration, subscription] of followed) {
      if (running.has(migration)) continue;
      subscription.dispose();
      followed.delete(migration);
    }
    for (const migration of running) {
      if (!followed.has(migration))
        followed.set(
          migration,
          migration.onDidChange(() => onChange(migration)),
        );
    }
  };
  const onList = migrations.onDidChange(() => {
    reconcile();
    onChange(undefined);
  });
  reconcile();
  return {
    dispose: () => {
      onList.dispose();
      for (const subscription of followed.values()) subscription.dispose();
      followed.clear();
    },
  };
}
