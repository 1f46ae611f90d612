import { parseJobInfo } from '../../../../src/virsh/parseJobInfo.js';
import type { JournalRecord, Reading } from '../../../../src/migration/journalFormat.js';
import type { MigrationState } from '../../../../src/migration/model.js';
import { migrationId } from '../../../../src/migration/sameMigration.js';
import { TrackedMigration } from '../../../../src/migration/trackedMigration.js';

export const startedAtMs = 1_700_000_000_000;
const uuid = '5b1a39a7-8b8f-4d23-9d34-0a9d6c7e0001';
const mib = 2 ** 20;

export const completed: MigrationState = {
  phase: 'ended',
  destination: 'hv2',
  outcome: {
    kind: 'completed',
    result: { totalTimeMs: 12_000, downtimeMs: 158, transferredBytes: 700 * mib, iterations: 3 },
  },
  interrupted: undefined,
  leftPausedOn: undefined,
  endedAtMs: startedAtMs + 12_000,
};

/** What was recorded of a migration of `seconds`, of one guest, that began so many ms after the first. */
export function recordOf(
  told: {
    readonly afterMs?: number;
    readonly seconds?: number;
    readonly state?: MigrationState;
    readonly name?: string;
  } = {},
): JournalRecord {
  const { afterMs = 0, seconds = 10, state = completed, name = 'web-1' } = told;
  const start = startedAtMs + afterMs;
  const migration = new TrackedMigration({
    id: migrationId(uuid, start),
    domainUuid: uuid,
    domainName: name,
    domainTitle: undefined,
    source: 'hv1',
    startedAtMs: start,
  });
  migration.update({ phase: 'precopy', destination: 'hv2' }, start + 500);
  const readings: Reading[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const { fields, ...job } = parseJobInfo(printed(second * 1000));
    const sample = {
      atMs: start + second * 1000,
      elapsedMs: second * 1000,
      job,
      maxDowntimeMs: 300,
      speedLimitMiBps: 20,
      vcpuMs: 7000 + 250 * second,
      ...(second === 1
        ? {
            residentBytes: 400 * mib,
            earlierVcpus: [
              [-2000, 6500],
              [-1000, 6750],
            ] as const,
            measured: [{ seconds: 1, dirtiedBytes: 7 * mib, vcpus: 0.25 }],
          }
        : {}),
      ...(second === 3 ? { measured: [{ seconds: 20, dirtiedBytes: 100 * mib }] } : {}),
    };
    migration.addSample(sample, fields, 1000);
    readings.push({ sample, fields, said: { kind: 'never', sure: 0.93, roundBytes: second * mib } });
  }
  migration.addMark({
    kind: 'action',
    atMs: start + 5500,
    elapsedMs: 5500,
    action: 'setMaxDowntime',
    label: 'Max downtime 12000 ms',
    virshLine: `migrate-setmaxdowntime ${uuid} 12000`,
    answer: 'max downtime is now 12000 ms',
    failed: false,
    before: 300,
  });
  const { identity, samples, marks, fields } = migration;
  return { identity, samples, marks, fields, state, readings: new Map(readings.map((one) => [one.sample, one])) };
}

/** A reading as libvirt 9 prints it with --rawstats. */
export function printed(elapsedMs: number): string {
  const sent = elapsedMs * 20_971;
  const left = 200 * mib - (sent % (200 * mib));
  return `Job type: 2\n\noperation: 5\ntime_elapsed: ${elapsedMs}\ndowntime: 10241\nsetup_time: 3\ndata_total: 554766336\ndata_processed: ${sent}\ndata_remaining: ${left}\nmemory_total: 554766336\nmemory_processed: ${sent}\nmemory_remaining: ${left}\nmemory_bps: 20971520\nmemory_constant: 90000\nmemory_normal: ${Math.floor(sent / 4096)}\nmemory_normal_bytes: ${sent}\nmemory_dirty_rate: 5006\nmemory_iteration: ${1 + Math.floor(elapsedMs / 4000)}\nmemory_page_size: 4096\nnew_in_libvirt_12: some text\n\n`;
}
