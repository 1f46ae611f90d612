import { UserError } from '../../base/errors.js';
import type { Hypervisor } from '../../hypervisor/model.js';
import { formatBytes } from '../../panel/format.js';
import { domainNeeds } from '../../virsh/hostCommands.js';
import { availableBytes, memoryOf } from '../hostMemory.js';

/**
 * QEMU reads pages all over the guest's memory, of each 2 MiB one, to measure. Where the guest has never used them, some kernels (seen
 * on 6.18 with huge pages) give it those 2 MiB, of the host's memory, and for good: so much of that is no matter.
 */
export const mostTakenBytes = 2 ** 30;
/** More is taken only where it is, with all that is measured at once, no more than this share of what the host has free. */
const takenShare = 0.5;

/** What the measurements that begin in this moment may take of each host, in bytes. */
const taken = new WeakMap<Hypervisor, number>();

/**
 * Asked before a measurement of a guest whose QEMU holds so much: resolves with what is to be called after it. Rejects with a
 * `UserError` where the host might run out of memory by it. Huge pages of its own are the guest's from its start.
 */
export async function takeMemory(host: Hypervisor, uuid: string, heldBytes = 0): Promise<() => void> {
  const unusedBytes = (host.domains.get(uuid)?.memoryBytes ?? 0) - heldBytes;
  if (unusedBytes <= mostTakenBytes || (await hasHugePages(host, uuid))) return () => undefined;
  const freeBytes = await memoryOf(host).then(availableBytes, () => 0);
  const others = taken.get(host) ?? 0;
  if (others + unusedBytes > takenShare * freeBytes)
    throw new UserError(
      `measuring might have QEMU take ${formatBytes(unusedBytes)} that the guest has never used, and that is more than half of what ` +
        `${host.config.name} has free (${formatBytes(freeBytes)})`,
    );
  taken.set(host, others + unusedBytes);
  let isTaken = true;
  return () => {
    if (isTaken) taken.set(host, Math.max(0, (taken.get(host) ?? 0) - unusedBytes));
    isTaken = false;
  };
}

function hasHugePages(host: Hypervisor, uuid: string): Promise<boolean> {
  return host.run(domainNeeds(uuid, { migratable: false })).then(
    ({ hugePages }) => hugePages,
    () => false,
  );
}
