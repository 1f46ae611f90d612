import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileName } from '../../src/migration/journalFiles.js';
import { LineWriter } from '../../src/migration/journalFormat.js';
import { migrationId } from '../../src/migration/sameMigration.js';
import { TrackedMigration } from '../../src/migration/trackedMigration.js';
import { parseJobInfo } from '../../src/virsh/parseJobInfo.js';

const hourSeconds = 3600;

/** Fills the extension's storage with what `count` ended migrations of an hour each have left, as the journal writes it. */
export async function writeLongJournal(storage: string, count: number): Promise<void> {
  const folder = join(storage, 'migrations');
  await mkdir(folder, { recursive: true });
  const firstMs = Date.now() - count * 2 * hourSeconds * 1000;
  for (let index = 0; index < count; index += 1) {
    const startedAtMs = firstMs + index * 2 * hourSeconds * 1000;
    const domainUuid = randomUUID();
    const id = migrationId(domainUuid, startedAtMs);
    const migration = new TrackedMigration({
      id,
      domainUuid,
      domainName: `long-${index}`,
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs,
    });
    await writeFile(join(folder, fileName(id, 'abad1dea')), textOf(migration));
  }
}

function textOf(migration: TrackedMigration): string {
  const writer = new LineWriter();
  const { identity, startedAtMs, state } = migration;
  const lines = [writer.write({ kind: 'start', identity })];
  for (let second = 1; second <= hourSeconds; second += 1) {
    const { fields, ...job } = parseJobInfo(reading(second));
    const elapsedMs = second * 1000;
    const sample = { atMs: startedAtMs + elapsedMs, elapsedMs, job, maxDowntimeMs: 300, speedLimitMiBps: 20 };
    lines.push(writer.write({ kind: 'sample', sample, fields }));
  }
  const endedAtMs = startedAtMs + hourSeconds * 1000;
  lines.push(
    writer.write({ kind: 'state', state: { ...state, phase: 'ended', outcome: { kind: 'aborted' }, endedAtMs } }),
  );
  return lines.join('');
}

function reading(second: number): string {
  const sent = second * 20_971_520;
  const left = 209_715_200 - (sent % 209_715_200);
  const fields: Readonly<Record<string, number>> = {
    operation: 5,
    time_elapsed: second * 1000,
    data_total: 554_766_336,
    data_processed: sent,
    data_remaining: left,
    memory_total: 554_766_336,
    memory_processed: sent,
    memory_remaining: left,
    memory_bps: 20_971_520,
    memory_constant: 90_000 + (second % 100),
    memory_normal: second * 5120,
    memory_normal_bytes: sent,
    memory_dirty_rate: 5006,
    memory_iteration: 1 + Math.floor(second / 10),
    memory_page_size: 4096,
    disk_total: 0,
    disk_processed: 0,
    disk_remaining: 0,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  return `Job type: 2\n\n${lines.join('')}\n`;
}
