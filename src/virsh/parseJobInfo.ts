import { cleanForLog } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import type { JobInfo, JobOperation, JobType, RawField } from './jobInfo.js';

type Figure = Exclude<keyof JobInfo, 'type' | 'operation' | 'success' | 'errorMessage' | 'fields'>;

type Dimension = 'ms' | 'bytes' | 'bytesPerSecond' | 'pagesPerSecond' | 'percent' | 'count';

/** Every figure: what it measures, its labels in the human form, and last its key in --rawstats. Others are kept as fields. */
const figures: Readonly<Record<Figure, readonly [Dimension, ...string[]]>> = {
  timeElapsedMs: ['ms', 'Time elapsed', 'time_elapsed'],
  timeElapsedNetMs: ['ms', 'Time elapsed w/o network', 'time_elapsed_net'],
  timeRemainingMs: ['ms', 'Time remaining', 'time_remaining'],
  downtimeMs: ['ms', 'Expected downtime', 'Total downtime', 'downtime'],
  downtimeNetMs: ['ms', 'Downtime w/o network', 'downtime_net'],
  setupTimeMs: ['ms', 'Setup time', 'setup_time'],
  dataTotalBytes: ['bytes', 'Data total', 'data_total'],
  dataProcessedBytes: ['bytes', 'Data processed', 'data_processed'],
  dataRemainingBytes: ['bytes', 'Data remaining', 'data_remaining'],
  memoryTotalBytes: ['bytes', 'Memory total', 'memory_total'],
  memoryProcessedBytes: ['bytes', 'Memory processed', 'memory_processed'],
  memoryRemainingBytes: ['bytes', 'Memory remaining', 'memory_remaining'],
  memoryBytesPerSecond: ['bytesPerSecond', 'Memory bandwidth', 'memory_bps'],
  memoryDirtyPagesPerSecond: ['pagesPerSecond', 'Dirty rate', 'memory_dirty_rate'],
  memoryIteration: ['count', 'Iteration', 'memory_iteration'],
  memoryPageSizeBytes: ['bytes', 'Page size', 'memory_page_size'],
  memoryConstantPages: ['count', 'Constant pages', 'memory_constant'],
  memoryNormalPages: ['count', 'Normal pages', 'memory_normal'],
  memoryNormalBytes: ['bytes', 'Normal data', 'memory_normal_bytes'],
  postcopyRequests: ['count', 'Postcopy requests', 'memory_postcopy_requests'],
  diskTotalBytes: ['bytes', 'File total', 'disk_total'],
  diskProcessedBytes: ['bytes', 'File processed', 'disk_processed'],
  diskRemainingBytes: ['bytes', 'File remaining', 'disk_remaining'],
  diskBytesPerSecond: ['bytesPerSecond', 'File bandwidth', 'disk_bps'],
  compressionCacheBytes: ['bytes', 'Compression cache', 'compression_cache'],
  compressionBytes: ['bytes', 'Compressed data', 'compression_bytes'],
  compressionPages: ['count', 'Compressed pages', 'compression_pages'],
  compressionCacheMisses: ['count', 'Compression cache misses', 'compression_cache_misses'],
  compressionOverflows: ['count', 'Compression overflows', 'compression_overflow'],
  autoConvergeThrottlePercent: ['percent', 'Auto converge throttle', 'auto_converge_throttle'],
};

const figureOf = new Map(
  (Object.entries(figures) as [Figure, readonly [Dimension, ...string[]]][]).flatMap(
    ([figure, [dimension, ...names]]) => names.map((name) => [name, { figure, dimension }] as const),
  ),
);

/** virDomainJobType by number, and by the human form's word. */
const types: ReadonlyMap<string, JobType> = new Map([
  ['0', 'none'],
  ['1', 'bounded'],
  ['2', 'unbounded'],
  ['3', 'completed'],
  ['4', 'failed'],
  ['5', 'cancelled'],
  ['None', 'none'],
  ['Bounded', 'bounded'],
  ['Unbounded', 'unbounded'],
  ['Completed', 'completed'],
  ['Failed', 'failed'],
  ['Cancelled', 'cancelled'],
]);

/** virDomainJobOperation by number, and by the human form's words. */
const operations: ReadonlyMap<string, JobOperation | undefined> = new Map([
  ['0', undefined],
  ['1', 'start'],
  ['2', 'save'],
  ['3', 'restore'],
  ['4', 'incomingMigration'],
  ['5', 'outgoingMigration'],
  ['6', 'snapshot'],
  ['7', 'snapshotRevert'],
  ['8', 'dump'],
  ['9', 'backup'],
  ['10', 'snapshotDelete'],
  ['Unknown', undefined],
  ['Start', 'start'],
  ['Save', 'save'],
  ['Restore', 'restore'],
  ['Incoming migration', 'incomingMigration'],
  ['Outgoing migration', 'outgoingMigration'],
  ['Snapshot', 'snapshot'],
  ['Snapshot revert', 'snapshotRevert'],
  ['Dump', 'dump'],
  ['Backup', 'backup'],
  ['Snapshot delete', 'snapshotDelete'],
]);

const sizes: readonly (readonly [string, number])[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'].map(
  (unit, power) => [unit, 1024 ** power],
);
/** virsh of early 0.9 wrote KB for 1024 bytes, and no unit at all below that. */
const oldSizes: readonly (readonly [string, number])[] = ['KB', 'MB', 'GB', 'TB'].map((unit, index) => [
  unit,
  1024 ** (index + 1),
]);

