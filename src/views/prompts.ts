import * as vscode from 'vscode';
import type {
  ChallengeQuestion,
  ConnectPrompts,
  HostKeyQuestion,
  PasswordQuestion,
  SecretAnswer,
} from '../ssh/types.js';
import { askSecret } from './askSecret.js';
import { type AskedFor, challengeTexts, hostKeyText, passphraseText, passwordText, touchText } from './promptTexts.js';

/** Asks what connections that the user started need to know, one question at a time: a second box would close the first. */
export class EditorPrompts {
  private last: Promise<unknown> = Promise.resolve();

  /** The questions of one host's connection. */
  of(host: AskedFor): ConnectPrompts {
    return {
      confirmHostKey: (question) => this.inTurn(() => confirmHostKey(host, question)),
      passphrase: (keyFile, attempt) => this.inTurn(() => askSecret(passphraseText(host, keyFile, attempt))),
      password: (question, attempt) => this.inTurn(() => askPassword(host, question, attempt)),
      challenge: (question) => this.inTurn(() => askChallenge(host, question)),
      // No box of its own: it waits for no other, and none for it.
      touch: (destination, over) => tellToTouch(host, destination, over),
    };
  }

  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.last.then(ask);
    this.last = answer.catch(() => undefined);
    return answer;
  }
}

async function confirmHostKey(host: AskedFor, question: HostKeyQuestion): Promise<boolean> {
  const { message, detail } = hostKeyText(host, question);
  const trust = 'Trust and Connect';
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, trust)) === trust;
}

function tellToTouch(host: AskedFor, destination: string, over: AbortSignal): void {
  const title = touchText(host, destination);
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title },
    () =>
      new Promise<void>((resolve) => {
        if (over.aborted) resolve();
        else over.addEventListener('abort', () => resolve(), { once: true });
      }),
  );
}

function askPassword(host: AskedFor, question: PasswordQuestion, attempt: number): Promise<SecretAnswer | undefined> {
  return askSecret(passwordText(host, question, attempt));
}

async function askChallenge(host: AskedFor, question: ChallengeQuestion): Promise<string[] | undefined> {
  const answers: string[] = [];
  for (const [index, { title, prompt }] of challengeTexts(host, question).entries()) {
    const answer = await vscode.window.showInputBox({
      title,
      prompt,
      password: question.prompts[index]?.echo !== true,
      // The code is on another device, or in another window.
      ignoreFocusOut: true,
    });
    if (answer === undefined) return undefined;
    answers.push(answer);
  }
  return answers;
}
