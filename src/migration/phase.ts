import type { StateAndReason } from '../virsh/domain.js';
import type { JobInfo } from '../virsh/jobInfo.js';
import type { JobFigures, Phase } from './model.js';

/** What domjobinfo says of a domain, as far as migrations go. */
export type JobSight =
  /** A migration away from this host, or, on a libvirt before 3.3, some job that may be one. */
  | 'outgoing'
  /** A job that is not a migration: save, dump, backup, snapshot. */
  | 'other'
  | 'none';

/** Reads what kind of job runs. Operation is told since 3.3; before, a job of a running guest is taken for a migration. */
export function sightOf(job: JobInfo): JobSight {
  if (job.type !== 'bounded' && job.type !== 'unbounded' && job.type !== 'unknown') return 'none';
  if (job.type === 'unknown' && job.operation === undefined) return 'none';
  return job.operation === undefined || job.operation === 'outgoingMigration' ? 'outgoing' : 'other';
}

/** Whether the guest has left its source already: what steers pre-copy has no effect any more. */
export function isInPostcopy({ phase }: { readonly phase: Phase }): boolean {
  return phase === 'postcopy' || phase === 'postcopyInterrupted';
}

/**
 * The phase that one reading shows. The source's state tells post-copy and pause; figures tell the rest. While QEMU sets
 * up, libvirt prints no totals at all or zeros; while disks are copied first, memory has a total of 0 or has not begun.
 */
export function phaseOf(job: JobFigures, state: StateAndReason | undefined): Phase {
  if (state?.state === 'paused') {
    if (state.reason === 'post-copy') return 'postcopy';
    if (state.reason === 'post-copy failed') return 'postcopyInterrupted';
    if (memoryBegan(job)) return 'paused';
  }
  if (memoryBegan(job)) return 'precopy';
  if ((job.diskTotalBytes ?? 0) > 0) return 'diskCopy';
  return 'setup';
}

function memoryBegan(job: JobFigures): boolean {
  return (job.memoryTotalBytes ?? job.dataTotalBytes ?? 0) > 0 && (job.memoryProcessedBytes ?? 0) > 0;
}
