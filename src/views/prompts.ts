import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import type { ConnectPrompts, HostKeyQuestion } from '../ssh/types.js';

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

  async passphrase(keyFile: string, attempt = 1): Promise<string | undefined> {
    const file = cleanLabel(keyFile);
    return vscode.window.showInputBox({
      title: 'Passphrase of a Key File',
      prompt: `${attempt > 1 ? 'That was not it. ' : ''}The key ${file} is encrypted. Its passphrase is used for this connection and not kept; Escape skips the key.`,
      password: true,
      ignoreFocusOut: true,
    });
  }
}
