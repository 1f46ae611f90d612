import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { type HostEntry, nameProblem } from '../editor/hostSettings.js';
import type { HostConfig } from '../hypervisor/model.js';
import type { SshAlias } from '../ssh/aliases.js';
import { parseDestination } from '../ssh/destination.js';
import { askDestination } from './askDestination.js';

const title = 'Add a Host';

/** Asks for a destination, a name and a group. Undefined when the user cancels. */
export async function askHost(
  hosts: readonly HostConfig[],
  aliases: Promise<readonly SshAlias[]>,
): Promise<HostEntry | undefined> {
  const destination = await askDestination({ title, aliases, taken: hosts.map((host) => host.destination) });
  if (destination === undefined) return undefined;
  const taken = hosts.map((host) => host.name);
  const name = (await askName(parseDestination(destination).host, taken))?.trim();
  if (name === undefined) return undefined;
  const groups = hosts.map((host) => host.group).filter((group) => group !== undefined);
  const group = await askGroup([...new Set(groups)]);
  if (group === undefined) return undefined;
  return { name, destination, ...(group === '' ? {} : { group }) };
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
