import type { Hypervisor } from '../../hypervisor/model.js';
import { isPersistent } from '../../virsh/commands.js';
import { availableBytes, memoryOf } from '../hostMemory.js';

/** What a form shows of hosts beside what the tree knows. All of it is a help: where a host does not tell, it is left out. */

/** What guests may still take of a host, with what its kernel would give up for them, in bytes. */
export function freeMemoryOf(host: Hypervisor): Promise<number | undefined> {
  return memoryOf(host).then(availableBytes, () => undefined);
}

/** Whether a domain is still there once it is shut off. Nearly all are: that is taken for granted where it can't be read. */
export function isKept(host: Hypervisor, uuid: string): Promise<boolean> {
  return host.run(isPersistent(uuid)).catch(() => true);
}
