import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Destination } from './destination.js';
import type { SshEnvironment } from './environment.js';
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
}

/**
 * Finds out what a destination means: by `ssh -G`, so that every rule of the user's configuration holds; where there is no
 * ssh, from ~/.ssh/config alone. Rejects with an `SshError`: `unresolved` when the configuration is broken, `cancelled`.
 */
export async function resolveDestination(
  destination: Destination,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<ResolvedHost> {
  const keywords =
    (await keywordsBySsh(destination, options, signal)) ?? (await keywordsOfConfigFile(destination, options));
  return resolvedHostOf(keywords, destination, options.environment);
}

/** The arguments of `ssh -G`. After `--` nothing is an option any more, whatever it begins with. */
export function sshArguments(destination: Destination, configFile: string | undefined): string[] {
  const { host, user, port } = destination;
  return [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
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
  const { environment, sshCommand, configFile } = options;
  const settings = {
    signal,
    timeout: resolveTimeoutMs,
    windowsHide: true,
    // Windows looks for programs in the current folder first: let that not be one somebody else filled.
    cwd: environment.homeDir,
    env: { ...environment.env, LC_ALL: 'C' },
  };
  return new Promise((resolve, reject) => {
    execFile(sshCommand, sshArguments(destination, configFile), settings, (error, stdout, stderr) => {
      if (error === null) resolve(parseKeywords(stdout));
      else if (error.code === 'ENOENT') resolve(undefined);
      else if (signal.aborted) reject(new SshError('cancelled', `Connecting to ${destination.text} was cancelled.`));
      else reject(notResolved(destination, error.killed === true ? 'ssh -G did not answer' : stderr));
    });
  });
}

/** Include and Match exec are not followed here. */
async function keywordsOfConfigFile(destination: Destination, options: ResolveOptions): Promise<Keywords> {
  const { environment, configFile } = options;
  let text: string;
  try {
    text = await readFile(configFile ?? join(environment.homeDir, '.ssh', 'config'), 'utf8');
  } catch {
    return new Map();
  }
  return configKeywords(text, destination);
}

/** What a configuration's text says about a destination, in the form `ssh -G` gives. */
export async function configKeywords(text: string, destination: Destination): Promise<Keywords> {
  const { default: SSHConfig } = await import('ssh-config');
  const query = { Host: destination.host, ...(destination.user === undefined ? {} : { User: destination.user }) };
  try {
    const values = SSHConfig.parse(text).compute(query, { ignoreCase: true, matchExec: false });
    const list = (keyword: string, value: string | string[]): string[] =>
      // Only identity files are a line each; the words of other lists stand on one line.
      Array.isArray(value) ? (keyword === 'identityfile' ? value : [value.join(' ')]) : [value];
    return new Map(Object.entries(values).map(([keyword, value]) => [keyword, list(keyword, value)]));
  } catch (error) {
    throw notResolved(destination, error instanceof Error ? error.message : String(error));
  }
}

function notResolved(destination: Destination, said: string): SshError {
  const why = said.split('\n').find((line) => line.trim() !== '' && !line.startsWith('Pseudo-terminal')) ?? '';
  return new SshError(
    'unresolved',
    `ssh can't tell what "${destination.text}" means: ${printable(why) || 'it gave no reason'}.`,
    `Try "ssh ${destination.text}" in a terminal and mend your ssh configuration.`,
  );
}
