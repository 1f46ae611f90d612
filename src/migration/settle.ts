import type { StateAndReason } from '../virsh/domain.js';
import type { JobFigures, MigrationResult, Outcome, Phase } from './model.js';

/** All that is known when a job has vanished from its source. Undefined is what nobody could tell. */
export interface Evidence {
  /** From the event `job-completed`, or from `domjobinfo --completed` of either host. */
  readonly completed: JobFigures | undefined;
  /** The domain on the source now; `gone` for a transient domain that left. */
  readonly source: StateAndReason | 'gone' | undefined;
  /** The domain on another host of the tree, if it is there. */
  readonly destination: StateAndReason | undefined;
  /** The event `Stopped Migrated` was seen on the source. */
  readonly stoppedMigrated: boolean;
  /** The detail of another `Stopped` event of the source: `Destroyed`, `Crashed`, `Shutdown`, `Failed`. */
  readonly stoppedOtherwise: string | undefined;
  /** The last reading before the end. */
  readonly lastJob: JobFigures | undefined;
  readonly lastPhase: Phase;
  /** This extension's own abort was carried out. */
  readonly abortedHere: boolean;
  /** The end was not watched: the connection was lost, or the window was closed. */
  readonly unwatched: boolean;
}

/** How a migration ended, from the evidence, claiming no more than it shows. Pure. */
export function settle(evidence: Evidence): Outcome {
  const { completed, source, destination, lastJob } = evidence;
  if (completed?.type === 'failed' || completed?.success === false) return failed(completed);
  if (lastJob?.type === 'failed') return failed(lastJob);
  if (evidence.stoppedMigrated || leftByMigration(source)) {
    return { kind: 'completed', result: resultOf(completed) };
  }
  if (source === 'gone') {
    if (runsAsMigrated(destination)) return { kind: 'completed', result: resultOf(completed) };
    if (completed !== undefined) return { kind: 'completed', result: resultOf(completed) };
    if (evidence.stoppedOtherwise !== undefined) {
      return {
        kind: 'failed',
        reason: `the guest was stopped on its source (${evidence.stoppedOtherwise.toLowerCase()})`,
      };
    }
    return {
      kind: 'lost',
      reason: 'the guest is no longer on its source, and no host of the tree tells where it went',
    };
  }
  if (lastJob?.type === 'cancelled' || evidence.abortedHere) return { kind: 'aborted' };
  if (source === undefined) return { kind: 'lost', reason: 'its source can no longer be asked' };
  if (source.state === 'paused' && source.reason === 'post-copy failed') {
    return { kind: 'failed', reason: 'post-copy failed; the guest is stopped, half on each host' };
  }
  if (source.state === 'shutOff' || source.state === 'crashed') {
    return {
      kind: 'failed',
      reason: `the guest was ${source.state === 'crashed' ? 'crashed' : 'shut off'} on its source${because(source)}`,
    };
  }
  return { kind: 'endedWithoutCompleting' };
}

/** The real figures of a finished migration; each undefined where its source did not tell. */
export function resultOf(completed: JobFigures | undefined): MigrationResult {
  return {
    totalTimeMs: completed?.timeElapsedMs,
    downtimeMs: completed?.downtimeMs,
    transferredBytes: completed?.dataProcessedBytes ?? completed?.memoryProcessedBytes,
    iterations: completed?.memoryIteration,
  };
}

function failed(job: JobFigures): Outcome {
  return { kind: 'failed', reason: job.errorMessage ?? 'libvirt gave no reason' };
}

function leftByMigration(source: Evidence['source']): boolean {
  return source !== undefined && source !== 'gone' && source.state === 'shutOff' && source.reason === 'migrated';
}

function runsAsMigrated(destination: StateAndReason | undefined): boolean {
  return destination !== undefined && (destination.state === 'running' || destination.state === 'paused');
}

function because(source: StateAndReason): string {
  return source.reason === undefined ? '' : ` (${source.reason})`;
}
