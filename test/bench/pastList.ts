import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStorage } from '../../src/editor/storage.js';
import { Journal } from '../../src/migration/journal.js';
import { fileName } from '../../src/migration/journalFiles.js';
import { type JournalRecord, writeRecord } from '../../src/migration/journalFormat.js';
import { Archive } from '../../src/migration/past/archive.js';
import { entryLine } from '../../src/migration/past/entry.js';
import { type PastItem, pastList, pastPage } from '../../src/migration/past/pastList.js';
import { MigrationRegistry } from '../../src/migration/registry.js';
import { migrationId } from '../../src/migration/sameMigration.js';
import { TrackedMigration } from '../../src/migration/trackedMigration.js';
import { parseJobInfo } from '../../src/virsh/parseJobInfo.js';
import { median, report } from './figure.js';

const few = 100;
const many = 10_000;
const runs = 7;
/** As many as a window has in its list without the archive. */
const recent = 50;
const silent = { virsh: () => undefined, info: () => undefined, error: fail };

/** How long a window takes to its first page of past migrations, with a hundred of them and with ten thousand. */
export async function benchPastList(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'libvirt-past-'));
  try {
    const folders = { few: join(folder, 'few'), many: join(folder, 'many') };
    await fill(folders.few, few);
    await fill(folders.many, many);
    const took = { few: [] as number[], many: [] as number[] };
    const next = { few: [] as number[], many: [] as number[] };
    await pagesMs(folders.few);
    // In turn, so that what else the machine does meets both.
    for (let run = 0; run < runs; run += 1) {
      for (const which of ['few', 'many'] as const) {
        const { first, second } = await pagesMs(folders[which]);
        took[which].push(first);
        next[which].push(second);
      }
    }
    report({
      name: 'past.firstPage',
      value: median(took.many) / median(took.few),
      unit: 'x',
      against: `the first page of ${few} past migrations; with ${many} (${median(took.few).toFixed(1)} ms, ${median(took.many).toFixed(1)} ms)`,
      bound: 2,
    });
    report({
      name: 'past.secondPage',
      value: median(next.many),
      unit: 'ms',
      against: `reading the index of ${many}; of ${few} it takes ${median(next.few).toFixed(1)} ms`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A window: from its start to the page that it shows, and from there to the next one. */
async function pagesMs(folder: string): Promise<{ readonly first: number; readonly second: number }> {
  const startMs = performance.now();
  const registry = new MigrationRegistry();
  const archive = new Archive(new FileStorage(join(folder, 'archive')), silent);
  const journal = new Journal(new FileStorage(join(folder, 'migrations')), silent, registry, archive);
  await journal.open();
  expectPage(pastList(registry.all, archive.all, { past: pastPage, imported: pastPage }).past, pastPage);
  const firstMs = performance.now();
  await archive.load();
  expectPage(pastList(registry.all, archive.all, { past: 2 * pastPage, imported: pastPage }).past, 2 * pastPage);
  const secondMs = performance.now();
  await journal.filled;
  journal.dispose();
  archive.dispose();
  return { first: firstMs - startMs, second: secondMs - firstMs };
}

function expectPage(items: readonly PastItem[], count: number): void {
  if (items.length !== count) throw new Error(`a page has ${items.length} migrations, not ${count}`);
}

/** What `count` migrations of some seconds have left. */
async function fill(folder: string, count: number): Promise<void> {
  const [migrations, archive] = [join(folder, 'migrations'), join(folder, 'archive')];
  await mkdir(migrations, { recursive: true });
  await mkdir(archive, { recursive: true });
  const lines: string[] = [];
  const firstMs = Date.now() - count * 60_000;
  for (let index = 0; index < count; index += 1) {
    const record = recordAt(firstMs + index * 60_000, index);
    const text = writeRecord(record);
    const { identity, state } = record;
    if (index >= count - recent) {
      await writeFile(join(migrations, fileName(identity.id, 'abad1dea')), text);
      continue;
    }
    await writeFile(join(archive, `${identity.id}.jsonl`), text);
    if (state !== undefined) lines.push(entryLine({ ...identity, state, bytes: text.length, imported: false }));
  }
  await writeFile(join(archive, 'index.jsonl'), lines.join(''));
}

function recordAt(startedAtMs: number, index: number): JournalRecord {
  const domainUuid = randomUUID();
  const id = migrationId(domainUuid, startedAtMs);
  const identity = { id, domainUuid, domainName: `web-${index}`, domainTitle: undefined, source: 'hv1', startedAtMs };
  const readings = [1000, 2000, 3000].map((elapsedMs) => {
    const { fields, ...job } = parseJobInfo(`Job type: 2\n\noperation: 5\ntime_elapsed: ${elapsedMs}\n\n`);
    return { sample: { atMs: startedAtMs + elapsedMs, elapsedMs, job, maxDowntimeMs: 300 }, fields };
  });
  const state = {
    ...new TrackedMigration(identity).state,
    phase: 'ended' as const,
    destination: 'hv2',
    outcome: { kind: 'aborted' as const },
    endedAtMs: startedAtMs + 4000,
  };
  return {
    identity,
    samples: readings.map(({ sample }) => sample),
    marks: [],
    fields: [],
    state,
    readings: new Map(readings.map((reading) => [reading.sample, reading])),
  };
}

function fail(_: string | undefined, text: string): never {
  throw new Error(text);
}
