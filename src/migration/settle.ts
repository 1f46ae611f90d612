import type { StateAndReason } from '../virsh/domain.js';
import { isAbort } from './start/aborted.js';
import type { StartOutcome } from './start/outcomes.js';
import type { JobFigures, MigrationResult, Outcome, Phase } from './model.js';

/** All that is known when a job has vanished from its source. Undefined is what nobody could tell. */
export interface Evidence {
  /** From the event `job-completed`, or from `domjobinfo --completed` of either host. */
  readonly completed: JobFigures | undefined;
  /** The domain on the source now; `gone` for a transient domain that left. */
  readonly source: StateAndReason | 'gone' | undefined;
  /** The domain on another host of the tree, if it is there. */
  readonly destination: StateAndReason | undefined;
  /** The event `Stopped Migrated` was seen on the source: a hint, as all events are. */
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
  /** What the virsh said that ran it, where it was started here. */
  readonly started?: StartOutcome | undefined;
}

/** How a migration ended, from the evidence, claiming no more than it shows. Pure. */
export function settle(evidence: Evidence): Outcome {
  const { completed, source, destination, lastJob } = evidence;
  const { started } = evidence;
  const own = started?.kind === 'failed' ? ownFailure(started.text) : undefined;
  if (completed?.type === 'failed' || completed?.success === false) return failed(completed, own);
  if (lastJob?.type === 'failed') return failed(lastJob, own);
  if (leftByMigration(source) || started?.kind === 'succeeded') {
    return { kind: 'completed', result: resultOf(completed) };
  }
  if (source === 'gone') {
    if (evidence.stoppedMigrated || runsAsMigrated(destination)) {
      return { kind: 'completed', result: resultOf(completed) };
    }
    if (evidence.stoppedOtherwise !== undefined) {
      return {
        kind: 'failed',
        reason: `the guest was stopped on its source (${evidence.stoppedOtherwise.toLowerCase()})`,
      };
    }
    if (completed !== undefined) return { kind: 'completed', result: resultOf(completed) };
    if (own !== undefined) return own;
    return {
      kind: 'lost',
      reason: 'the guest is no longer on its source, and no host of the tree tells where it went',
    };
  }
  if (lastJob?.type === 'cancelled' || evidence.abortedHere) return { kind: 'aborted' };
  // The event is a hint that a name can forge: it decides only where the source does not say otherwise.
  if (source === undefined || source.state === 'unknown') {
    if (evidence.stoppedMigrated) return { kind: 'completed', result: resultOf(completed) };
    return own ?? { kind: 'lost', reason: 'its source can no longer be asked' };
  }
  if (source.state === 'paused' && source.reason === 'post-copy failed') {
    return { kind: 'failed', reason: 'post-copy failed; the guest is stopped, half on each host' };
  }
  if (source.state === 'shutOff' || source.state === 'crashed') {
    return {
      kind: 'failed',
      reason: `the guest was ${source.state === 'crashed' ? 'crashed' : 'shut off'} on its source${because(source)}`,
    };
  }
  return own ?? { kind: 'endedWithoutCompleting' };
}

/** The real figures of a finished migration; each undefined where its source did not tell. */
function resultOf(completed: JobFigures | undefined): MigrationResult {
  return {
    totalTimeMs: completed?.timeElapsedMs,
    downtimeMs: completed?.downtimeMs,
    transferredBytes: completed?.dataProcessedBytes ?? completed?.memoryProcessedBytes,
    iterations: completed?.memoryIteration,
  };
}

const noReason = 'libvirt gave no reason';

/** Whether an outcome leaves open what the virsh that ran the migration may know. */
export function isUnexplained(outcome: Outcome): boolean {
  return (
    outcome.kind === 'endedWithoutCompleting' ||
    outcome.kind === 'lost' ||
    (outcome.kind === 'failed' && outcome.reason === noReason)
  );
}

function failed(job: JobFigures, own: Outcome | undefined): Outcome {
  if (job.errorMessage === undefined && own !== undefined) return own;
  return { kind: 'failed', reason: job.errorMessage ?? noReason };
}

function ownFailure(text: string): Outcome {
  return isAbort(text) ? { kind: 'aborted' } : { kind: 'failed', reason: text };
}

function leftByMigration(source: Evidence['source']): boolean {
  return source !== undefined && source !== 'gone' && source.state === 'shutOff' && source.reason === 'migrated';
}

/** One that is still arriving, or was left behind half arrived, is none that has. */
function runsAsMigrated(destination: StateAndReason | undefined): boolean {
  if (destination === undefined) return false;
  return destination.state === 'running' || (destination.state === 'paused' && destination.reason !== 'migrating');
}

function because(source: StateAndReason): string {
  return source.reason === undefined ? '' : ` (${source.reason})`;
}
