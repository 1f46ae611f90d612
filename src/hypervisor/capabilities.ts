import type { VirshCommand } from '../virsh/command.js';
import { helpOptions, version } from '../virsh/commands.js';
import type { Capabilities } from './model.js';

type Run = <T>(command: VirshCommand<T>) => Promise<T>;

/**
 * Asks a host's virsh what it can do, by its own help rather than by a table of versions. All questions go out together.
 * A command that this virsh lacks has no options. Rejects only when nothing can be asked at all.
 */
export async function detectCapabilities(run: Run): Promise<Capabilities> {
  const none: ReadonlySet<string> = new Set();
  const optionsOf = (name: string): Promise<ReadonlySet<string>> => run(helpOptions(name)).catch(() => none);
  // The version is asked of libvirtd: it is also the first thing to fail when virsh is there and libvirtd is not.
  const [libvirtVersion, jobInfo, getMaxDowntime, migrate, postcopy, abort, setSpeed, compressionCache, event] =
    await Promise.all([
      run(version()),
      optionsOf('domjobinfo'),
      optionsOf('migrate-getmaxdowntime'),
      optionsOf('migrate'),
      optionsOf('migrate-postcopy'),
      optionsOf('domjobabort'),
      optionsOf('migrate-setspeed'),
      optionsOf('migrate-compcache'),
      optionsOf('event'),
    ]);
  return {
    libvirtVersion,
    rawStats: jobInfo.has('--rawstats'),
    completedStats: jobInfo.has('--completed'),
    keepCompleted: jobInfo.has('--keep-completed'),
    maxDowntimeReadable: getMaxDowntime.size > 0,
    postcopy: migrate.has('--postcopy') && postcopy.size > 0,
    migrateOptions: migrate,
    abortPostcopy: abort.has('--postcopy'),
    postcopySpeed: setSpeed.has('--postcopy'),
    compressionCache: compressionCache.size > 0,
    eventStream: event.has('--all') && event.has('--loop') && event.has('--timestamp'),
    // The event itself came with 1.3.2; virsh has no help for it, but got migrate's --postcopy one version later.
    iterationEvents: event.has('--timestamp') && migrate.has('--postcopy'),
  };
}
