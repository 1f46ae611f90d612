import * as vscode from 'vscode';
import { destinationProblem } from '../editor/hostSettings.js';
import type { SshAlias } from '../ssh/aliases.js';
import { type DestinationChoice, destinationChoices } from './destinationChoices.js';

export interface DestinationQuestion {
  readonly title: string;
  /** The aliases to offer; what they are read from may be slow. */
  readonly aliases: Promise<readonly SshAlias[]>;
  /** Destinations of the hosts there are. */
  readonly taken: readonly string[];
}

/** Asks where a host is: an alias to choose, or any destination to type. Undefined when the user cancels. */
export function askDestination({ title, aliases, taken }: DestinationQuestion): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<DestinationChoice & vscode.QuickPickItem>();
  let known: readonly SshAlias[] = [];
  const show = (): void => {
    pick.items = destinationChoices(pick.value, known, taken);
  };
  pick.title = title;
  pick.placeholder = 'An ssh alias, user@host, user@host:port, or a pasted qemu+ssh:// URI';
  pick.matchOnDescription = true;
  // A look at another window must not throw away what was typed.
  pick.ignoreFocusOut = true;
  pick.busy = true;
  show();
  return new Promise((resolve) => {
    let answer: string | undefined;
    let open = true;
    void aliases.then((read) => {
      if (!open) return;
      known = read;
      pick.busy = false;
      show();
    });
    pick.onDidChangeValue(show);
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      // Enter may be quicker than the row that repeats what was typed.
      answer = chosen === undefined ? asTyped(pick.value) : chosen.destination;
      if (answer !== undefined) pick.hide();
    });
    pick.onDidHide(() => {
      open = false;
      pick.dispose();
      resolve(answer);
    });
    pick.show();
  });
}

function asTyped(value: string): string | undefined {
  return destinationProblem(value) === undefined ? value.trim() : undefined;
}
