import { randomBytes } from 'node:crypto';
import { Disposables, type Disposable } from '../base/disposable.js';
import { messageOf } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { Storage } from '../base/storage.js';
import { JournalFile } from './journalFile.js';
import { fileName, parseFileName, readEnd, readStart } from './journalFiles.js';
import { type JournalRecord, readRecord } from './journalFormat.js';
import { groupByMigration, type JournalHead, mergeRecords } from './journalMerge.js';
import { OtherWindows } from './otherWindows.js';
import type { Archive } from './past/archive.js';
import { Recorder } from './recorder.js';
import type { MigrationRegistry } from './registry.js';
import { TrackedMigration } from './trackedMigration.js';

/** Room for fifty migrations of an hour: the oldest go first. */
const totalBytesLimit = 64 * 1024 * 1024;
/** One of which nobody has seen the end in this time will not get one: its host is not in the tree any more. */
const forgottenAfterMs = 30 * 24 * 3600 * 1000;

/**
 * Keeps every migration on disk as it comes, so that a window that reloads or dies loses nothing but what nobody saw. Windows
 * share one folder, and each writes files of its own; what several of them wrote of one migration becomes one when it is read.
 */
export class Journal implements Disposable {
  private readonly owned = new Disposables();
  private readonly window = randomBytes(4).toString('hex');
  private readonly recorders = new Map<TrackedMigration, Recorder>();
  /** The files that were there for each, by its id. */
  private readonly found = new Map<string, readonly string[]>();
  private readonly others: OtherWindows;
  private disposed = false;
  private whenFilled: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly log: CommandLog,
    private readonly registry: MigrationRegistry,
    private readonly archive: Pick<Archive, 'add'>,
  ) {
    this.others = this.owned.add(
      new OtherWindows(storage, registry, this.window, (migration) => this.isWatched(migration)),
    );
  }

  /** Settles when the histories of all that ended before are read, too. */
  get filled(): Promise<void> {
    return this.whenFilled;
  }

  /**
   * Reads what windows kept into the registry, and records all that happens from now on. Resolves when all migrations are
   * known and those that have not ended have their history; the others get theirs after that. Never rejects.
   */
  async open(): Promise<void> {
    this.owned.add(this.registry.onDidStart((migration) => this.record(migration, true)));
    this.owned.add(this.registry.onDidDrop((migration) => this.drop(migration)));
    try {
      await this.restore();
    } catch (error) {
      this.log.error(undefined, `The record of earlier migrations can't be read: ${messageOf(error)}`);
    }
    this.others.listen();
    // What was told between the reading and the listening.
    for (const { id } of this.registry.all.filter(({ state }) => state.outcome === undefined)) {
      const migration = this.registry.get(id);
      if (migration !== undefined) void this.others.lookFor(migration);
    }
  }

  /** All that is kept of a migration of the list: every reading, as it was printed. Undefined where nothing of it can be read. */
  async read(id: string): Promise<JournalRecord | undefined> {
    const migration = this.registry.get(id);
    return migration === undefined ? undefined : (await this.wholeOf(this.filesOf(migration)))?.record;
  }

  dispose(): void {
    this.disposed = true;
    this.owned.dispose();
  }

  private async restore(): Promise<void> {
    const heads: JournalHead[] = [];
    for (const file of await this.storage.list()) {
      const head = await this.headOf(file).catch((error: unknown) => {
        this.log.error(undefined, `The record ${file} can't be read: ${messageOf(error)}`);
        return undefined;
      });
      if (head !== undefined) heads.push(head);
    }
    const restored: TrackedMigration[] = [];
    const past: { readonly migration: TrackedMigration; readonly files: readonly string[] }[] = [];
    for (const group of this.withinLimit(groupByMigration(heads))) {
      const files = group.map(({ file }) => file);
      const ended = group.some((head) => head.ended !== undefined);
      const record = ended ? recordOfHeads(group) : await this.recordOf(files);
      if (record === undefined) continue;
      const migration = new TrackedMigration(record.identity);
      migration.restore(record.samples, record.marks, record.fields, record.state ?? migration.state);
      this.found.set(migration.id, files);
      restored.push(migration);
      if (ended) past.push({ migration, files });
      this.record(migration, false);
    }
    this.registry.restore(restored);
    this.whenFilled = this.fill(past.sort((a, b) => b.migration.startedAtMs - a.migration.startedAtMs));
  }

  private async headOf(file: string): Promise<JournalHead | undefined> {
    const name = parseFileName(file);
    const start = name && (await readStart(this.storage, file));
    if (name === undefined || start === undefined) return undefined;
    const state = await readEnd(this.storage, file);
    return {
      file,
      window: name.window,
      identity: start.identity,
      ended: state?.outcome === undefined ? undefined : state,
      bytes: start.bytes,
    };
  }

  /** All that may go on, and of the others the newest that there is room for; the rest is put away. */
  private withinLimit(groups: readonly (readonly JournalHead[])[]): (readonly JournalHead[])[] {
    let room = totalBytesLimit;
    const newestFirst = [...groups].sort((a, b) => startOf(b) - startOf(a));
    return newestFirst.filter((group) => {
      room -= group.reduce((sum, { bytes }) => sum + bytes, 0);
      const mayGoOn = group.every(({ ended }) => ended === undefined) && startOf(group) > Date.now() - forgottenAfterMs;
      if (room >= 0 || mayGoOn) return true;
      void this.putAway(group.map(({ file }) => file));
      return false;
    });
  }

  private async recordOf(files: readonly string[]): Promise<JournalRecord | undefined> {
    const records: JournalRecord[] = [];
    for (const file of files) {
      const record = await readRecord((await this.storage.read(file)) ?? '');
      if (record !== undefined) records.push(record);
    }
    const [first, ...more] = records;
    return first === undefined ? undefined : mergeRecords([first, ...more]);
  }

  private async fill(
    past: readonly { readonly migration: TrackedMigration; readonly files: readonly string[] }[],
  ): Promise<void> {
    for (const { migration, files } of past) {
      if (this.disposed) return;
      try {
        const record = await this.recordOf(files);
        if (record === undefined) continue;
        this.recorders.get(migration)?.fill(record);
      } catch (error) {
        this.log.error(
          migration.source,
          `The history of ${migration.domainName}'s migration can't be read: ${messageOf(error)}`,
        );
      }
    }
  }

  private record(migration: TrackedMigration, isNew: boolean): void {
    const file = new JournalFile(fileName(migration.id, this.window), migration.identity, this.storage, (why) =>
      this.log.error(migration.source, `The record of ${migration.domainName}'s migration can't be written: ${why}`),
    );
    this.recorders.set(migration, this.owned.add(new Recorder(migration, file, isNew)));
    let { outcome, interrupted } = migration.state;
    this.owned.add(
      migration.onDidChangeState(() => {
        const { state } = migration;
        const isBlind = state.outcome !== outcome || state.interrupted !== interrupted;
        ({ outcome, interrupted } = state);
        // While this window could see for itself, what others told was not heard.
        if (isBlind && !this.isWatched(migration)) void this.others.lookFor(migration);
      }),
    );
  }

  /** Whether this window samples it: then it sees the end for itself. */
  private isWatched(migration: TrackedMigration): boolean {
    const sampled = this.recorders.get(migration)?.hasSampled === true;
    return sampled && migration.running && migration.state.interrupted === undefined;
  }

  private drop(migration: TrackedMigration): void {
    const files = this.filesOf(migration);
    this.recorders.get(migration)?.abandon();
    this.recorders.delete(migration);
    void this.putAway(files);
    this.found.delete(migration.id);
  }

  private filesOf({ id }: TrackedMigration): readonly string[] {
    return [...new Set(this.found.get(id)).add(fileName(id, this.window))];
  }

  /** Into the archive, and only then out of the folder. What can't be put there is tried again by the next window. */
  private async putAway(files: readonly string[]): Promise<void> {
    try {
      const whole = await this.wholeOf(files);
      if (whole?.record.state?.outcome !== undefined) await this.archive.add(whole.record, whole.text);
      else if (whole !== undefined) await this.archive.add(withoutEnd(whole.record));
      for (const file of files) this.remove(file);
    } catch (error) {
      this.log.error(undefined, `The record of an old migration can't be put away: ${messageOf(error)}`);
    }
  }

  /** `text` is that of the only file; undefined where several became one. */
  private async wholeOf(
    files: readonly string[],
  ): Promise<{ readonly record: JournalRecord; readonly text: string | undefined } | undefined> {
    const read: { readonly record: JournalRecord; readonly text: string }[] = [];
    for (const file of files) {
      const text = await this.storage.read(file);
      const record = text === undefined ? undefined : await readRecord(text, true);
      if (text !== undefined && record !== undefined) read.push({ record, text });
    }
    const [first, ...more] = read;
    if (first === undefined) return undefined;
    if (more.length === 0) return first;
    return { record: mergeRecords([first.record, ...more.map(({ record }) => record)]), text: undefined };
  }

  private remove(file: string): void {
    this.storage.remove(file).catch((error: unknown) => {
      this.log.error(undefined, `An old record can't be removed: ${messageOf(error)}`);
    });
  }
}

/** One whose end nobody saw in all the time it was kept. */
function withoutEnd(record: JournalRecord): JournalRecord {
  const { state } = new TrackedMigration(record.identity);
  const outcome = { kind: 'lost', reason: 'nobody has watched it to its end.' } as const;
  return { ...record, state: { ...state, ...record.state, phase: 'ended', outcome } };
}

function startOf([head]: readonly JournalHead[]): number {
  return head?.identity.startedAtMs ?? 0;
}

/** What the files' ends tell of a migration that is over: all but its history. */
function recordOfHeads(group: readonly JournalHead[]): JournalRecord | undefined {
  const records = group.map(({ identity, ended }): JournalRecord => {
    return { identity, samples: [], marks: [], fields: [], state: ended };
  });
  const [first, ...more] = records;
  return first === undefined ? undefined : mergeRecords([first, ...more]);
}
