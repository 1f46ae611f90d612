import type { Sample } from '../model.js';
import { iterationOf, pageSizeBytes, remainingBytes } from '../readings.js';
import type { Iteration } from './iterations.js';

/** What of a guest's memory is no zero page: zero pages go by for almost nothing, and nobody rewrites them. */
export interface Filled {
  /** Of all memory; in the first round, as far as that can be told. */
  readonly filledBytes: number;
  /** Of what is left: in the first round nobody knows, and each of these is as likely. */
  readonly leftBytes: readonly number[];
  /** The middle of that in the first round, where what QEMU holds of its host's memory tells it. */
  readonly usedLeftBytes: number | undefined;
}

const mib = 2 ** 20;
/**
 * QEMU's own memory, beside the guest's. Where it translates the guest's code, 118 to 130 MiB were measured of most; what it is
 * with KVM is an assumption: it depends on the devices.
 */
const qemuOwnMiB = { kvm: [30, 60, 100, 160], emulated: [118, 123, 127, 130] } as const;
/** Zero pages beyond what was never used are pages that the guest has cleared: what its host holds tells nothing then. */
const clearedShare = 0.03;
/** A guest of huge pages holds none that count as its process's. */
const residentShare = 1 / 8;
/** How the rest of the memory is filled against what went by: memory that a guest never used comes in long stretches, and late. */
const filledOfRest = [0.2, 0.45, 0.65, 0.85, 1.05] as const;

/** By all readings, of which `last` is the last, in the round that runs. */
export function filledOf(samples: readonly Sample[], last: Sample, iteration: Iteration | undefined): Filled {
  const total = last.job.memoryTotalBytes ?? last.job.dataTotalBytes ?? 0;
  const left = remainingBytes(last) ?? 0;
  if (iteration !== undefined && iteration.number > 1)
    return { filledBytes: filledInAll(samples, total) ?? total, leftBytes: [left], usedLeftBytes: undefined };
  const used = usedLeftOf(samples, last, left);
  const leftBytes = used ?? filledOfRest.map((fill) => Math.min(left, left * filledShareOf(last) * fill));
  const { memoryNormalBytes: sent } = last.job;
  return {
    filledBytes: sent === undefined ? total : Math.min(total, sent + Math.max(...leftBytes)),
    leftBytes,
    usedLeftBytes: used && used.reduce((sum, bytes) => sum + bytes, 0) / used.length,
  };
}

/** What QEMU holds: memory that a guest has never used is not there. Undefined where that was not read, or can't be. */
function usedLeftOf(samples: readonly Sample[], last: Sample, left: number): readonly number[] | undefined {
  const { job } = last;
  const { memoryNormalBytes: sent, memoryTotalBytes: total = 0 } = job;
  const told = samples.find(({ residentBytes }) => residentBytes !== undefined);
  if (sent === undefined || told?.residentBytes === undefined) return undefined;
  const { residentBytes: resident, isEmulated = false } = told;
  const zero = (job.memoryConstantPages ?? 0) * (pageSizeBytes(last) ?? 0);
  const used = qemuOwnMiB[isEmulated ? 'emulated' : 'kvm']
    .map((ownMiB) => resident - ownMiB * mib)
    .filter((bytes) => bytes > sent && bytes >= residentShare * total && zero <= total - bytes + clearedShare * total);
  return used.length === 0 ? undefined : used.map((bytes) => Math.min(left, bytes - sent));
}

/** What is filled of the memory to come, that which went by tells best. */
function filledShareOf(last: Sample): number {
  const { memoryConstantPages: zero, memoryNormalPages: filled } = last.job;
  if (zero === undefined || filled === undefined || zero + filled === 0 || pageSizeBytes(last) === undefined) return 1;
  return Math.max(0.02, filled / (zero + filled));
}

/** By the zero pages of the whole first round. Later ones were pages that the guest has cleared. */
function filledInAll(samples: readonly Sample[], totalBytes: number): number | undefined {
  const after = samples.find((sample) => (iterationOf(sample) ?? 0) > 1);
  const pageSize = after && pageSizeBytes(after);
  if (after?.job.memoryConstantPages === undefined || pageSize === undefined) return undefined;
  return Math.max(0, totalBytes - after.job.memoryConstantPages * pageSize);
}
