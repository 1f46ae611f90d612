import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { messageOf, UserError } from '../base/errors.js';
import { guestName } from '../migration/describe.js';
import type { JournalRecord } from '../migration/journalFormat.js';
import { exportCsv as csvOf } from '../migration/past/exportCsv.js';
import { exportJson as jsonOf } from '../migration/past/exportJson.js';
import type { PastItem } from '../migration/past/pastList.js';
import { findMigration } from './anyMigration.js';
import { readArguments, schemas } from './arguments.js';
import { fileUri } from './files.js';
import type { Command, CommandServices } from './services.js';

interface Format {
  readonly id: string;
  readonly name: string;
  readonly extension: string;
  readonly textOf: (record: JournalRecord) => string;
}

/** A row a reading, for a spreadsheet. */
export const exportCsv = exporter({ id: 'libvirt.exportCsv', name: 'CSV', extension: 'csv', textOf: csvOf });
/** All of it, to be looked at and to be imported elsewhere. */
export const exportJson = exporter({
  id: 'libvirt.exportJson',
  name: 'JSON',
  extension: 'json',
  textOf: (record) => jsonOf(record, Date.now()),
});

function exporter(format: Format): Command {
  return {
    id: format.id,
    async run(services, argument) {
      const { file, ...named } = readArguments(this.id, schemas.exportMigration, argument);
      const title = `Export a Migration as ${format.name}`;
      const migration = await findMigration(services, named, title);
      if (migration === undefined) return undefined;
      const target = file === undefined ? await askFile(migration, format, title) : fileUri(file);
      return target === undefined ? undefined : write(services, migration, format, target);
    },
  };
}

async function write(
  { past }: CommandServices,
  migration: PastItem,
  { name, textOf }: Format,
  target: vscode.Uri,
): Promise<string> {
  const guest = guestName(migration);
  const recalled = await past.recall(migration.id);
  if (recalled === undefined) throw new UserError(`Nothing is kept of the migration of ${guest} any more.`);
  try {
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(textOf(recalled.record)));
  } catch (error) {
    throw new UserError(
      `The migration of ${guest} can't be written to ${target.fsPath}: ${messageOf(error)}`,
      'Choose another file.',
    );
  }
  return `The migration of ${guest} was exported as ${name} to ${target.fsPath}.`;
}

function askFile(migration: PastItem, { name, extension }: Format, title: string): Thenable<vscode.Uri | undefined> {
  const started = new Date(migration.startedAtMs).toISOString().slice(0, 16).replace('T', '-').replace(':', '');
  const guest = migration.domainName.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 80);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  return vscode.window.showSaveDialog({
    title,
    saveLabel: 'Export',
    filters: { [name]: [extension] },
    defaultUri: vscode.Uri.joinPath(folder, `${guest}-${started}.${extension}`),
  });
}
