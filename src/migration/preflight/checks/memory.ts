import { formatBytes } from '../../../panel/format.js';
import type { NodeMemory } from '../../../virsh/hostCommands.js';
import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import { availableBytes, neededBytes } from '../../hostMemory.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, name, type Pair } from './result.js';

/** With less than this left of a host it begins to swap. */
const tightShare = 0.05;

export interface MemoryFacts {
  readonly hosts: Pair;
  readonly needs: Fact<DomainNeeds>;
  readonly free: Fact<NodeMemory>;
}

/** Whether the guest's memory fits into what the destination has free, or would give up. */
export function checkMemory({ hosts, needs, free }: MemoryFacts): CheckResult {
  const there = name(hosts.destination);
  const result = checkOf('memory', `Free memory on ${there}`);
  if (!needs.known) return result('unknown', cantTell(needs.why));
  const { memoryBytes, hugePages } = needs.value;
  if (memoryBytes === undefined) return result('unknown', cantTell('the domain tells no memory'));
  if (hugePages) {
    return result(
      'unknown',
      `Can't tell: the guest's ${formatBytes(memoryBytes)} are huge pages.`,
      `Compare with virsh freepages --all on ${there}.`,
    );
  }
  if (!free.known) return result('unknown', cantTell(free.why));
  const { freeBytes, reclaimableBytes, totalBytes } = free.value;
  const needed = neededBytes({ memoryBytes });
  const available = availableBytes(free.value);
  const figures = `The guest takes ${formatBytes(memoryBytes)} and about ${formatBytes(needed - memoryBytes)} for QEMU; ${there} has ${formatBytes(freeBytes)} free and ${formatBytes(reclaimableBytes)} of cache`;
  if (needed > available) {
    return result(
      'failed',
      `${figures}: ${formatBytes(needed - available)} too little.`,
      'Choose another destination, or make room there first.',
    );
  }
  if (totalBytes !== undefined && available - needed < tightShare * totalBytes) {
    return result(
      'warned',
      `${figures}, so ${formatBytes(available - needed)} of its ${formatBytes(totalBytes)} would be left.`,
      'It may begin to swap, which slows all of its guests.',
    );
  }
  return result('passed', `${figures}.`);
}
