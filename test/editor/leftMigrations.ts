import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileName } from '../../src/migration/journalFiles.js';
import { writeRecord } from '../../src/migration/journalFormat.js';
import type { Mark, MigrationState, Sample } from '../../src/migration/model.js';
import { migrationId } from '../../src/migration/sameMigration.js';
import { folder as recordings, readRecording } from '../bench/forecast/recording.js';
import { underWay } from '../unit/fakes.js';
import { left } from './left.js';

/** What of a migration is in the journal. */
interface Kept {
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  readonly state: MigrationState;
}

const unread: Kept = { samples: [], marks: [], state: underWay };

/** Fills the extension's storage with the journal of an earlier window: the readings in it are those of real migrations. */
export async function leaveMigrations(storage: string): Promise<void> {
  const folder = join(storage, 'migrations');
  await mkdir(folder, { recursive: true });
  const migrations: readonly (readonly [name: string, kept: Kept])[] = [
    [left.neverEnds, halfOf('2-2-stuck')],
    [left.ends, halfOf('2-1-converging')],
    [left.unread, unread],
    [left.over, wholeOf('2-1-converging')],
    ...[left.comesThrough, left.isAborted, left.fails, left.failsToo].map((name) => [name, unread] as const),
  ];
  for (const [domainName, kept] of migrations) {
    const domainUuid = randomUUID();
    const startedAtMs = startOf(kept);
    const id = migrationId(domainUuid, startedAtMs);
    const identity = { id, domainUuid, domainName, domainTitle: undefined, source: 'hv1', startedAtMs };
    await writeFile(join(folder, fileName(id, 'abad1dea')), writeRecord({ identity, fields: [], ...kept }));
  }
}

/** As it ran to its end. */
function wholeOf(name: string): Kept {
  return readRecording(name, readFileSync(join(recordings, `${name}.jsonl`), 'utf8'));
}

/** As it was half way, before anybody steered it. */
function halfOf(name: string): Kept {
  const { samples, marks } = wholeOf(name);
  const steeredMs = marks.find(({ kind }) => kind === 'action')?.elapsedMs ?? Infinity;
  const seen = samples.filter(({ elapsedMs }) => elapsedMs < steeredMs).slice(0, Math.ceil(samples.length / 2));
  const untilMs = seen.at(-1)?.elapsedMs ?? 0;
  return { samples: seen, marks: marks.filter(({ elapsedMs }) => elapsedMs <= untilMs), state: underWay };
}

function startOf({ samples: [first] }: Kept): number {
  return first === undefined ? Date.now() : first.atMs - first.elapsedMs;
}
