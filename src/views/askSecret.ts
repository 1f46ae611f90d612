import * as vscode from 'vscode';
import type { SecretAnswer } from '../ssh/types.js';
import type { BoxText } from './promptTexts.js';

/** Asks for a secret, with a button that has the editor keep it. Until then it is kept for as long as the window lives. */
export function askSecret({ title, prompt }: BoxText): Promise<SecretAnswer | undefined> {
  const box = vscode.window.createInputBox();
  let keep = false;
  const show = (): void => {
    box.prompt = `${prompt} ${keep ? 'It will be kept in the secret storage of the editor.' : 'It is remembered until this window closes.'}`;
    box.buttons = [
      keep
        ? { iconPath: new vscode.ThemeIcon('pass-filled'), tooltip: 'Kept in the secret storage: do not keep it' }
        : { iconPath: new vscode.ThemeIcon('save'), tooltip: 'Keep it in the secret storage of the editor' },
    ];
  };
  box.title = title;
  box.password = true;
  box.ignoreFocusOut = true;
  show();
  return new Promise((resolve) => {
    let answer: SecretAnswer | undefined;
    box.onDidTriggerButton(() => {
      keep = !keep;
      show();
    });
    box.onDidChangeValue(() => (box.validationMessage = undefined));
    box.onDidAccept(() => {
      // An empty one would only be one failure more on the way to a locked account.
      if (box.value === '') {
        box.validationMessage = 'Nothing is typed yet.';
        return;
      }
      answer = { secret: box.value, keep };
      box.hide();
    });
    box.onDidHide(() => {
      box.dispose();
      resolve(answer);
    });
    box.show();
  });
}
