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

/**
 * A word for a POSIX shell, and for csh and fish as well: quotes and backslashes stand outside the quotes, since fish reads
 * a backslash within them. Throws a `UserError` for a newline, or a `!`, which csh expands even there.
 */
export function shellQuote(word: string): string {
  if (/[\n\r\0!]/.test(word)) throw new UserError(`${JSON.stringify(word)} can't be passed to a shell safely.`);
  // zsh expands a leading `=`.
  return /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word) ? word : `'${word.replace(/['\\]/g, `'\\$&'`)}'`;
}

/** A word for a POSIX shell that reads it from its standard input, where no login shell does. Throws a `UserError` for a NUL. */
export function posixQuote(word: string): string {
  if (word.includes('\0')) throw new UserError('A text with a NUL in it can not be passed to a shell.');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What decides how virsh is started on a host. */
export interface VirshStart {
  /** The user's own command: `virsh`, `sudo virsh`, `docker exec -i nova_libvirt virsh`. */
  readonly virsh: string;
  readonly uri: string;
  readonly readOnly: boolean;
}

/** The last word of a shell command, with its quoted parts. */
const lastWord = /(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+$/;

/**
 * The line that starts a long-lived virsh through any login shell. `env` stands directly before the program, so that it
 * also reaches through sudo and containers. A command that sets `LC_ALL` itself is taken as it is: so one writes
 * `env LC_ALL=C sudo -n virsh` where sudo allows virsh and nothing else.
 */
export function virshStartLine(start: VirshStart): string {
  const { before, program } = takenApart(start);
  const options = [...(start.readOnly ? ['-r'] : []), '-c', shellQuote(start.uri)].join(' ');
  return `${before}${program} ${options}`;
}

/** The line that runs `program`, words for a shell, where and as whom the host's virsh runs: through its sudo, in its container. */
export function lineBesideVirsh(start: VirshStart, program: string): string {
  return `${takenApart(start).before}${program}`;
}

/** What stands before the program of a host's virsh command, with the environment, and the program. */
function takenApart({ virsh, uri }: VirshStart): { readonly before: string; readonly program: string } {
  const command = virsh.replace(/[\r\n]+/g, ' ').trim() || 'virsh';
  const programAt = lastWord.exec(command)?.index ?? 0;
  const before = command.slice(0, programAt);
  const environment = /(?:^|\s)LC_ALL=/.test(before) ? '' : `${environmentFor(uri).join(' ')} `;
  return { before: `${before}${environment}`, program: command.slice(programAt) };
}

/**
 * Messages in English, and the user's history of virsh left alone. Not by VIRSH_HISTSIZE=0: with it virsh 9.0 empties the
 * history file when it ends. Where no cache folder can be made it writes none, and says so as it ends (see errors.ts).
 * A session's daemon, which virsh may start and which inherits this, needs its cache.
 */
function environmentFor(uri: string): readonly string[] {
  const session = /\/session\b/.test(uri);
  return ['env', 'LC_ALL=C', 'LANGUAGE=C', ...(session ? [] : ['XDG_CACHE_HOME=/dev/null'])];
}
