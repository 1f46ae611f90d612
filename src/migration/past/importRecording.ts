import { createHash } from 'node:crypto';
import { UserError } from '../../base/errors.js';
import type { JournalRecord } from '../journalFormat.js';
import { importedPrefix } from './archive.js';
import { importJson } from './importJson.js';
import { importText } from './importText.js';

/** More than any recording of this extension has. */
export const importLimitBytes = 64 * 1024 * 1024;

/** A recording of this extension, or text of repeated domjobinfo: one record for each migration in it. Throws a `UserError`. */
export function importRecording(text: string, domainName: string, nowMs: number): readonly JournalRecord[] {
  if (text.length > importLimitBytes) {
    throw new UserError(
      `This is ${Math.round(text.length / 1024 / 1024)} MiB; a recording of up to ${importLimitBytes / 1024 / 1024} MiB can be imported.`,
    );
  }
  const content = text.replace(/^\ufeff/, '');
  if (content.trim() === '') throw new UserError('There is nothing in it to import.');
  // By what it holds: the same file is the same migration, however often it is imported.
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 20);
  const idOf = (index: number): string => `${importedPrefix}${hash}${index === 0 ? '' : `-${index}`}`;
  return /^\s*\{/.test(content) ? [importJson(content, idOf(0))] : importText(content, { domainName, idOf, nowMs });
}
