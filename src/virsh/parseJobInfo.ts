import { UserError } from '../base/errors.js';
import type { JobInfo, JobOperation, JobType, RawField } from './jobInfo.js';

type Figure = Exclude<keyof JobInfo, 'type' | 'operation' | 'success' | 'errorMessage' | 'fields'>;

/** Every label of the human form and every key of --rawstats that becomes a figure. Others are kept as fields. */
const figures: Readonly<Record<Figure, readonly string[]>> = {
  timeElapsedMs: ['Time elapsed', 'time_elapsed'],
  timeElapsedNetMs: ['Time elapsed w/o network', 'time_elapsed_net'],
  timeRemainingMs: ['Time remaining', 'time_remaining'],
  downtimeMs: ['Expected downtime', 'Total downtime', 'downtime'],
  downtimeNetMs: ['Downtime w/o network', 'downtime_net'],
  setupTimeMs: ['Setup time', 'setup_time'],
  dataTotalBytes: ['Data total', 'data_total'],
  dataProcessedBytes: ['Data processed', 'data_processed'],
  dataRemainingBytes: ['Data remaining', 'data_remaining'],
  memoryTotalBytes: ['Memory total', 'memory_total'],
  memoryProcessedBytes: ['Memory processed', 'memory_processed'],
  memoryRemainingBytes: ['Memory remaining', 'memory_remaining'],
  memoryBytesPerSecond: ['Memory bandwidth', 'memory_bps'],
  memoryDirtyPagesPerSecond: ['Dirty rate', 'memory_dirty_rate'],
  memoryIteration: ['Iteration', 'memory_iteration'],
  memoryPageSizeBytes: ['Page size', 'memory_page_size'],
  memoryConstantPages: ['Constant pages', 'memory_constant'],
  memoryNormalPages: ['Normal pages', 'memory_normal'],
  memoryNormalBytes: ['Normal data', 'memory_normal_bytes'],
  postcopyRequests: ['Postcopy requests', 'memory_postcopy_requests'],
  diskTotalBytes: ['File total', 'disk_total'],
  diskProcessedBytes: ['File processed', 'disk_processed'],
  diskRemainingBytes: ['File remaining', 'disk_remaining'],
  diskBytesPerSecond: ['File bandwidth', 'disk_bps'],
  compressionCacheBytes: ['Compression cache', 'compression_cache'],
  compressionBytes: ['Compressed data', 'compression_bytes'],
  compressionPages: ['Compressed pages', 'compression_pages'],
  compressionCacheMisses: ['Compression cache misses', 'compression_cache_misses'],
  compressionOverflows: ['Compression overflows', 'compression_overflow'],
  autoConvergeThrottlePercent: ['Auto converge throttle', 'auto_converge_throttle'],
};

const figureOf = new Map(
  (Object.entries(figures) as [Figure, readonly string[]][]).flatMap(([figure, names]) =>
    names.map((name) => [name, figure] as const),
  ),
);

/** virDomainJobType by number, and by the human form's word. */
const types: Readonly<Record<string, JobType>> = {
  '0': 'none',
  '1': 'bounded',
  '2': 'unbounded',
  '3': 'completed',
  '4': 'failed',
  '5': 'cancelled',
  None: 'none',
  Bounded: 'bounded',
  Unbounded: 'unbounded',
  Completed: 'completed',
  Failed: 'failed',
  Cancelled: 'cancelled',
};

/** virDomainJobOperation by number, and by the human form's words. */
const operations: Readonly<Record<string, JobOperation | undefined>> = {
  '0': undefined,
  '1': 'start',
  '2': 'save',
  '3': 'restore',
  '4': 'incomingMigration',
  '5': 'outgoingMigration',
  '6': 'snapshot',
  '7': 'snapshotRevert',
  '8': 'dump',
  '9': 'backup',
  '10': 'snapshotDelete',
  Unknown: undefined,
  Start: 'start',
  Save: 'save',
  Restore: 'restore',
  'Incoming migration': 'incomingMigration',
  'Outgoing migration': 'outgoingMigration',
  Snapshot: 'snapshot',
  'Snapshot revert': 'snapshotRevert',
  Dump: 'dump',
  Backup: 'backup',
  'Snapshot delete': 'snapshotDelete',
};

