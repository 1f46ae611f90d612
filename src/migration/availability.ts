import type { Capabilities, Fleet, Hypervisor } from '../hypervisor/model.js';
import { guestName, hostName } from './describe.js';
import { isInPostcopy } from './phase.js';
import { iterationOf } from './readings.js';
import type { ActionKind, Migration, Phase } from './model.js';

/** Whether an action can work now, and what it does, or why it can't. */
export interface Availability {
  readonly enabled: boolean;
  readonly why: string;
}

/** The hosts of the tree, by name. */
export type Hosts = Pick<Fleet, 'get'>;

const postcopyIsFinal = 'The guest already runs on the destination: post-copy can not be taken back.';
const isInterrupted =
  'It was interrupted in post-copy: the guest has half of its memory on each host, until the migration is resumed.';
const notInPostcopy = 'It is not in post-copy.';
const uncompressed = 'It does not compress what it sends (--compressed), so a cache would have no effect.';

/** What keeps an action from working in a phase; a phase that is not named is no obstacle. */
const obstacles: Readonly<Record<ActionKind, Partial<Record<Phase, string>>>> = {
  setSpeed: {},
  setPostcopySpeed: {
    setup: notInPostcopy,
    diskCopy: notInPostcopy,
    precopy: notInPostcopy,
    paused: notInPostcopy,
  },
  setMaxDowntime: { postcopy: postcopyIsFinal, postcopyInterrupted: isInterrupted },
  setCompressionCache: {
    setup: 'No memory is copied yet.',
    diskCopy: 'No memory is copied yet.',
    postcopy: 'Post-copy compresses nothing.',
    postcopyInterrupted: 'Post-copy compresses nothing.',
  },
  pause: {
    setup: 'No memory is copied yet: pausing now would only cost time.',
    paused: 'The guest is paused already.',
    postcopy: postcopyIsFinal,
    postcopyInterrupted: isInterrupted,
  },
  // `virsh resume` wants the MODIFY job, which the migration holds: it would wait for the migration's end.
  resume: {
    setup: 'The guest is not paused.',
    diskCopy: 'The guest is not paused.',
    precopy: 'The guest is not paused.',
    paused:
      'libvirt resumes no guest while it migrates: it does so itself at the end. Abort, or switch to post-copy, to let it go on now.',
    postcopy: 'The guest is not paused: it runs on the destination.',
    postcopyInterrupted: 'Half of its memory is on the other host: resume its migration, not the guest.',
  },
  switchToPostcopy: {
    setup: 'No memory is copied yet.',
    diskCopy: 'Disks are copied first: post-copy is for memory.',
    postcopy: 'It has switched to post-copy already.',
    postcopyInterrupted: isInterrupted,
  },
  interruptPostcopy: {
    setup: notInPostcopy,
    diskCopy: notInPostcopy,
    precopy: notInPostcopy,
    paused: notInPostcopy,
    postcopyInterrupted: 'It is interrupted already.',
  },
  resumePostcopy: {
    setup: notInPostcopy,
    diskCopy: notInPostcopy,
    precopy: notInPostcopy,
    paused: notInPostcopy,
    postcopy: 'It is not interrupted.',
  },
  abort: { postcopy: postcopyIsFinal, postcopyInterrupted: isInterrupted },
};

const effects: Readonly<Record<ActionKind, string>> = {
  setSpeed: 'Sets how much of the network the migration may use.',
  setPostcopySpeed: 'Sets how much of the network post-copy may use, beside the pages the guest waits for.',
  setCompressionCache: 'Sets how much memory QEMU keeps of what it has sent, to send only what differs.',
  interruptPostcopy:
    'Breaks the migration off in post-copy: the guest stops until the migration is resumed. It never goes back.',
  resumePostcopy: 'Goes on with a post-copy that was interrupted, or that a lost network broke off.',
  setMaxDowntime: 'Sets how long the guest may be stopped for the switch-over.',
  pause: 'Stops the guest, so that it dirties no more memory and the copy can end.',
  resume: 'Lets the guest go on, which its migration left paused.',
  switchToPostcopy:
    'Runs the guest on the destination at once and fetches the rest of its memory after it. Only for a migration started with --postcopy. There is no way back.',
  abort: 'Ends the migration; the guest goes on where it is.',
};

