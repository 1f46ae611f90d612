import { cleanLabel } from '../base/cleanText.js';
import type { Domain } from '../hypervisor/model.js';
import { hostName } from './describe.js';

/** Why a paused guest can't go: it is just arriving, or half elsewhere, or libvirt has a job with it, or it is broken. */
const stuckReason = /^(migrating|post-copy|starting up|shutting down|saving|dumping|from snapshot|crashed|I\/O error)/i;

/** What runs can be migrated, and what is paused by somebody, which arrives paused; not what is just arriving. The one rule for all that starts one. */
export function isMigratable({ state, reason }: Pick<Domain, 'state' | 'reason'>): boolean {
  return state === 'running' || state === 'idle' || (state === 'paused' && !stuckReason.test(reason ?? ''));
}

/** Why one that is not can't be migrated, to be said after its name. */
export function unmigratable({ state, reason = '' }: Pick<Domain, 'state' | 'reason'>): string {
  return state === 'paused' ? `can't be migrated while it is paused (${cleanLabel(reason, 60)})` : 'is not running';
}

/** Why nothing can be sent to a host, or away from it, that is only watched. */
export function readOnlyText(host: string): string {
  return `${hostName(host)} is read-only: its entry in the setting libvirt.hosts says that nothing is changed on it.`;
}
