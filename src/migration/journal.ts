import { Disposables, type Disposable } from '../base/disposable.js';
import { messageOf } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { Storage } from '../base/storage.js';
import type { RawField } from '../virsh/jobInfo.js';
import type { Mark, MigrationState, Sample } from './model.js';
import type { MigrationRegistry } from './registry.js';
import { type MigrationIdentity, TrackedMigration } from './trackedMigration.js';

/** The format's version: a later one may add kinds of lines, which an older reader passes over. */
const formatVersion = 1;
const suffix = '.jsonl';

type Line =
  | { readonly type: 'start'; readonly version: number; readonly identity: MigrationIdentity }
  | { readonly type: 'sample'; readonly sample: Sample; readonly fields: readonly RawField[] }
  | { readonly type: 'mark'; readonly mark: Mark }
  | { readonly type: 'state'; readonly state: MigrationState };

/**
 * Keeps every migration on disk as it comes, a file each and a JSON line a fact, so that a window that reloads or dies
 * loses nothing but what nobody saw. A line cut off by a crash is passed over.
 */
export class Journal implements Disposable {
  private readonly owned = new Disposables();

  constructor(
    private readonly storage: Storage,
    private readonly log: CommandLog,
  ) {}

  /** Reads what earlier windows kept into the registry, then records all that happens from now on. */
  async open(registry: MigrationRegistry): Promise<void> {
    this.owned.add(registry.onDidStart((migration) => this.record(migration, true)));
    this.owned.add(registry.onDidDrop((migration) => this.drop(migration.id)));
    const restored: TrackedMigration[] = [];
    for (const file of await this.storage.list()) {
      if (!file.endsWith(suffix)) continue;
      const migration = readJournal((await this.storage.read(file)) ?? '');
      if (migration === undefined) continue;
      restored.push(migration);
      this.record(migration, false);
    }
    registry.restore(restored);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private record(migration: TrackedMigration, isNew: boolean): void {
    const file = `${migration.id}${suffix}`;
    const write = (lines: readonly Line[]): void => {
      if (lines.length === 0) return;
      const text = lines.map((line) => JSON.stringify(line) + '\n').join('');
      this.storage.append(file, text).catch((error: unknown) => {
        this.log.error(
          migration.source,
          `The record of ${migration.domainName}'s migration can't be written: ${messageOf(error)}`,
        );
      });
    };
    if (isNew) {
      write([
        { type: 'start', version: formatVersion, identity: migration.identity },
        ...migration.samples.map((sample): Line => ({ type: 'sample', sample, fields: migration.fields })),
        ...migration.marks.map((mark): Line => ({ type: 'mark', mark })),
        { type: 'state', state: migration.state },
      ]);
    }
    this.owned.add(
      migration.onDidChange(({ samples, marks }) =>
        write([
          ...samples.map((sample): Line => ({ type: 'sample', sample, fields: migration.fields })),
          ...marks.map((mark): Line => ({ type: 'mark', mark })),
        ]),
      ),
    );
    this.owned.add(migration.onDidChangeState(() => write([{ type: 'state', state: migration.state }])));
  }

  private drop(id: string): void {
    this.storage.remove(`${id}${suffix}`).catch((error: unknown) => {
      this.log.error(undefined, `An old record can't be removed: ${messageOf(error)}`);
    });
  }
}

/** Rebuilds a migration from its file. Undefined when not even its first line can be read. */
export function readJournal(text: string): TrackedMigration | undefined {
  let migration: TrackedMigration | undefined;
  const samples: Sample[] = [];
  const marks: Mark[] = [];
  let fields: readonly RawField[] = [];
  let state: MigrationState | undefined;
  for (const raw of text.split('\n')) {
    const line = parseLine(raw);
    if (line === undefined) continue;
    switch (line.type) {
      case 'start':
        migration ??= new TrackedMigration(line.identity);
        break;
      case 'sample':
        samples.push(line.sample);
        fields = line.fields;
        break;
      case 'mark':
        marks.push(line.mark);
        break;
      case 'state':
        state = line.state;
        break;
    }
  }
  if (migration === undefined) return undefined;
  migration.restore(samples, marks, fields, state ?? migration.state);
  return migration;
}

/** The extension's own writing, so its shape is trusted; only a line that a crash cut off is not JSON. */
function parseLine(raw: string): Line | undefined {
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw) as Line;
  } catch {
    return undefined;
  }
}
