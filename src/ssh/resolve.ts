import { execFile } from 'node:child_process';
import { configKeywords } from './configKeywords.js';
import type { Destination } from './destination.js';
import type { SshEnvironment } from './environment.js';
import type { WayBy } from './hops.js';
import { printable } from './printable.js';
import { type Keywords, parseKeywords, type ResolvedHost, resolvedHostOf } from './resolvedHost.js';
import { SshError } from './types.js';

/** `ssh -G` only reads files, unless the configuration runs commands (Match exec): those may take a moment. */
const resolveTimeoutMs = 10_000;

export interface ResolveOptions {
  readonly environment: SshEnvironment;
  /** The `ssh` to ask. */
  readonly sshCommand: string;
  /** Read instead of the user's and the system's configuration, as `ssh -F` does. */
  readonly configFile: string | undefined;
  /** Who decides how the host is reached; itself where nothing is said. */
  readonly wayBy?: WayBy;
}

/**
 * Finds out what a destination means: by `ssh -G`, so that every rule of the user's configuration holds; where there is no
 * ssh, from the files themselves. Rejects with an `SshError`: `unresolved` when the configuration is broken, `cancelled`.
 */
export async function resolveDestination(
  destination: Destination,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<ResolvedHost> {
  const keywords = (await keywordsBySsh(destination, options, signal)) ?? (await configKeywords(destination, options));
  return resolvedHostOf(keywords, destination, options.environment);
}

/** The arguments of `ssh -G`. After `--` nothing is an option any more, whatever it begins with. */
export function sshArguments(
  destination: Destination,
  configFile: string | undefined,
  wayBy: WayBy = 'itself',
): string[] {
  const { host, user, port } = destination;
  return [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    // As ssh does for a host that it reaches through others anyway: one that names itself is no loop then.
    ...(wayBy === 'itself' ? [] : ['-o', 'ProxyJump=none']),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
  ];
}

/** Undefined where there is no ssh to ask. */
function keywordsBySsh(
  destination: Destination,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<Keywords | undefined> {
  const { environment, sshCommand, configFile, wayBy } = options;
  const settings = {
    signal,
    timeout: resolveTimeoutMs,
    windowsHide: true,
    // Windows looks for programs in the current folder first: let that not be one somebody else filled.
    cwd: environment.homeDir,
    env: { ...environment.env, LC_ALL: 'C' },
  };
  return new Promise((resolve, reject) => {
    execFile(sshCommand, sshArguments(destination, configFile, wayBy), settings, (error, stdout, stderr) => {
      if (error === null) resolve(parseKeywords(stdout));
      else if (error.code === 'ENOENT') resolve(undefined);
      else if (signal.aborted) reject(new SshError('cancelled', `Connecting to ${destination.text} was cancelled.`));
      else reject(notResolved(destination, error.killed === true ? 'ssh -G did not answer' : stderr));
    });
  });
}

function notResolved(destination: Destination, said: string): SshError {
  const why = said.split('\n').find((line) => line.trim() !== '' && !line.startsWith('Pseudo-terminal')) ?? '';
  return new SshError(
    'unresolved',
    `ssh can't tell what "${destination.text}" means: ${printable(why) || 'it gave no reason'}.`,
    `Try "ssh ${destination.text}" in a terminal and mend your ssh configuration.`,
  );
}
