import { messageOf } from '../../base/errors.js';
import type { SshEnvironment } from '../environment.js';
import { expandProxy } from '../expand.js';
import type { Hop } from '../hops.js';
import { SshProcess, type SshProcessEnd } from '../openssh/process.js';
import { printable } from '../printable.js';
import { Line, WayError } from './line.js';
import { hasAsked, Unasked } from './unasked.js';

/** What to run, and how. */
export interface ShellCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  /** Whether the arguments are to reach a Windows program as they are: its shell has a way of its own to read them. */
  readonly verbatim: boolean;
}

/** The user's shell runs a ProxyCommand, and is replaced by it, as OpenSSH does it; on Windows the system's shell runs it. */
export function shellCommand(command: string, { platform, env }: SshEnvironment): ShellCommand {
  if (platform === 'win32') {
    const program = env['ComSpec'] ?? 'cmd.exe';
    return { program, arguments: ['/d', '/s', '/c', `"${command}"`], verbatim: true };
  }
  return { program: env['SHELL'] ?? '/bin/sh', arguments: ['-c', `exec ${command}`], verbatim: false };
}

/**
 * Begins to run a host's ProxyCommand, whose input and output are the line. It and all that it has started end with the line.
 * What it would ask is not answered here: the system's ssh can pass that on.
 */
export function proxyCommandLine(
  { destination, host }: Hop,
  proxyCommand: string,
  environment: SshEnvironment,
  isBackground: boolean,
): Line {
  const command = expandProxy(proxyCommand, { ...host, original: destination.host });
  const { program, arguments: words, verbatim } = shellCommand(command, environment);
  const { homeDir: cwd, platform } = environment;
  let unasked: Unasked;
  try {
    unasked = new Unasked(environment, isBackground);
  } catch (error) {
    return new Line(Promise.reject(notStarted(messageOf(error))), () => undefined);
  }
  const { env } = unasked;
  const running = new SshProcess({ sshCommand: program, arguments: words, env, cwd, platform, piped: true, verbatim });
  const { stdin: outgoing, stdout: incoming } = running;
  const opening =
    outgoing === null || incoming === null
      ? Promise.reject(new WayError('its ProxyCommand could not be started'))
      : Promise.resolve({ incoming, outgoing });
  const line = new Line(opening, () => {
    running.dispose();
    unasked.dispose();
  });
  running.onEnd((end) => line.over(whyEnded(end, running.words, host.destination)));
  return line;
}

/** In the command's own words, where it had any; undefined where it just ended, as it does when the host has hung up. */
export function whyEnded(
  { exitCode, failure }: SshProcessEnd,
  words: string,
  destination: string,
): WayError | undefined {
  if (failure !== undefined) return notStarted(failure);
  const opensshMay = hasAsked(words)
    ? `The ProxyCommand of ${destination} asks what only ssh can have asked through the editor.`
    : undefined;
  const said = words
    .split(/[\r\n]+/)
    .map((line) => printable(line))
    .findLast((line) => line !== '');
  if (said !== undefined) return new WayError(`its ProxyCommand said "${said}"`, advice, opensshMay);
  if (exitCode === 0) return undefined;
  return new WayError(
    exitCode === undefined ? 'its ProxyCommand was killed' : `its ProxyCommand ended with exit code ${exitCode}`,
    advice,
  );
}

function notStarted(why: string): WayError {
  return new WayError(`its ProxyCommand could not be started: ${printable(why)}`, advice);
}

const advice = 'Try the ProxyCommand of your ssh configuration in a terminal.';
