import type { Hypervisor } from '../hypervisor/model.js';

/** Whether a host is being connected, or comes back by itself: what it has to tell is worth a wait. */
export function isOnItsWay({ status }: Pick<Hypervisor, 'status'>): boolean {
  return status.kind === 'reconnecting' || status.kind === 'connecting';
}
