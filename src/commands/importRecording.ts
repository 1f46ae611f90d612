import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { messageOf, UserError } from '../base/errors.js';
import { guestName } from '../migration/describe.js';
import { importLimitBytes, importRecording as recordsOf } from '../migration/past/importRecording.js';
import { readArguments, schemas } from './arguments.js';
import { fileUri } from './files.js';
import type { Command, CommandServices } from './services.js';

/** A text, and what its migrations are called where it does not tell. */
interface Source {
  readonly text: string;
  readonly name: string;
}

/** Takes a recording that was exported elsewhere, or pasted answers of domjobinfo, into the list of migrations, and opens it. */
export const importRecording: Command = {
  id: 'libvirt.importRecording',
  async run(services, argument) {
    const { file, text, name } = readArguments(this.id, schemas.importRecording, argument);
    const source =
      file !== undefined
        ? await readFile(fileUri(file))
        : text !== undefined
          ? { text, name: name ?? 'pasted' }
          : await askSource();
    return source === undefined ? undefined : take(services, { ...source, name: name ?? source.name });
  },
};

async function take({ past, panels }: CommandServices, { text, name }: Source): Promise<string> {
  const records = recordsOf(text, name, Date.now());
  await past.load();
  for (const record of records) await past.import(record);
  const [first] = records;
  const entry = first && past.get(first.identity.id);
  if (entry === undefined) throw new UserError(`What ${cleanLabel(name)} holds can't be kept.`);
  panels.open(entry);
  return records.length === 1
    ? `The migration of ${guestName(entry)} was imported.`
    : `${records.length} migrations of ${guestName(entry)} were imported; the first is shown.`;
}

interface Choice extends vscode.QuickPickItem {
  readonly read: () => Promise<Source | undefined>;
}

async function askSource(): Promise<Source | undefined> {
  const choices: Choice[] = [
    {
      label: '$(folder-opened) A file…',
      description: 'exported as JSON, or text of repeated domjobinfo',
      read: askFile,
    },
    { label: '$(clippy) The clipboard', description: 'what virsh domjobinfo printed', read: readClipboard },
  ];
  const { activeTextEditor: editor } = vscode.window;
  if (editor !== undefined) {
    const { document } = editor;
    choices.push({
      label: '$(file-text) The open document',
      description: cleanLabel(baseName(document.uri)),
      read: () => Promise.resolve({ text: document.getText(), name: stem(document.uri) }),
    });
  }
  const picked = await vscode.window.showQuickPick(choices, {
    title: 'Import a Recording',
    placeHolder: 'Where is it?',
  });
  return picked?.read();
}

async function askFile(): Promise<Source | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: 'Import a Recording',
    openLabel: 'Import',
    filters: { Recordings: ['json', 'txt', 'log'], 'All files': ['*'] },
  });
  return picked?.[0] === undefined ? undefined : readFile(picked[0]);
}

async function readClipboard(): Promise<Source> {
  return { text: await vscode.env.clipboard.readText(), name: 'pasted' };
}

async function readFile(uri: vscode.Uri): Promise<Source> {
  const shown = cleanLabel(uri.fsPath);
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > importLimitBytes) {
      throw new UserError(
        `it has ${Math.round(size / 2 ** 20)} MiB, and up to ${importLimitBytes / 2 ** 20} can be read`,
      );
    }
    return { text: new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), name: stem(uri) };
  } catch (error) {
    throw new UserError(`${shown} can't be imported: ${messageOf(error)}.`, 'Choose another file.');
  }
}

function baseName({ path }: vscode.Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A file's name without its extension. */
function stem(uri: vscode.Uri): string {
  return baseName(uri).replace(/\.[^.]*$/, '') || 'imported';
}