/** The units that the human form prints for each dimension: a figure with another one is none. */
const units: Readonly<Record<Dimension, ReadonlyMap<string, number>>> = {
  ms: new Map([['ms', 1]]),
  bytes: new Map([...sizes, ...oldSizes, ['bytes', 1]]),
  bytesPerSecond: new Map(sizes.map(([unit, factor]) => [`${unit}/s`, factor])),
  pagesPerSecond: new Map([['pages/s', 1]]),
  percent: new Map([
    ['', 1],
    ['%', 1],
  ]),
  count: new Map([['', 1]]),
};

/** What libvirt counts is signed 64-bit in QEMU: more is a negative number in disguise, and no figure. */
const figureLimit = 2 ** 63;

/**
 * One reading, from any form of domjobinfo since libvirt 0.9, human or --rawstats. What it doesn't know it keeps in
 * `fields`; what it can't read is no figure. A last line without its newline was cut off and counts for nothing. Throws a
 * `UserError` when this is no domjobinfo at all, and so never makes figures of an error text or another language.
 */
export function parseJobInfo(text: string): JobInfo {
  const all = fieldsOf(text);
  // What stands before is a banner's, and must not pass for a figure.
  const job = jobInfoFrom(all.slice(all.findIndex(({ name }) => name === 'Job type')));
  if (job === undefined) throw notJobInfo(text);
  return job;
}

/** The same from its fields, as a reading keeps them. Undefined where they are not those of a reading. */
export function jobInfoFrom(fields: readonly RawField[]): JobInfo | undefined {
  const [first] = fields;
  return first?.name === 'Job type' ? jobInfoOf(types.get(first.value) ?? 'unknown', fields) : undefined;
}

/**
 * The statistics of the event `job-completed`: raw keys without a job type, since the event itself says that it is over.
 * `success: 0` (since 6.3.0; jobs of every operation send the event) makes it `failed`.
 */
export function parseCompletedStats(text: string): JobInfo {
  const job = jobInfoOf('completed', fieldsOf(text));
  return job.success === false ? { ...job, type: 'failed' } : job;
}

function jobInfoOf(type: JobType, fields: readonly RawField[]): JobInfo {
  const values: Partial<Record<Figure, number>> = {};
  let operation: JobOperation | undefined;
  let success: boolean | undefined;
  let errorMessage: string | undefined;
  for (const { name, value } of fields) {
    const known = figureOf.get(name);
    if (known !== undefined) {
      const read = /^[a-z]/.test(name) ? readRaw(value) : readHuman(value, known.dimension);
      if (read !== undefined) values[known.figure] ??= read;
    } else if (name === 'Operation' || name === 'operation') operation ??= operationOf(value);
    else if (name === 'success') success ??= value === '1' ? true : value === '0' ? false : undefined;
    else if (name === 'errmsg' || name === 'Error message') errorMessage ??= value;
  }
  return { ...absent, ...values, type, operation, success, errorMessage, fields };
}

const absent = Object.fromEntries(Object.keys(figures).map((figure) => [figure, undefined])) as Record<
  Figure,
  undefined
>;

const namePattern = /^[A-Za-z][^:]{0,60}$/;

function fieldsOf(text: string): RawField[] {
  const lines = text.split('\n');
  // What follows the last newline was cut off: half a number must not pass for a number.
  lines.pop();
  const fields: RawField[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? '' : line.slice(0, colon).trim();
    if (namePattern.test(name)) fields.push({ name, value: line.slice(colon + 1).trim() });
  }
  return fields;
}

/** A key of --rawstats has a bare whole number. Undefined for anything else: a wrong figure is worse than none. */
function readRaw(value: string): number | undefined {
  return /^\d{1,20}$/.test(value) ? inRange(Number(value)) : undefined;
}

/** `500.928 MiB`, `20.039 MiB/s`, `5006         pages/s`, `10241        ms`, `20`: with the unit of its dimension, or not at all. */
function readHuman(value: string, dimension: Dimension): number | undefined {
  const match = /^(\d{1,20}(?:\.\d{1,6})?)(?:\s{1,40}(\S{1,10}))?$/.exec(value);
  const [, number, unit = ''] = match ?? [];
  if (number === undefined) return undefined;
  const bareBytes = dimension === 'bytes' && unit === '' && /^\d{1,4}\.000$/.test(number) && Number(number) < 1024;
  const factor = bareBytes ? 1 : units[dimension].get(unit);
  return factor === undefined ? undefined : inRange(Math.round(Number(number) * factor));
}

function inRange(figure: number): number | undefined {
  return figure < figureLimit ? figure : undefined;
}

function operationOf(value: string): JobOperation | undefined {
  return operations.has(value) ? operations.get(value) : 'unknown';
}

function notJobInfo(text: string): UserError {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = cleanForLog((lines[0] ?? 'nothing').trim().slice(0, 80));
  // A label and its value, in whatever script, that is no label of ours; Chinese and Japanese have a colon of their own.
  const translated = lines.some(
    (line) => !line.startsWith('error:') && /^\s*[^\s:：][^:：]{0,60}[:：]\s*\S/.test(line),
  );
  return new UserError(
    `domjobinfo answered "${first}", which is not what domjobinfo prints.`,
    translated ? 'If it answers in another language, let the "virsh" command of this host set LC_ALL=C.' : undefined,
  );
}
