import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { addressOf } from '../ssh/printable.js';
import type {
  ChallengeQuestion,
  ConnectPrompts,
  HostKeyQuestion,
  PasswordQuestion,
  SecretAnswer,
} from '../ssh/types.js';
import { askSecret } from './askSecret.js';

/** Asks what a connection needs to know, for connections the user started. */
export class EditorPrompts implements ConnectPrompts {
  async confirmHostKey(question: HostKeyQuestion): Promise<boolean> {
    const { destination, host, port, keyType, fingerprint, otherKnownTypes = [] } = question;
    const others = otherKnownTypes.map((type) => cleanLabel(type)).join(', ');
    const trust = 'Trust and Connect';
    const answer = await vscode.window.showWarningMessage(
      `The host key of ${cleanLabel(destination)} is not known.`,
      {
        modal: true,
        detail: [
          `Host: ${cleanLabel(host)}, port ${port}`,
          `Key type: ${cleanLabel(keyType)}`,
          `Fingerprint: ${cleanLabel(fingerprint)}`,
          ...(others === ''
            ? []
            : ['', `Known so far are only its keys of other types (${others}): ask why it offers this one.`]),
          '',
          'Compare the fingerprint with the one the host itself shows (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub). ' +
            'If you trust it, the key is written to known_hosts, and another key will be refused from then on.',
        ].join('\n'),
      },
      trust,
    );
    return answer === trust;
  }

  passphrase(keyFile: string, attempt: number): Promise<SecretAnswer | undefined> {
    return askSecret({
      title: 'Passphrase of a Key File',
      prompt: `${again(attempt)}The key ${cleanLabel(keyFile)} is encrypted. Escape skips it.`,
    });
  }

  password({ destination, user, host, port }: PasswordQuestion, attempt: number): Promise<SecretAnswer | undefined> {
    return askSecret({
      title: `Password for ${cleanLabel(destination)}`,
      prompt: `${again(attempt)}The password of ${cleanLabel(addressOf(user, host, port))}.`,
    });
  }

  async challenge({ destination, name, instruction, prompts }: ChallengeQuestion): Promise<string[] | undefined> {
    const answers: string[] = [];
    for (const [index, { text, echo }] of prompts.entries()) {
      const answer = await vscode.window.showInputBox({
        title: `${cleanLabel(destination)} Asks${prompts.length > 1 ? ` (${index + 1} of ${prompts.length})` : ''}`,
        prompt: [name, instruction, text]
          .map((part) => cleanLabel(part).trim())
          .filter((part) => part !== '')
          .join(' · '),
        password: !echo,
        ignoreFocusOut: true,
      });
      if (answer === undefined) return undefined;
      answers.push(answer);
    }
    return answers;
  }
}

function again(attempt: number): string {
  return attempt > 1 ? 'That was not it. ' : '';
}
