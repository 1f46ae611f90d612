import * as vscode from 'vscode';
import type { SecretAnswer } from '../ssh/types.js';

/** Asks for a secret, with a button that has the editor keep it. Until then it is kept for as long as the window lives. */
export function askSecret({ title, prompt }: { title: string; prompt: string }): Promise<SecretAnswer | undefined> {
  const box = vscode.window.createInputBox();
  let keep = false;
  const show = (): void => {
    box.prompt = `${prompt} ${keep ? 'It is kept in the secret storage of the editor.' : 'It is kept until the window closes.'}`;
    box.buttons = [
      keep
        ? { iconPath: new vscode.ThemeIcon('pass-filled'), tooltip: 'Kept in the secret storage: click to change that' }
        : { iconPath: new vscode.ThemeIcon('save'), tooltip: 'Keep in the secret storage' },
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
    box.onDidAccept(() => {
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
