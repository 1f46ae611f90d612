import { describe, expect, it } from 'vitest';
import { phaseOf, sightOf } from '../../../src/migration/phase.js';
import { figures, reading } from './figures.js';

const mib = 1024 * 1024;
const copying = figures({ type: 'unbounded', memoryTotalBytes: 512 * mib, memoryProcessedBytes: 20 * mib });

describe('the phase shown', () => {
  it.each([
    [
      'setup',
      'set-up, while nothing but a time is told',
      figures({ type: 'unbounded', timeElapsedMs: 300 }),
      'running',
      undefined,
    ],
    [
      'setup',
      'set-up, while all totals are zero',
      figures({ type: 'unbounded', memoryTotalBytes: 0, memoryProcessedBytes: 0, diskTotalBytes: 0 }),
      'running',
      undefined,
    ],
    [
      'diskCopy',
      'disk copy, while no memory was sent',
      figures({ type: 'unbounded', diskTotalBytes: 900 * mib, diskProcessedBytes: 10, memoryTotalBytes: 0 }),
      'running',
      undefined,
    ],
    ['precopy', 'pre-copy, once memory goes', copying, 'running', 'booted'],
    ['precopy', 'pre-copy, where the state could not be asked', copying, undefined, undefined],
    ['paused', 'paused, while memory is copied and the guest stands still', copying, 'paused', 'migrating'],
    ['postcopy', 'post-copy, once the guest runs at the other end', copying, 'paused', 'post-copy'],
    ['postcopyInterrupted', 'interrupted, once post-copy has failed', copying, 'paused', 'post-copy failed'],
  ] as const)('is %s: %s', (phase, _, job, state, reason) => {
    expect(phaseOf(job, state === undefined ? undefined : { state, reason })).toBe(phase);
  });

  it('counts old libvirt, which tells data but no memory figures of its own, as pre-copy', () => {
    expect(
      phaseOf(
        figures({ type: 'unbounded', dataTotalBytes: 62 * mib, memoryTotalBytes: 62 * mib, memoryProcessedBytes: 9 }),
        undefined,
      ),
    ).toBe('precopy');
  });
});

describe('a job', () => {
  it.each([
    ['none', reading({ type: 'none' })],
    ['none', reading({ type: 'completed', operation: 'outgoingMigration' })],
    ['none', reading({ type: 'cancelled', operation: 'outgoingMigration' })],
    ['outgoing', reading({ type: 'unbounded', operation: 'outgoingMigration' })],
    ['outgoing', reading({ type: 'unbounded' })],
    ['other', reading({ type: 'unbounded', operation: 'dump' })],
    ['other', reading({ type: 'bounded', operation: 'backup' })],
    ['other', reading({ type: 'unbounded', operation: 'incomingMigration' })],
  ] as const)('is seen as %s', (sight, job) => {
    expect(sightOf(job)).toBe(sight);
  });
});
