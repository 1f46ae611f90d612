import type { Fleet } from '../hypervisor/model.js';
import { isOnlyWatched } from '../migration/availability.js';
import { isMigratable } from '../migration/migratable.js';
import type { Migration } from '../migration/model.js';

/** What each context key is now. An action that would only be refused on a host is none that its domains can be offered. */
export function contextValues(
  fleet: Pick<Fleet, 'hypervisors' | 'get'>,
  migrations: readonly Pick<Migration, 'source' | 'state'>[],
  problems: readonly string[],
  /** How many migrations are in the archive, as far as it was read. */
  archived = 0,
): Readonly<Record<`libvirt.${string}`, boolean>> {
  const hosts = fleet.hypervisors;
  const running = migrations.filter(({ state }) => state.outcome === undefined);
  const steerable = running.filter(({ source }) => !isOnlyWatched(source, fleet));
  const paused = migrations.filter(({ state }) => state.leftPausedOn !== undefined || state.phase === 'paused');
  return {
    'libvirt.ready': true,
    'libvirt.hasHosts': hosts.length > 0,
    'libvirt.hasHostProblems': problems.length > 0,
    'libvirt.connected': hosts.some(({ status }) => status.kind === 'connected'),
    'libvirt.hasChangedHostKey': hosts.some(
      ({ status }) => status.kind === 'failed' && status.remedy === 'forgetHostKey',
    ),
    'libvirt.canMigrate': hosts.some(
      ({ status, config, domains }) =>
        status.kind === 'connected' && !config.readOnly && [...domains.values()].some(isMigratable),
    ),
    'libvirt.hasMigrations': migrations.length + archived > 0,
    'libvirt.hasArchived': archived > 0,
    'libvirt.migrating': running.length > 0,
    'libvirt.steerable': steerable.length > 0,
    'libvirt.inPostcopy': steerable.some(({ state }) => state.phase === 'postcopy'),
    'libvirt.hasInterruptedPostcopy': steerable.some(({ state }) => state.phase === 'postcopyInterrupted'),
    'libvirt.hasPausedGuest': paused.some(({ state, source }) => !isOnlyWatched(state.leftPausedOn ?? source, fleet)),
  };
}
