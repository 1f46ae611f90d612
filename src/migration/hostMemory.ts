import type { Hypervisor } from '../hypervisor/model.js';
import { MIB } from '../panel/format.js';
import { freeMemory, type NodeMemory, nodeMemory } from '../virsh/hostCommands.js';

/** What QEMU takes beside its guest's own memory: a base, and tables that grow with it. An estimate, to be said to be one. */
const overheadBytes = 128 * MIB;
const overheadShare = 0.01;

/** A host's memory, in as much detail as its libvirt tells. Rejects where it tells nothing. */
export function memoryOf(host: Pick<Hypervisor, 'run'>): Promise<NodeMemory> {
  return host.run(nodeMemory()).catch(() => host.run(freeMemory()));
}

/** What guests may still take of a host, with what its kernel would give up for them. */
export function availableBytes({ freeBytes, reclaimableBytes }: NodeMemory): number {
  return freeBytes + reclaimableBytes;
}

/** What a guest takes of its host's memory. */
export function neededBytes({ memoryBytes }: { readonly memoryBytes: number }): number {
  return Math.ceil(memoryBytes * (1 + overheadShare)) + overheadBytes;
}