const unitFactors: Readonly<Record<string, number>> = {
  B: 1,
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  EiB: 2 ** 60,
  ms: 1,
  'pages/s': 1,
  '%': 1,
};

/**
 * One reading, from any form of domjobinfo since libvirt 0.9, human or --rawstats. What it doesn't know it keeps in
 * `fields`; what it can't read is no figure. A last line without its newline was cut off and counts for nothing. Throws a
 * `UserError` when this is no domjobinfo at all, and so never makes figures of an error text or another language.
 */
export function parseJobInfo(text: string): JobInfo {
  const fields = fieldsOf(text);
  const jobType = fields.find(({ name }) => name === 'Job type')?.value;
  if (jobType === undefined) throw notJobInfo(text);
  return jobInfoOf(types[jobType] ?? 'unknown', fields);
}

/** The statistics of the event `job-completed`: raw keys without a job type, since the event itself says that it is over. */
export function parseCompletedStats(text: string): JobInfo {
  return jobInfoOf('completed', fieldsOf(text));
}

function jobInfoOf(type: JobType, fields: readonly RawField[]): JobInfo {
  const values: Partial<Record<Figure, number>> = {};
  let operation: JobOperation | undefined;
  let success: boolean | undefined;
  let errorMessage: string | undefined;
  for (const { name, value } of fields) {
    const figure = figureOf.get(name);
    if (figure !== undefined) {
      const read = readFigure(value);
      if (read !== undefined) values[figure] ??= read;
    } else if (name === 'Operation' || name === 'operation') operation = operationOf(value);
    else if (name === 'success') success = value === '1' ? true : value === '0' ? false : undefined;
    else if (name === 'errmsg' || name === 'Error message') errorMessage = value;
  }
  return { ...absent, ...values, type, operation, success, errorMessage, fields };
}

const absent = Object.fromEntries(Object.keys(figures).map((figure) => [figure, undefined])) as Record<
  Figure,
  undefined
>;

function fieldsOf(text: string): RawField[] {
  const lines = text.split('\n');
  // What follows the last newline was cut off: half a number must not pass for a number.
  lines.pop();
  const fields: RawField[] = [];
  for (const line of lines) {
    const match = /^\s*([A-Za-z][^:]{0,60}):(?:\s+(.*?))?\s*$/.exec(line);
    const [, name, value = ''] = match ?? [];
    if (name !== undefined) fields.push({ name, value });
  }
  return fields;
}

/** `500.928 MiB`, `20.039 MiB/s`, `5006 pages/s`, `10241 ms`, `20`. Undefined for anything else: a wrong figure is worse than none. */
function readFigure(value: string): number | undefined {
  const match = /^(\d{1,20}(?:\.\d{1,6})?)(?:\s+([A-Za-z%]+(?:\/s)?))?$/.exec(value);
  if (match === null) return undefined;
  const [, number = '', unit] = match;
  const factor = unit === undefined ? 1 : (unitFactors[unit] ?? unitFactors[unit.replace(/\/s$/, '')]);
  if (factor === undefined) return undefined;
  const product = Number(number) * factor;
  return Number.isFinite(product) ? (number.includes('.') ? Math.round(product) : product) : undefined;
}

function operationOf(value: string): JobOperation | undefined {
  return value in operations ? operations[value] : 'unknown';
}

function notJobInfo(text: string): UserError {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? 'nothing';
  const translated = /^\s*\S[^:\n]*:\s+\S/.test(first);
  return new UserError(
    `domjobinfo answered "${first.trim().slice(0, 80)}", which is not what domjobinfo prints.`,
    translated ? 'If it answers in another language, let the "virsh" command of this host set LC_ALL=C.' : undefined,
  );
}
