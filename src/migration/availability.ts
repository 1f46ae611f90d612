import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import { guestName, hostName } from './describe.js';
import type { ActionKind, Migration, MigrationState, Phase } from './model.js';

/** Whether an action can work now, and what it does, or why it can't. */
export interface Availability {
  readonly enabled: boolean;
  readonly why: string;
}

/** The hosts of the tree, by name. */
export type Hosts = Pick<Fleet, 'get'>;

const postcopyIsFinal = 'The guest already runs on the destination: post-copy can not be steered or taken back.';

/** What keeps an action from working in a phase; a phase that is not named is no obstacle. */
const obstacles: Readonly<Record<ActionKind, Partial<Record<Phase, string>>>> = {
  setSpeed: { postcopy: postcopyIsFinal },
  setMaxDowntime: { postcopy: postcopyIsFinal },
  pause: {
    setup: 'No memory is copied yet: pausing now would only cost time.',
    paused: 'The guest is paused already.',
    postcopy: postcopyIsFinal,
  },
  // `virsh resume` wants the MODIFY job, which the migration holds: it would wait for the migration's end.
  resume: {
    setup: 'The guest is not paused.',
    diskCopy: 'The guest is not paused.',
    precopy: 'The guest is not paused.',
    paused:
      'libvirt resumes no guest while it migrates: it does so itself at the end. Abort, or switch to post-copy, to let it go on now.',
    postcopy: 'The guest is not paused: it runs on the destination.',
  },
  switchToPostcopy: {
    setup: 'No memory is copied yet.',
    diskCopy: 'Disks are copied first: post-copy is for memory.',
    postcopy: 'It has switched to post-copy already.',
  },
  abort: { postcopy: postcopyIsFinal },
};

const effects: Readonly<Record<ActionKind, string>> = {
  setSpeed: 'Sets how much of the network the migration may use.',
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
export function shownActions({ phase, leftPausedOn }: MigrationState): readonly ActionKind[] {
  if (leftPausedOn !== undefined) return ['resume'];
  if (phase === 'ended') return [];
  return ['setSpeed', 'setMaxDowntime', phase === 'paused' ? 'resume' : 'pause', 'switchToPostcopy', 'abort'];
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
  return obstacles[action][phase];
}

function hostObstacle(name: string, host: Pick<Hypervisor, 'config' | 'status'> | undefined): string | undefined {
  const shown = hostName(name);
  if (host === undefined) return `${shown} is not among the hosts any more.`;
  if (host.config.readOnly) return `${shown} is read-only: its entry in the setting libvirt.hosts says so.`;
  return host.status.kind === 'connected' ? undefined : `${shown} is not connected.`;
}
