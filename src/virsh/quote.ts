import { UserError } from '../base/errors.js';

/** Words that virsh's parser takes as they are. `#` begins a comment and `;` another command, so neither is among them. */
const plainVirshWord = /^[A-Za-z0-9_@%+=:,./-]+$/;
const printableAscii = /^[\x20-\x7e]*$/;

/**
 * One line for virsh's own parser. Throws a `UserError` for a word that is not printable ASCII: a newline would begin a
 * second command, a tab is completion, and a readline in the C locale mangles other bytes. Domains go by UUID, so no name
 * needs any of these.
 */
export function virshLine(args: readonly string[]): string {
  return args.map(virshWord).join(' ');
}

function virshWord(word: string): string {
  if (!printableAscii.test(word)) {
    throw new UserError(
      `Not sent to virsh: ${JSON.stringify(word.slice(0, 80))} holds characters other than printable ASCII.`,
    );
  }
  // In double quotes virsh's parser knows one escape: the backslash, for itself and the quote.
  return plainVirshWord.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

/** A word for a POSIX shell, and for csh and fish as long as it holds no `!` or newline, which are refused. */
export function shellQuote(word: string): string {
  if (/[\n\r\0!]/.test(word)) throw new UserError(`${JSON.stringify(word)} can't be passed to a shell safely.`);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** What decides how virsh is started on a host. */
export interface VirshStart {
  /** The user's own command: `virsh`, `sudo virsh`, `docker exec -i nova_libvirt virsh`. */
  readonly virsh: string;
  readonly uri: string;
  readonly readOnly: boolean;
}

/**
 * The line that starts a long-lived virsh through any login shell. `env` stands directly before the program, so that it
 * also reaches through sudo and containers: messages in English, no history file.
 */
export function virshStartLine({ virsh, uri, readOnly }: VirshStart): string {
  const words = virsh.trim().split(/\s+/);
  const program = words.pop() ?? 'virsh';
  const environment = ['env', 'LC_ALL=C', 'LANGUAGE=C', 'VIRSH_HISTSIZE=0'];
  return [...words, ...environment, program, ...(readOnly ? ['-r'] : []), '-c', shellQuote(uri)].join(' ');
}
