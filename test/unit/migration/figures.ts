import type { JobFigures } from '../../../src/migration/model.js';
import type { JobInfo } from '../../../src/virsh/jobInfo.js';

const absent: JobFigures = {
  type: 'none',
  operation: undefined,
  timeElapsedMs: undefined,
  timeElapsedNetMs: undefined,
  timeRemainingMs: undefined,
  downtimeMs: undefined,
  downtimeNetMs: undefined,
  setupTimeMs: undefined,
  dataTotalBytes: undefined,
  dataProcessedBytes: undefined,
  dataRemainingBytes: undefined,
  memoryTotalBytes: undefined,
  memoryProcessedBytes: undefined,
  memoryRemainingBytes: undefined,
  memoryBytesPerSecond: undefined,
  memoryDirtyPagesPerSecond: undefined,
  memoryIteration: undefined,
  memoryPageSizeBytes: undefined,
  memoryConstantPages: undefined,
  memoryNormalPages: undefined,
  memoryNormalBytes: undefined,
  postcopyRequests: undefined,
  diskTotalBytes: undefined,
  diskProcessedBytes: undefined,
  diskRemainingBytes: undefined,
  diskBytesPerSecond: undefined,
  compressionCacheBytes: undefined,
  compressionBytes: undefined,
  compressionPages: undefined,
  compressionCacheMisses: undefined,
  compressionOverflows: undefined,
  autoConvergeThrottlePercent: undefined,
  success: undefined,
  errorMessage: undefined,
};

/** A reading of which only what matters to a test is told. */
export function figures(told: Partial<JobFigures>): JobFigures {
  return { ...absent, ...told };
}

export function reading(told: Partial<JobInfo>): JobInfo {
  return { ...absent, fields: [], ...told };
}
