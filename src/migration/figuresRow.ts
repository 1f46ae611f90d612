import { formatBytes, formatDuration, formatMs, formatPercent, formatRate, formatVcpus } from '../panel/format.js';
import type { PanelFigure } from '../panel/protocol.js';
import type { Migration, MigrationResult, Sample } from './model.js';
import {
  bandwidthBytesPerSecond,
  busyVcpus,
  dirtyBytesPerSecond,
  diskRemainingBytes,
  expectedDowntimeMs,
  iterationOf,
  pausedMs,
  remainingBytes,
  throttlePercent,
} from './readings.js';

/** The header's row: what was last read while it runs, what it took once it has ended. What nobody told is not in it. */
export function figuresRow(migration: Pick<Migration, 'state' | 'samples' | 'marks' | 'startedAtMs'>): PanelFigure[] {
  const { outcome } = migration.state;
  if (outcome?.kind === 'completed') return resultRow(migration, outcome.result);
  if (outcome !== undefined) return endedRow(migration);
  const sample = migration.samples.at(-1);
  return sample === undefined ? [] : runningRow(sample, migration.samples);
}

function runningRow(sample: Sample, samples: readonly Sample[]): PanelFigure[] {
  const expected = expectedDowntimeMs(sample);
  return told([
    ['Elapsed', formatDuration, sample.elapsedMs, 'How long the migration has run, by the source’s own count.'],
    ['Iteration', String, iterationOf(sample), 'How often QEMU has begun to go through the memory dirtied meanwhile.'],
    ['Disk left', formatBytes, diskRemainingBytes(sample), 'Storage that is still to be copied.'],
    ['Remaining', formatBytes, remainingBytes(sample), 'Memory still to be sent in this iteration.'],
    ['Bandwidth', formatRate, bandwidthBytesPerSecond(sample), 'How fast memory is sent now.'],
    [
      'Dirty rate',
      formatRate,
      dirtyBytesPerSecond(sample),
      'Memory the guest dirtied per second of the last iteration. A page counts once however often it is written, so at a stall this equals the bandwidth.',
    ],
    [
      'Expected downtime',
      formatMs,
      expected,
      'How long QEMU would have to stop the guest to send what was dirty when this iteration began.',
    ],
    ['Allowed downtime', formatMs, sample.maxDowntimeMs, 'QEMU switches over when it expects less than this.'],
    [
      'Busy vCPUs',
      formatVcpus,
      // Where it was not asked again yet, that of a moment ago.
      busyVcpus(samples) ?? busyVcpus(samples, samples.length - 2),
      'How many of the guest’s virtual CPUs worked in the last second or so, on average.',
    ],
    ['Throttle', formatPercent, throttlePercent(sample), 'CPU time that auto-converge takes from the guest.'],
  ]);
}

function resultRow(migration: Parameters<typeof figuresRow>[0], result: MigrationResult): PanelFigure[] {
  return told([
    ['Total time', formatDuration, result.totalTimeMs, 'From start to end, by the host’s own count.'],
    ['Downtime', formatMs, result.downtimeMs, 'How long the guest stood still for the switch-over, as measured.'],
    ['Paused', formatMs, pausedMs(migration), 'How long the guest was seen paused while its memory was copied.'],
    ['Transferred', formatBytes, result.transferredBytes, 'All that was sent.'],
    ['Iterations', String, result.iterations, 'How often QEMU went through the dirtied memory.'],
  ]);
}

/** An unfinished migration leaves only what was last seen of it. */
function endedRow({ state, samples, startedAtMs }: Parameters<typeof figuresRow>[0]): PanelFigure[] {
  const sample = samples.at(-1);
  const lastedMs = state.endedAtMs === undefined ? undefined : Math.max(0, state.endedAtMs - startedAtMs);
  return told([
    ['Lasted', formatDuration, lastedMs, 'From its start until it was seen to have ended.'],
    ['Iterations', String, sample && iterationOf(sample), 'How many iterations were seen.'],
    ['Sent', formatBytes, sample?.job.memoryProcessedBytes, 'Memory sent until the last reading.'],
    [
      'Was left',
      formatBytes,
      sample && remainingBytes(sample),
      'Memory that was still to be sent at the last reading.',
    ],
  ]);
}

type Told = readonly [label: string, format: (value: number) => string, value: number | undefined, meaning: string];

function told(figures: readonly Told[]): PanelFigure[] {
  return figures.flatMap(([label, format, value, meaning]) =>
    value === undefined ? [] : [{ label, value: format(value), meaning }],
  );
}
