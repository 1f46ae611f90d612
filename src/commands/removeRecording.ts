import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import { describeRoute } from '../migration/describe.js';
import { pickAny } from './anyMigration.js';
import { readArguments, readSelection, schemas } from './arguments.js';
import type { Command } from './services.js';

/** Removes what was imported, or is long past, from the list and from the disk. */
export const removeRecording: Command = {
  id: 'libvirt.removeRecording',
  async run({ past }, argument, selected) {
    const { migration, confirmed } = readArguments(this.id, schemas.removeRecording, argument);
    await past.load();
    const named = migration === undefined ? readSelection(selected) : [migration, ...readSelection(selected)];
    const known = [...new Set(named)].flatMap((id) => past.get(id) ?? []);
    if (named.length > 0 && known.length === 0) throw new UserError('This migration is not in the archive.');
    if (known.length === 0) {
      const picked = await pickAny(past.archived, 'Remove a Recording');
      const entry = picked && past.get(picked.id);
      if (entry !== undefined) known.push(entry);
    }
    const [first] = known;
    if (first === undefined) return undefined;
    const what = known.length === 1 ? `the recording of ${describeRoute(first)}` : `${known.length} recordings`;
    const remove = 'Remove';
    if (confirmed !== true) {
      const detail = 'What was recorded is removed from the disk. Nothing is done to any guest.';
      const answer = await vscode.window.showWarningMessage(`Remove ${what}?`, { modal: true, detail }, remove);
      if (answer !== remove) return undefined;
    }
    await past.remove(known.map(({ id }) => id));
    return `Removed ${what}.`;
  },
};
