import * as vscode from 'vscode';
import { guestName } from '../migration/describe.js';
import type { Action, Migration } from '../migration/model.js';
import type { CommandServices } from './services.js';
import type { Target } from './target.js';

/** Sends an action, showing in the status bar that it is under way. Resolves with what to tell. */
export async function steer(
  { steering }: CommandServices,
  { host, uuid, name }: Target,
  action: Action,
): Promise<string> {
  const title = `${doing[action.kind]} ${guestName({ domainName: name })}`;
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    steering.perform(host, uuid, action),
  );
}

const doing: Readonly<Record<Action['kind'], string>> = {
  setSpeed: 'Setting the speed of',
  setPostcopySpeed: 'Setting the post-copy speed of',
  setMaxDowntime: 'Setting the max downtime of',
  setCompressionCache: 'Setting the compression cache of',
  pause: 'Pausing',
  resume: 'Resuming',
  switchToPostcopy: 'Switching to post-copy:',
  interruptPostcopy: 'Interrupting the post-copy of',
  resumePostcopy: 'Resuming the post-copy of',
  abort: 'Aborting the migration of',
};

/** What a question says of a step that can't be taken lightly. */
export interface Question {
  readonly message: string;
  readonly detail: string;
  /** The button that goes on. */
  readonly button: string;
}

/** Asks before what can freeze or kill a guest. */
export async function confirm(question: Question, confirmed: boolean | undefined): Promise<boolean> {
  return confirmed === true || (await ask(question)) === question.button;
}

/** The button pressed: the question's own, or one of `others`. Undefined when the user cancels. */
export function ask(
  { message, detail, button }: Question,
  others: readonly string[] = [],
): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(message, { modal: true, detail }, button, ...others);
}

/** As names stand in questions. */
export function quoted(migration: Pick<Migration, 'domainName'>): string {
  return `'${guestName(migration)}'`;
}
