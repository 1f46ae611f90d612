import { cleanLabel } from '../base/cleanText.js';
import { addressOf } from '../ssh/printable.js';
import type { ChallengeQuestion, HostKeyQuestion, PasswordQuestion } from '../ssh/types.js';

/** The host of the tree that is being connected: what is asked on the way there names it. */
export interface AskedFor {
  readonly name: string;
  readonly destination: string;
}

/** What a box says while it asks: its title, and a sentence. */
export interface BoxText {
  readonly title: string;
  readonly prompt: string;
}

export function hostKeyText(
  asked: AskedFor,
  { destination, host, address, port, keyType, fingerprint, otherKnownTypes = [] }: HostKeyQuestion,
): { readonly message: string; readonly detail: string } {
  const isJump = isJumpHost(asked, destination);
  const others = otherKnownTypes.map((type) => cleanLabel(type)).join(', ');
  return {
    message: isJump
      ? `The host key of ${cleanLabel(destination)}, a jump host on the way to ${cleanLabel(asked.name)}, is not known.`
      : `The host key of ${cleanLabel(asked.name)} is not known.`,
    detail: [
      `Host: ${cleanLabel(host)}${address === undefined || address === host ? '' : ` (${cleanLabel(address)})`}, port ${port}`,
      `Key type: ${cleanLabel(keyType)}`,
      `Fingerprint: ${cleanLabel(fingerprint)}`,
      ...(others === ''
        ? []
        : ['', `Known so far are only its keys of other types (${others}): ask why it offers this one.`]),
      '',
      'Compare the fingerprint with the one the host itself shows (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), or that whoever ' +
        'runs it tells you. If you trust it, the key is remembered, and another one will be refused from then on. Nothing has ' +
        'been sent so far.',
    ].join('\n'),
  };
}

export function passphraseText(asked: AskedFor, keyFile: string, attempt: number): BoxText {
  return {
    title: `${cleanLabel(asked.name)}: Passphrase of a Key`,
    prompt: `${attempt > 1 ? 'That did not open it. ' : ''}The key ${cleanLabel(keyFile)} is encrypted; Escape goes on without it.`,
  };
}

export function passwordText(asked: AskedFor, question: PasswordQuestion, attempt: number): BoxText {
  return {
    title: `${cleanLabel(asked.name)}: Password`,
    prompt: `${attempt > 1 ? 'It was not accepted. ' : ''}The password of ${whoOf(asked, question)}.`,
  };
}

export function touchText(asked: AskedFor, destination: string): string {
  const way = isJumpHost(asked, destination) ? `${cleanLabel(destination)}, a jump host on the way to ` : '';
  return `Touch your security key for ${way}${cleanLabel(asked.name)}.`;
}

/** A text a prompt; the words of the server, which may be anything, come last. */
export function challengeTexts(asked: AskedFor, question: ChallengeQuestion): readonly BoxText[] {
  const { name, instruction, prompts } = question;
  return prompts.map(({ text }, index) => ({
    title: `${cleanLabel(asked.name)}: Login${prompts.length > 1 ? ` (${index + 1} of ${prompts.length})` : ''}`,
    prompt: `${whoOf(asked, question)} asks: ${[name, instruction, text]
      .map((part) => cleanLabel(part))
      .filter((part) => part !== '')
      .join(' · ')}`,
  }));
}

function whoOf(asked: AskedFor, { destination, user, host, port }: PasswordQuestion): string {
  // Port 0 is one that nobody told.
  const address = cleanLabel(port === 0 ? `${user}@${host}` : addressOf(user, host, port));
  return isJumpHost(asked, destination) ? `${address}, a jump host on the way to ${cleanLabel(asked.name)}` : address;
}

function isJumpHost({ destination }: AskedFor, asks: string): boolean {
  return asks !== destination;
}
