import type { Hypervisor } from '../hypervisor/model.js';
import { guestName, hostName } from './describe.js';
import type { ActionKind, Migration, Phase } from './model.js';

/** Whether an action can work now, and what it does, or why it can't. */
export interface Availability {
  readonly enabled: boolean;
  readonly why: string;
}

/** What of its source decides; undefined for a host that has left the tree. */
export type SourceHost = Pick<Hypervisor, 'config' | 'status' | 'capabilities'> | undefined;

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
  resume: {
    setup: 'The guest is not paused.',
    diskCopy: 'The guest is not paused.',
    precopy: 'The guest is not paused.',
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
  resume: 'Lets the guest go on while its memory is copied.',
  switchToPostcopy:
    'Runs the guest on the destination at once and fetches the rest of its memory after it. Only for a migration started with --postcopy. There is no way back.',
  abort: 'Ends the migration; the guest goes on where it is.',
};

/** Decides by what was last seen; libvirt has the last word. */
export function availability(action: ActionKind, migration: Migration, source: SourceHost): Availability {
  const why = obstacle(action, migration, source);
  return why === undefined ? { enabled: true, why: effects[action] } : { enabled: false, why };
}

function obstacle(action: ActionKind, migration: Migration, source: SourceHost): string | undefined {
  const { outcome, phase } = migration.state;
  if (outcome !== undefined || phase === 'ended') return `The migration of ${guestName(migration)} has ended.`;
  const host = hostName(migration.source);
  if (source === undefined) return `${host} is not among the hosts any more.`;
  if (source.config.readOnly) return `${host} is read-only: its entry in the setting libvirt.hosts says so.`;
  if (source.status.kind !== 'connected') return `${host} is not connected.`;
  if (action === 'switchToPostcopy' && source.capabilities?.postcopy === false) {
    return `The libvirt of ${host} has no post-copy: it came with 1.3.3.`;
  }
  return obstacles[action][phase];
}
