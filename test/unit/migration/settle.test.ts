import { describe, expect, it } from 'vitest';
import type { JobFigures, Outcome } from '../../../src/migration/model.js';
import { type Evidence, settle } from '../../../src/migration/settle.js';
import { figures } from './figures.js';

const running = { state: 'running', reason: 'booted' } as const;
const migrated = { state: 'shutOff', reason: 'migrated' } as const;
const record: JobFigures = figures({
  type: 'completed',
  timeElapsedMs: 41_200,
  downtimeMs: 158,
  dataProcessedBytes: 706_760_988,
  memoryIteration: 7,
});
const result = { totalTimeMs: 41_200, downtimeMs: 158, transferredBytes: 706_760_988, iterations: 7 };
const nothing: Evidence = {
  completed: undefined,
  source: undefined,
  destination: undefined,
  stoppedMigrated: false,
  stoppedOtherwise: undefined,
  lastJob: figures({ type: 'unbounded' }),
  lastPhase: 'precopy',
  abortedHere: false,
  unwatched: false,
};

describe('how a migration ended', () => {
  const table: readonly [string, Partial<Evidence>, Outcome][] = [
    [
      'completed, with its real figures, when a transient guest left and libvirt told them',
      { source: 'gone', completed: record, stoppedMigrated: true },
      { kind: 'completed', result },
    ],
    [
      'completed when a persistent guest is shut off as migrated',
      { source: migrated, completed: record },
      { kind: 'completed', result },
    ],
    [
      'completed with unknown figures, never invented ones, when only the event of its leaving was seen',
      { source: 'gone', stoppedMigrated: true },
      {
        kind: 'completed',
        result: { totalTimeMs: undefined, downtimeMs: undefined, transferredBytes: undefined, iterations: undefined },
      },
    ],
    [
      'completed when nobody watched, but the guest runs on another host of the tree',
      { source: 'gone', destination: { state: 'running', reason: 'migrated' }, unwatched: true },
      {
        kind: 'completed',
        result: { totalTimeMs: undefined, downtimeMs: undefined, transferredBytes: undefined, iterations: undefined },
      },
    ],
    [
      'failed in the words of the virsh that was started here',
      { source: running, started: { kind: 'failed', text: 'operation failed: no room' } },
      { kind: 'failed', reason: 'operation failed: no room' },
    ],
    [
      'aborted when the virsh that was started here says that a client canceled it',
      {
        source: running,
        started: { kind: 'failed', text: "operation aborted: job 'migration out' canceled by client" },
      },
      { kind: 'aborted' },
    ],
    [
      'aborted in the words of an older libvirt, too',
      { source: running, started: { kind: 'failed', text: 'operation aborted: migration job: canceled by client' } },
      { kind: 'aborted' },
    ],
    [
      'completed when the virsh that was started here succeeded, wherever the guest went since',
      { source: running, unwatched: true, started: { kind: 'succeeded' }, completed: record },
      { kind: 'completed', result },
    ],
    [
      'completed when the guest left, although its virsh lost libvirtd meanwhile',
      { source: migrated, completed: record, started: { kind: 'failed', text: 'client socket is closed' } },
      { kind: 'completed', result },
    ],
    [
      'failed, and not lost, where only its virsh can tell',
      { source: 'gone', unwatched: true, started: { kind: 'failed', text: 'QEMU unexpectedly closed the monitor' } },
      { kind: 'failed', reason: 'QEMU unexpectedly closed the monitor' },
    ],
    [
      "failed with its virsh's reason where libvirt's record has none",
      { source: running, completed: figures({ type: 'failed' }), started: { kind: 'failed', text: 'no room' } },
      { kind: 'failed', reason: 'no room' },
    ],
    ['aborted when this extension aborted it', { source: running, abortedHere: true }, { kind: 'aborted' }],
    [
      'completed although an abort was sent, when the abort came too late',
      { source: migrated, abortedHere: true, completed: record },
      { kind: 'completed', result },
    ],
    [
      "aborted when libvirt's job type says so",
      { source: running, lastJob: figures({ type: 'cancelled' }) },
      { kind: 'aborted' },
    ],
    [
      "failed, in libvirt's words, when the job said so",
      { source: running, lastJob: figures({ type: 'failed', errorMessage: 'migration: socket closed' }) },
      { kind: 'failed', reason: 'migration: socket closed' },
    ],
    [
      'ended without completing when the guest goes on at its source and nobody said why',
      { source: running },
      { kind: 'endedWithoutCompleting' },
    ],
    [
      'failed when the guest was destroyed meanwhile',
      { source: { state: 'shutOff', reason: 'destroyed' } },
      { kind: 'failed', reason: 'the guest was shut off on its source (destroyed)' },
    ],
    [
      'failed when a transient guest was destroyed meanwhile, although it had begun to arrive',
      { source: 'gone', stoppedOtherwise: 'Destroyed', destination: { state: 'paused', reason: 'migrating' } },
      { kind: 'failed', reason: 'the guest was stopped on its source (destroyed)' },
    ],
    [
      'lost when the source is gone and the guest is still arriving',
      { source: 'gone', unwatched: true, destination: { state: 'paused', reason: 'migrating' } },
      { kind: 'lost', reason: 'the guest is no longer on its source, and no host of the tree tells where it went' },
    ],
    [
      'failed when a transient guest was destroyed meanwhile, and is gone',
      { source: 'gone', stoppedOtherwise: 'Destroyed' },
      { kind: 'failed', reason: 'the guest was stopped on its source (destroyed)' },
    ],
    [
      'failed when post-copy broke',
      { source: { state: 'paused', reason: 'post-copy failed' }, lastPhase: 'postcopy' },
      { kind: 'failed', reason: 'post-copy failed; the guest is stopped, half on each host' },
    ],
    [
      'lost when the guest is gone and no host of the tree has it',
      { source: 'gone' },
      { kind: 'lost', reason: 'the guest is no longer on its source, and no host of the tree tells where it went' },
    ],
    [
      'aborted, not completed, when an event claims that a guest has left which its source still runs',
      { source: running, abortedHere: true, stoppedMigrated: true },
      { kind: 'aborted' },
    ],
    [
      'ended without completing when such an event is all there is beside a running guest',
      { source: running, stoppedMigrated: true },
      { kind: 'endedWithoutCompleting' },
    ],
    [
      'failed when such an event comes beside a guest that crashed on its source',
      { source: { state: 'crashed', reason: 'panicked' }, stoppedMigrated: true },
      { kind: 'failed', reason: 'the guest was crashed on its source (panicked)' },
    ],
    [
      'completed when the event was seen and the source can no longer be asked',
      { stoppedMigrated: true },
      {
        kind: 'completed',
        result: { totalTimeMs: undefined, downtimeMs: undefined, transferredBytes: undefined, iterations: undefined },
      },
    ],
    [
      'lost when the source names a state that nobody knows',
      { source: { state: 'unknown', reason: undefined } },
      { kind: 'lost', reason: 'its source can no longer be asked' },
    ],
    ['lost when the source can no longer be asked', {}, { kind: 'lost', reason: 'its source can no longer be asked' }],
  ];
  it.each(table)('is %s', (_, evidence, outcome) => {
    expect(settle({ ...nothing, ...evidence })).toEqual(outcome);
  });
});
