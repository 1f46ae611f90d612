import * as vscode from 'vscode';
import { cleanForNotice, cleanLabel, escapeIcons } from '../base/cleanText.js';
import { messageOf, UserError } from '../base/errors.js';
import { HostFailed } from './hostFailed.js';
import type { CommandServices } from './services.js';

/** A success is told where it is seen in passing, and goes away by itself; the panel's log keeps it. */
const successShownMs = 8000;

export function tellDone(text: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${escapeIcons(cleanLabel(text))}`, successShownMs);
}

/** A failure is told once: what failed, in libvirt's or ssh's words, and what to do, by a button where one can. Never a stack. */
export function tellFailed({ log }: Pick<CommandServices, 'log'>, error: unknown): void {
  const text = sentencesOf(error);
  log.error(undefined, text);
  const showLog = 'Show Log';
  const remedy = error instanceof HostFailed && error.button.title !== showLog ? error.button : undefined;
  const buttons = remedy === undefined ? [showLog] : [remedy.title, showLog];
  void vscode.window.showErrorMessage(cleanForNotice(text), ...buttons).then((answer) => {
    if (answer === showLog) log.show();
    else if (answer !== undefined && remedy !== undefined) {
      void vscode.commands.executeCommand(remedy.command, ...remedy.arguments);
    }
  });
}

/** libvirt's own messages end without a stop: what to do about them begins a sentence of its own. */
function sentencesOf(error: unknown): string {
  const message = messageOf(error);
  if (!(error instanceof UserError) || error.advice === undefined) return message;
  return `${/[.!?…:]$/u.test(message) ? message : `${message}.`} ${error.advice}`;
}
