/** `None` is an idle domain; libvirt's virDomainJobType by its names. Unknown types of later versions stay as they came. */
export type JobType = 'none' | 'bounded' | 'unbounded' | 'completed' | 'failed' | 'cancelled' | 'unknown';

/** What the job does, since libvirt 3.3; `undefined` before. */
export type JobOperation =
  | 'start'
  | 'save'
  | 'restore'
  | 'incomingMigration'
  | 'outgoingMigration'
  | 'snapshot'
  | 'snapshotRevert'
  | 'dump'
  | 'backup'
  | 'snapshotDelete'
  | 'unknown';

/** A field as the host printed it, in the order it came: for the table, which shows everything, known or not. */
export interface RawField {
  readonly name: string;
  readonly value: string;
}

/**
 * One reading of domjobinfo, from the human form or --rawstats. A field that was not printed is undefined: libvirt before
 * 1.3 prints half of them, the set-up phase hardly any. The human form rounds sizes to three decimals of a binary unit.
 */
export interface JobInfo {
  readonly type: JobType;
  readonly operation: JobOperation | undefined;
  readonly timeElapsedMs: number | undefined;
  readonly timeElapsedNetMs: number | undefined;
  readonly timeRemainingMs: number | undefined;
  readonly downtimeMs: number | undefined;
  readonly downtimeNetMs: number | undefined;
  readonly setupTimeMs: number | undefined;
  readonly dataTotalBytes: number | undefined;
  readonly dataProcessedBytes: number | undefined;
  readonly dataRemainingBytes: number | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly memoryProcessedBytes: number | undefined;
  readonly memoryRemainingBytes: number | undefined;
  readonly memoryBytesPerSecond: number | undefined;
  readonly memoryDirtyPagesPerSecond: number | undefined;
  readonly memoryIteration: number | undefined;
  readonly memoryPageSizeBytes: number | undefined;
  readonly memoryConstantPages: number | undefined;
  readonly memoryNormalPages: number | undefined;
  readonly memoryNormalBytes: number | undefined;
  readonly postcopyRequests: number | undefined;
  readonly diskTotalBytes: number | undefined;
  readonly diskProcessedBytes: number | undefined;
  readonly diskRemainingBytes: number | undefined;
  readonly diskBytesPerSecond: number | undefined;
  readonly compressionCacheBytes: number | undefined;
  readonly compressionBytes: number | undefined;
  readonly compressionPages: number | undefined;
  readonly compressionCacheMisses: number | undefined;
  readonly compressionOverflows: number | undefined;
  readonly autoConvergeThrottlePercent: number | undefined;
  readonly success: boolean | undefined;
  readonly errorMessage: string | undefined;
  readonly fields: readonly RawField[];
}
