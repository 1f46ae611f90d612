import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { destinationProblem, type HostEntry, nameProblem } from '../editor/hostSettings.js';
import { parseDestination } from '../ssh/destination.js';

const title = 'Add a Host';

/** Asks for a destination, a name and a group. Undefined when the user cancels. */
export async function askHost(taken: readonly string[], groups: readonly string[]): Promise<HostEntry | undefined> {
  const destination = (await askDestination())?.trim();
  if (destination === undefined) return undefined;
  const name = (await askName(parseDestination(destination).host, taken))?.trim();
  if (name === undefined) return undefined;
  const group = await askGroup(groups);
  if (group === undefined) return undefined;
  return { name, destination, ...(group === '' ? {} : { group }) };
}

function askDestination(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: 'An alias of your ssh configuration, user@host, user@host:port, or a pasted qemu+ssh:// URI.',
    placeHolder: 'root@hv1.example.com',
    ignoreFocusOut: true,
    validateInput: (typed) => {
      // An empty box is no mistake yet; it only can't be accepted.
      const problem = typed.trim() === '' ? 'Type where the host is.' : destinationProblem(typed);
      if (problem !== undefined) {
        const severity =
          typed.trim() === '' ? vscode.InputBoxValidationSeverity.Info : vscode.InputBoxValidationSeverity.Error;
        return { message: cleanLabel(problem), severity };
      }
      const notes = parseDestination(typed).notes;
      return notes.length === 0
        ? undefined
        : { message: notes.join(' '), severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
}

function askName(host: string, taken: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: 'The name of the host in the tree.',
    value: host,
    ignoreFocusOut: true,
    validateInput: (typed) => nameProblem(typed.trim(), taken),
  });
}

/** An empty text for none. */
async function askGroup(groups: readonly string[]): Promise<string | undefined> {
  const none = { label: 'No group', group: '' };
  const fresh = { label: 'New group…', group: undefined };
  const items = [none, ...groups.map((group) => ({ label: escapeIcons(cleanLabel(group)), group })), fresh];
  const picked = await vscode.window.showQuickPick<{ label: string; group: string | undefined }>(items, {
    title,
    placeHolder: 'Which group of the tree?',
    ignoreFocusOut: true,
  });
  if (picked !== fresh) return picked?.group;
  return (
    await vscode.window.showInputBox({ title, prompt: 'The name of the new group.', ignoreFocusOut: true })
  )?.trim();
}
