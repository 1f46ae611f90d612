import type { Migration, Sample } from './model.js';

/**
 * What one reading says, where it says anything. libvirt fills fields before they mean something: those are undefined here,
 * so that nobody downstream takes a placeholder for a measurement.
 */

/** QEMU's limit unless someone set another; older QEMU echoes 30 ms, which no iteration number tells apart. */
const defaultMaxDowntimeMs = 300;

/** Memory still to go; on a libvirt that tells only the sum, the sum. */
export function remainingBytes({ job }: Sample): number | undefined {
  if ((job.memoryTotalBytes ?? 0) > 0) return job.memoryRemainingBytes;
  return (job.diskTotalBytes ?? 0) > 0 || (job.dataTotalBytes ?? 0) === 0 ? undefined : job.dataRemainingBytes;
}

/** Storage still to go; undefined where no disk is copied. */
export function diskRemainingBytes({ job }: Sample): number | undefined {
  return (job.diskTotalBytes ?? 0) > 0 ? job.diskRemainingBytes : undefined;
}

/** Memory sent so far; on a libvirt that tells only the sum, the sum. */
export function sentBytes({ job }: Sample): number | undefined {
  return job.memoryProcessedBytes ?? job.dataProcessedBytes;
}

/**
 * Whether memory or storage was copied between two readings. At its end libvirt goes on to name a job whose figures stand still,
 * for as long as the destination takes: readings alone don't tell that a migration goes on.
 */
export function goesOn(before: Sample, after: Sample): boolean {
  return copiedBytes(after) > copiedBytes(before);
}

function copiedBytes(sample: Sample): number {
  return (sentBytes(sample) ?? 0) + (sample.job.diskProcessedBytes ?? 0);
}

/** What was seen of a guest longer ago than this tells of another load. */
export const sameLoadMs = 10 * 60_000;

/** Undefined while nothing has been measured: QEMU reports 0 until its first 100 ms are over. */
export function bandwidthBytesPerSecond({ job }: Sample): number | undefined {
  return positive(job.memoryBytesPerSecond);
}

export function diskBytesPerSecond({ job }: Sample): number | undefined {
  return (job.diskTotalBytes ?? 0) > 0 ? positive(job.diskBytesPerSecond) : undefined;
}

/** Iterations are counted from 1; before, and before libvirt 1.3, there is no number. */
export function iterationOf({ job }: Sample): number | undefined {
  return positive(job.memoryIteration);
}

/** Whether the dirty rate and the expected downtime have been measured: both need one whole iteration. */
function measured(sample: Sample): boolean {
  return (iterationOf(sample) ?? 0) >= 2;
}

export function dirtyBytesPerSecond(sample: Sample): number | undefined {
  const pages = sample.job.memoryDirtyPagesPerSecond;
  const pageSize = pageSizeBytes(sample);
  return measured(sample) && pages !== undefined && pageSize !== undefined ? pages * pageSize : undefined;
}

/**
 * How long QEMU expects the guest to stand still if it switched over now. In the first iteration, and for a moment after
 * it, QEMU only echoes the limit; once the guest stands still anyway, or runs on the destination, it expects nothing.
 */
export function expectedDowntimeMs(sample: Sample): number | undefined {
  const expected = sample.job.downtimeMs;
  if (!measured(sample) || expected === undefined) return undefined;
  return expected === (sample.maxDowntimeMs ?? defaultMaxDowntimeMs) ? undefined : expected;
}

/** libvirt tells it since 3.9; before, it follows from the pages sent, whose rounding a power of two removes. */
export function pageSizeBytes({ job }: Sample): number | undefined {
  if (job.memoryPageSizeBytes !== undefined) return positive(job.memoryPageSizeBytes);
  const { memoryNormalBytes: bytes, memoryNormalPages: pages } = job;
  if (bytes === undefined || pages === undefined || bytes <= 0 || pages <= 0) return undefined;
  const exponent = Math.log2(bytes / pages);
  const nearest = Math.round(exponent);
  return Math.abs(exponent - nearest) < 0.05 ? 2 ** nearest : undefined;
}

/** How much auto-converge takes from the guest; undefined where it takes nothing. */
export function throttlePercent({ job }: Sample): number | undefined {
  return positive(job.autoConvergeThrottlePercent);
}

/** How the pages sent between two readings were compressed; undefined where they were not. */
export function compressionBetween(
  before: Sample | undefined,
  sample: Sample,
): { readonly pagesPercent: number | undefined; readonly sizePercent: number | undefined } {
  const none = { pagesPercent: undefined, sizePercent: undefined };
  const { compressionPages: pages, compressionBytes: bytes, memoryNormalPages: normal } = sample.job;
  // A cache alone is no compression: libvirt names one even when it is off.
  if (before === undefined || pages === undefined || pages === 0) return none;
  const compressed = pages - (before.job.compressionPages ?? 0);
  const whole = difference(normal, before.job.memoryNormalPages);
  if (compressed < 0 || whole === undefined || whole < 0 || compressed + whole === 0) return none;
  const compressedBytes = difference(bytes, before.job.compressionBytes);
  const pageSize = pageSizeBytes(sample);
  const sizeKnown = compressed > 0 && compressedBytes !== undefined && compressedBytes >= 0 && pageSize !== undefined;
  return {
    pagesPercent: (100 * compressed) / (compressed + whole),
    sizePercent: sizeKnown ? (100 * compressedBytes) / (compressed * pageSize) : undefined,
  };
}

/** How long the guest was paused on its way, as far as it was seen; undefined when it never was. */
export function pausedMs({ marks, state }: Pick<Migration, 'marks' | 'state'>): number | undefined {
  let total: number | undefined;
  let since: number | undefined;
  for (const mark of marks) {
    if (mark.kind !== 'phase') continue;
    if (since !== undefined) total = (total ?? 0) + mark.atMs - since;
    since = mark.phase === 'paused' ? mark.atMs : undefined;
  }
  if (since !== undefined && state.endedAtMs !== undefined) total = (total ?? 0) + Math.max(0, state.endedAtMs - since);
  return total;
}

/** The time of virtual CPUs is counted in steps of 10 ms: over less than this they are noise. */
export const busyOverMs = 700;

/** How many of the guest's virtual CPUs worked, on average, since the last reading before that with `index` that is apart enough. */
export function busyVcpus(samples: readonly Sample[], index = samples.length - 1): number | undefined {
  const last = samples[index];
  if (last?.vcpuMs === undefined) return undefined;
  for (let at = index - 1; at >= 0; at -= 1) {
    const { vcpuMs, elapsedMs } = samples[at] ?? last;
    const ms = last.elapsedMs - elapsedMs;
    if (vcpuMs !== undefined && ms >= busyOverMs) return Math.max(0, last.vcpuMs - vcpuMs) / ms;
  }
  return undefined;
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined ? undefined : after - (before ?? 0);
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}
