import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { appendFile, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../base/disposable.js';
import type { FilePart, ReplacingStorage, Storage } from '../base/storage.js';

/** Names that stay inside the folder, on every file system. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What is being written, until it has its name; none of the files that are listed. */
const unfinished = '.tmp-';

/** Files in one folder of the extension's own, made when the first is written. */
export class FileStorage implements Storage, ReplacingStorage {
  private ready: Promise<unknown> | undefined;
  /** The last write of each file that is still under way: the next one waits for it. */
  private readonly writes = new Map<string, Promise<void>>();

  constructor(private readonly folder: string) {}

  append(file: string, lines: string): Promise<void> {
    return this.inOrder(file, async (path) => {
      await this.makeFolder();
      await appendFile(path, lines, 'utf8');
    });
  }

  async read(file: string): Promise<string | undefined> {
    const path = this.pathOf(file);
    await this.writes.get(file)?.catch(ignore);
    return readFile(path, 'utf8').catch((error: unknown) => unlessMissing(error, undefined));
  }

  async readPart(file: string, which: 'start' | 'end', bytes: number): Promise<FilePart | undefined> {
    const path = this.pathOf(file);
    await this.writes.get(file)?.catch(ignore);
    const handle = await open(path).catch((error: unknown) => unlessMissing(error, undefined));
    if (handle === undefined) return undefined;
    try {
      const { size } = await handle.stat();
      const part = Buffer.alloc(Math.min(bytes, size));
      const { bytesRead } = await handle.read(part, 0, part.length, which === 'start' ? 0 : size - part.length);
      return { text: part.toString('utf8', 0, bytesRead), bytes: size };
    } finally {
      await handle.close();
    }
  }

  watch(onChange: (file: string) => void): Disposable {
    let watcher: FSWatcher | undefined;
    let over = false;
    this.makeFolder()
      .then(() => {
        if (over) return;
        watcher = watch(this.folder, (_, file) => {
          if (file !== null) onChange(file);
        });
        watcher.on('error', ignore);
      })
      .catch(ignore);
    return {
      dispose: () => {
        over = true;
        watcher?.close();
      },
    };
  }

  list(): Promise<string[]> {
    return readdir(this.folder).then(
      (names) => names.filter((name) => !name.startsWith(unfinished)),
      (error: unknown) => unlessMissing(error, []),
    );
  }

  replace(file: string, text: string): Promise<void> {
    return this.inOrder(file, (path) => this.throughTemporary(text, (temporary) => rename(temporary, path)));
  }

  async create(file: string, text: string): Promise<boolean> {
    let created = true;
    await this.inOrder(file, (path) =>
      // A link, not a rename: it fails where there is a file already, and its text is whole at once.
      this.throughTemporary(text, (temporary) =>
        link(temporary, path).catch((error: unknown) => {
          if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
          created = false;
        }),
      ),
    );
    return created;
  }

  remove(file: string): Promise<void> {
    return this.inOrder(file, (path) => rm(path, { force: true }));
  }

  private inOrder(file: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.pathOf(file);
    const before = this.writes.get(file)?.catch(ignore) ?? Promise.resolve();
    const now = before.then(() => write(path));
    this.writes.set(file, now);
    const forget = (): void => {
      if (this.writes.get(file) === now) this.writes.delete(file);
    };
    now.then(forget, forget);
    return now;
  }

  private async throughTemporary(text: string, finish: (temporary: string) => Promise<void>): Promise<void> {
    await this.makeFolder();
    const temporary = join(this.folder, `${unfinished}${randomUUID()}`);
    try {
      await writeFile(temporary, text, 'utf8');
      await finish(temporary);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  private makeFolder(): Promise<unknown> {
    this.ready ??= mkdir(this.folder, { recursive: true }).catch((error: unknown) => {
      // The next write tries again: the disk may have room by then.
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  private pathOf(file: string): string {
    if (!plainName.test(file)) throw new Error(`"${file}" is not a plain file name.`);
    return join(this.folder, file);
  }
}

/** A failed write is its own caller's news; a folder that can't be watched is not. */
function ignore(): void {
  return undefined;
}

function unlessMissing<T>(error: unknown, missing: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return missing;
  throw error;
}
