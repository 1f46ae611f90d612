import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../base/errors.js';
import { type KnownHostEntry, parseKnownHosts, withoutKeysOf } from './knownHosts.js';
import { SshError } from './types.js';

/** The known_hosts files on disk. One of these a process, so that two hosts accepted at once are both kept. */
export class KnownHostsFiles {
  private writing: Promise<void> = Promise.resolve();

  /**
   * All entries of the files that exist. Rejects with an `SshError` for a file that is there and can't be read: what it
   * says about a key may be a refusal.
   */
  async read(files: readonly string[]): Promise<KnownHostEntry[]> {
    const entries = await Promise.all(files.map(readEntries));
    return entries.flat();
  }

  /** Adds one line to `file`, by a copy that takes its place whole. Rejects with the file system's own error. */
  append(file: string, line: string): Promise<void> {
    return this.inTurn(() => appendLine(file, line));
  }

  /**
   * Removes the keys of the host known as `name` from `file`, in the same way; resolves with how many. Rejects where none is
   * its alone to remove, and with the file system's own error.
   */
  forget(file: string, name: string): Promise<number> {
    return this.inTurn(async () => {
      const target = await targetOf(file);
      const { text, removed } = withoutKeysOf(target === undefined ? '' : await textOf(target.path), name);
      if (target === undefined || removed === 0) throw new Error('no line there is about this host alone');
      await replace(target, text);
      return removed;
    });
  }

  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const written = this.writing.then(write);
    this.writing = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }
}

async function readEntries(file: string): Promise<KnownHostEntry[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (isMissing(error)) return [];
    throw new SshError(
      'hostKeyUnknown',
      `Host keys can't be checked: ${messageOf(error)}.`,
      `Make ${file} readable for you.`,
      { cause: error },
    );
  }
}

async function appendLine(file: string, line: string): Promise<void> {
  const target = await targetOf(file);
  // /dev/null and its like are how a configuration says that nothing is to be kept.
  if (target === undefined) return;
  let text = await textOf(target.path);
  if (text !== '' && !text.endsWith('\n')) text += '\n';
  await replace(target, text + line);
}

interface Target {
  readonly path: string;
  readonly mode: number;
}

async function replace({ path, mode }: Target, text: string): Promise<void> {
  const copy = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(copy, text, { mode, flag: 'wx' });
    // The process's umask has its say at creation only.
    await chmod(copy, mode);
    await rename(copy, path);
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
}

/** Where to write: behind links, so that they stay links. Undefined for what is no ordinary file. */
async function targetOf(file: string): Promise<Target | undefined> {
  if (file === '/dev/null' || file.toUpperCase() === 'NUL') return undefined;
  try {
    const path = await realpath(file);
    const status = await stat(path);
    return status.isFile() ? { path, mode: status.mode & 0o777 } : undefined;
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    return { path: file, mode: 0o600 };
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
