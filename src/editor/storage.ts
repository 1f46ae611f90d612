import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../base/storage.js';

/** Names that stay inside the folder, on every file system. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Files in one folder of the extension's own, made when the first is written. */
export class FileStorage implements Storage {
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

  list(): Promise<string[]> {
    return readdir(this.folder).catch((error: unknown) => unlessMissing(error, []));
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

/** A failed write is its own caller's news. */
function ignore(): void {
  return undefined;
}

function unlessMissing<T>(error: unknown, missing: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return missing;
  throw error;
}
