import type { Storage } from '../base/storage.js';
import { readIdentity, readLastState } from './journalFormat.js';
import type { MigrationState } from './model.js';
import type { MigrationIdentity } from './trackedMigration.js';

/** Whose a file is stands in its first line, and a title may have 10 kB, each character written as six. */
const startBytes = 128 * 1024;
/** How it ended stands in its last lines. */
const endBytes = 16 * 1024;

/** The file that a window writes about a migration. */
export function fileName(id: string, window: string): string {
  return `${id}.${window}.jsonl`;
}

/** `window` is undefined for a file from before windows had files of their own. Undefined for a file of another kind. */
export function parseFileName(file: string): { readonly id: string; readonly window: string | undefined } | undefined {
  const [, id, window] = /^([0-9A-Za-z-]+)(?:\.([0-9a-f]+))?\.jsonl$/.exec(file) ?? [];
  return id === undefined ? undefined : { id, window };
}

/** Whose a file is, and how long it is. Undefined where that can't be read. */
export async function readStart(
  storage: Storage,
  file: string,
): Promise<{ readonly identity: MigrationIdentity; readonly bytes: number } | undefined> {
  const part = await storage.readPart(file, 'start', startBytes);
  const identity = part && readIdentity(part.text);
  return identity && { identity, bytes: part.bytes };
}

/** The last state that a file tells, where it tells one at its end. */
export async function readEnd(storage: Storage, file: string): Promise<MigrationState | undefined> {
  const part = await storage.readPart(file, 'end', endBytes);
  return part && readLastState(part.text);
}
