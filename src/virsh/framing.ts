import type { Reply } from './command.js';

/**
 * How replies are told apart in what a long-lived virsh prints. Each command is followed by two lines of ours: a random
 * word that is no command, which virsh answers on stderr with `error: unknown command: 'WORD'` (any version, any
 * language), and an `echo` of another one. The echo splits its word by a quote, so that a virsh with readline, which
 * repeats each line it reads on stdout, does not print the word before its time.
 */
export interface Marker {
  readonly stderrWord: string;
  readonly stdoutWord: string;
  /** Both lines, as written to virsh. */
  readonly lines: string;
}

/** A marker from a random text of letters and digits, long enough that no host's output holds it. */
export function markerOf(random: string): Marker {
  const stderrWord = `e${random}`;
  return { stderrWord, stdoutWord: `o${random}`, lines: `${stderrWord}\n${echoLineOf(random)}\n` };
}

function echoLineOf(random: string): string {
  return `echo "o"${random}`;
}

/** What a virsh prints between replies: learnt from its answer to the first marker. */
export interface Dialect {
  /** `virsh # `, or `virsh > ` on a read-only connection. */
  readonly prompt: string;
  /** Whether lines read are repeated on stdout: a virsh with readline does, even when it reads from a pipe. */
  readonly echoes: boolean;
}

const promptAtEnd = /virsh [#>] $/;

/**
 * Learns the dialect from all that was printed before the first marker's word on stdout: banners of the login shell, the
 * welcome text, then prompts. Undefined when nothing in it looks like virsh.
 */
export function learnDialect(beforeWord: string, marker: Marker): Dialect | undefined {
  const echoAt = beforeWord.lastIndexOf(`${marker.stderrWord}\n`);
  const beforeEcho = echoAt < 0 ? beforeWord : beforeWord.slice(0, echoAt);
  const prompt = promptAtEnd.exec(beforeEcho)?.[0];
  return prompt === undefined ? undefined : { prompt, echoes: echoAt >= 0 };
}

/**
 * The reply proper, out of what came on each stream since the marker before. In `stdout` the command's own prompt and echo
 * come first, those of the two marker lines last; `stderr` ends with the line that holds the marker's word.
 */
export function unframe(stdout: string, stderr: string, marker: Marker, dialect: Dialect): Reply {
  return { stdout: stripPrompts(stdout, marker, dialect), stderr: stderr.slice(0, stderr.lastIndexOf('\n') + 1) };
}

function stripPrompts(stdout: string, marker: Marker, { prompt, echoes }: Dialect): string {
  // The newline after the previous marker's word is the echo's own.
  let text = stdout.startsWith('\n') ? stdout.slice(1) : stdout;
  const random = marker.stdoutWord.slice(1);
  const tail = echoes ? `${prompt}${marker.stderrWord}\n${prompt}${echoLineOf(random)}\n` : prompt + prompt;
  if (text.endsWith(tail)) text = text.slice(0, -tail.length);
  if (!text.startsWith(prompt)) return text;
  // A long line is repeated scrolled and abridged, but always as one line.
  return echoes ? text.slice(text.indexOf('\n') + 1) : text.slice(prompt.length);
}
