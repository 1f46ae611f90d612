import type { MigrationRequest, StartedMigration } from '../../../../src/migration/start/model.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';

/** Sends `uuid-1` from hv1 to hv2, plainly unless told otherwise. */
export function requested(told: Partial<MigrationRequest> = {}): MigrationRequest {
  return {
    source: 'hv1',
    domainUuid: 'uuid-1',
    destination: 'hv2',
    destinationUri: 'qemu+tcp://hv2/system',
    migrationUri: undefined,
    options: defaultOptions(false),
    ...told,
  };
}

/** One that was started from here, and runs unless told otherwise. */
export function started(told: Partial<StartedMigration> = {}): StartedMigration {
  return {
    id: 'start-1',
    request: requested(),
    domainName: 'web-1',
    line: 'migrate',
    startedAtMs: 1000,
    state: { kind: 'running' },
    ...told,
  };
}