/** Decides by what was last seen; libvirt has the last word. */
export function availability(action: ActionKind, migration: Migration, hosts: Hosts): Availability {
  const why = obstacle(action, migration, hosts);
  return why === undefined ? { enabled: true, why: effects[action] } : { enabled: false, why };
}

/** The actions worth a button now: Resume only where something is paused, Pause only where something runs. */
export function shownActions(migration: Pick<Migration, 'state' | 'samples'>): readonly ActionKind[] {
  const { phase, leftPausedOn } = migration.state;
  if (leftPausedOn !== undefined) return ['resume'];
  const cache: readonly ActionKind[] = compresses(migration) ? ['setCompressionCache'] : [];
  switch (phase) {
    case 'ended':
      return [];
    case 'postcopy':
      return ['setPostcopySpeed', 'interruptPostcopy'];
    case 'postcopyInterrupted':
      return ['setPostcopySpeed', 'resumePostcopy'];
    case 'paused':
      return ['setSpeed', 'setMaxDowntime', ...cache, 'resume', 'switchToPostcopy', 'abort'];
    default:
      return ['setSpeed', 'setMaxDowntime', ...cache, 'pause', 'switchToPostcopy', 'abort'];
  }
}

/** Whether the last reading shows XBZRLE at work: libvirt names a cache even where nothing is compressed. */
function compresses({ samples }: Pick<Migration, 'samples'>): boolean {
  const job = samples.at(-1)?.job;
  return [job?.compressionPages, job?.compressionCacheMisses, job?.compressionOverflows].some(
    (count) => (count ?? 0) > 0,
  );
}

/** Whether nothing may be changed on the host of this name, since its entry in the settings says so. */
export function isOnlyWatched(name: string, hosts: Hosts): boolean {
  return hosts.get(name)?.config.readOnly === true;
}

function obstacle(action: ActionKind, migration: Migration, hosts: Hosts): string | undefined {
  const { outcome, phase, leftPausedOn } = migration.state;
  if (action === 'resume' && leftPausedOn !== undefined) return hostObstacle(leftPausedOn, hosts.get(leftPausedOn));
  if (outcome !== undefined || phase === 'ended') return `The migration of ${guestName(migration)} has ended.`;
  const source = hosts.get(migration.source);
  const unusable = hostObstacle(migration.source, source);
  if (unusable !== undefined) return unusable;
  if (action === 'switchToPostcopy' && source?.capabilities?.postcopy === false) {
    return `The libvirt of ${hostName(migration.source)} has no post-copy: it came with 1.3.3.`;
  }
  return obstacles[action][phase] ?? lacking(action, migration, source?.capabilities);
}

function roundsOf({ samples }: Migration): number {
  const last = samples.at(-1);
  return (last && iterationOf(last)) ?? 0;
}

/** What this libvirt, or this migration, has not that an action needs. */
function lacking(action: ActionKind, migration: Migration, capabilities: Capabilities | undefined): string | undefined {
  const host = hostName(migration.source);
  switch (action) {
    case 'setSpeed':
      return isInPostcopy(migration.state) ? lacking('setPostcopySpeed', migration, capabilities) : undefined;
    case 'setPostcopySpeed':
      return capabilities?.postcopySpeed === false
        ? `The libvirt of ${host} can't set a speed for post-copy: it came with 5.1.`
        : undefined;
    case 'interruptPostcopy':
      return capabilities?.abortPostcopy === false
        ? `The libvirt of ${host} can't interrupt post-copy: it came with 8.5.`
        : undefined;
    case 'resumePostcopy':
      return capabilities?.migrateOptions.has('--postcopy-resume') === false
        ? `The libvirt of ${host} can't resume a post-copy: it came with 8.5.`
        : undefined;
    case 'setCompressionCache':
      if (capabilities?.compressionCache === false) return `The libvirt of ${host} can't set a compression cache.`;
      // Only from its second round on does QEMU compress: before, it may yet.
      return roundsOf(migration) > 2 && !compresses(migration) ? uncompressed : undefined;
    default:
      return undefined;
  }
}

function hostObstacle(name: string, host: Pick<Hypervisor, 'config' | 'status'> | undefined): string | undefined {
  const shown = hostName(name);
  if (host === undefined) return `${shown} is not among the hosts any more.`;
  if (host.config.readOnly) return `${shown} is read-only: its entry in the setting libvirt.hosts says so.`;
  return host.status.kind === 'connected' ? undefined : `${shown} is not connected.`;
}
