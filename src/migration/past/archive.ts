import { Disposables, type Disposable } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';
import { messageOf } from '../../base/errors.js';
import type { CommandLog } from '../../base/log.js';
import type { ReplacingStorage, Storage } from '../../base/storage.js';
import { type JournalRecord, readRecord, writeRecord } from '../journalFormat.js';
import type { MigrationIdentity } from '../trackedMigration.js';
import { entryLine, type PastEntry, readIndex, removedLine } from './entry.js';

export type ArchiveStorage = Storage & ReplacingStorage;

/** How much is kept; the oldest go first. */
export interface ArchiveLimits {
  readonly migrations: number;
  readonly bytes: number;
}

const usualLimits: ArchiveLimits = { migrations: 20_000, bytes: 512 * 1024 * 1024 };
const indexFile = 'index.jsonl';
const historySuffix = '.jsonl';
/** An index is written anew once it has more lines that tell nothing than those that do, and so many. */
const fewDeadLines = 200;

/**
 * Migrations that are over and have left the list of the recent ones, or were imported: a file each, and an index of a line each,
 * so that a list needs no history. All windows share it. The index is read when somebody first looks, and is only a help: what it
 * lacks, since a crash or another window cut in, is found again by the files themselves.
 */
export class Archive implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new Emitter<void>();
  private entries: ReadonlyMap<string, PastEntry> = new Map();
  /** Of `entries` as they are; undefined until somebody asks. */
  private sorted: { readonly of: ReadonlyMap<string, PastEntry>; readonly all: readonly PastEntry[] } | undefined;
  private loading: Promise<void> | undefined;
  private isKnown = false;
  private isStale = false;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly storage: ArchiveStorage,
    private readonly log: Pick<CommandLog, 'error'>,
    private readonly limits: ArchiveLimits = usualLimits,
  ) {}

  /** What is known so far: nothing before `load`. Newest first. */
  get all(): readonly PastEntry[] {
    if (this.sorted?.of !== this.entries) {
      const all = [...this.entries.values()].sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? -1 : 1));
      this.sorted = { of: this.entries, all };
    }
    return this.sorted.all;
  }

  get(id: string): PastEntry | undefined {
    return this.entries.get(id);
  }

  /** Reads the index, once. Never rejects. */
  load(): Promise<void> {
    this.loading ??= this.readAll()
      .catch((error: unknown) =>
        this.log.error(undefined, `The list of past migrations can't be read: ${messageOf(error)}`),
      )
      .then(() => {
        this.owned.add(this.storage.watch((file) => this.hear(file)));
        this.changed.fire();
      });
    return this.loading;
  }

  dispose(): void {
    this.owned.dispose();
  }

  /**
   * Keeps one, which has ended. One that is there already stays as it is. Resolves once it is on disk, and known. `text` is what its
   * file holds, where that is at hand.
   */
  async add(record: JournalRecord, text = writeRecord(record)): Promise<PastEntry> {
    await this.load();
    const entry = entryOf(record, text.length);
    if (entry === undefined) throw new Error('It has not ended.');
    // The history first: an index's line without one would be a promise that nobody keeps.
    const isNew = await this.storage.create(fileOf(entry.id), text);
    const before = this.entries.get(entry.id);
    if (!isNew && before !== undefined) return before;
    await this.note([entry]);
    await this.shrink();
    return entry;
  }

  /** The whole of one. Undefined when it is not here. */
  async read(id: string): Promise<JournalRecord | undefined> {
    if (!isPlainId(id)) return undefined;
    const text = await this.storage.read(fileOf(id));
    return text === undefined ? undefined : readRecord(text, true);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.load();
    await this.forget(ids);
    this.changed.fire();
  }

  private async readAll(): Promise<void> {
    const text = (await this.storage.read(indexFile)) ?? '';
    const { entries, deadLines } = readIndex(text);
    const files = new Set(await this.storage.list());
    // What another window has removed, or a crash kept from being written.
    this.entries = new Map([...entries].filter(([id]) => files.has(fileOf(id))));
    this.isKnown = true;
    await this.findUnlisted(files);
    if (deadLines > Math.max(fewDeadLines, entries.size)) await this.compact();
    await this.shrink();
  }

  /** Files that the index does not know: they are read, and noted. */
  private async findUnlisted(files: ReadonlySet<string>): Promise<void> {
    const found: PastEntry[] = [];
    for (const file of files) {
      if (file === indexFile || !file.endsWith(historySuffix)) continue;
      if (this.entries.has(file.slice(0, -historySuffix.length))) continue;
      const text = await this.storage.read(file).catch(() => undefined);
      const record = text === undefined ? undefined : await readRecord(text);
      const entry = record && entryOf(record, text?.length ?? 0);
      if (entry !== undefined && fileOf(entry.id) === file) found.push(entry);
    }
    if (found.length > 0) await this.note(found);
  }

  private async note(entries: readonly PastEntry[]): Promise<void> {
    this.entries = new Map([...this.entries, ...entries.map((entry) => [entry.id, entry] as const)]);
    await this.storage.append(indexFile, entries.map(entryLine).join(''));
    this.changed.fire();
  }

  private async forget(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids.filter((id) => this.entries.has(id)));
    if (gone.size === 0) return;
    this.entries = new Map([...this.entries].filter(([id]) => !gone.has(id)));
    // The index first: a file that stays behind by a crash would only come back to the list.
    await this.storage.append(indexFile, [...gone].map(removedLine).join(''));
    for (const id of gone) await this.storage.remove(fileOf(id));
  }

  /** Gives up the oldest of too many, or of too much. */
  private async shrink(): Promise<void> {
    let bytes = 0;
    const tooMany = this.all.filter((entry, index) => {
      bytes += entry.bytes;
      return index >= this.limits.migrations || (index > 0 && bytes > this.limits.bytes);
    });
    await this.forget(tooMany.map(({ id }) => id));
  }

  private async compact(): Promise<void> {
    await this.storage.replace(indexFile, [...this.entries.values()].map(entryLine).join(''));
  }

  /** Another window, or this one, has written the index. */
  private hear(file: string): void {
    if (file !== indexFile || !this.isKnown || this.isStale) return;
    this.isStale = true;
    void this.readAgain();
  }

  private async readAgain(): Promise<void> {
    // What is written at once is read once.
    await new Promise(setImmediate);
    this.isStale = false;
    const text = await this.storage.read(indexFile).catch(() => undefined);
    if (text === undefined) return;
    const { entries } = readIndex(text);
    const before = this.entries;
    if (entries.size === before.size && [...entries.keys()].every((id) => before.has(id))) return;
    this.entries = entries;
    this.changed.fire();
  }
}

/** What was recorded elsewhere is called by this, and by what it holds: the same file is the same migration. */
export const importedPrefix = 'imported-';

function isImported({ id }: MigrationIdentity): boolean {
  return id.startsWith(importedPrefix);
}

function entryOf({ identity, state }: JournalRecord, bytes: number): PastEntry | undefined {
  return state?.outcome === undefined ? undefined : { ...identity, state, bytes, imported: isImported(identity) };
}

function fileOf(id: string): string {
  return `${id}${historySuffix}`;
}

/** Ids of migrations are of UUIDs and numbers; whoever asks for another asks for nothing that is here. */
function isPlainId(id: string): boolean {
  return /^[0-9A-Za-z-]{1,200}$/.test(id);
}
