import { readdir, readFile, stat } from 'node:fs/promises';
import { type PlatformPath, posix, win32 } from 'node:path';
import type * as SshConfigModule from 'ssh-config';
import type { SshEnvironment } from './environment.js';
import { expandPath } from './expand.js';
import { expandGlob, type ListFolder } from './glob.js';

/** Where configurations lie; the disk, but for tests of other platforms. */
export interface ConfigFiles {
  /** Rejects for what can't be read. */
  readText(path: string): Promise<string>;
  readonly list: ListFolder;
}

/** A configuration that ssh reads by itself, and the folder from which it includes others. */
export interface ConfigRoot {
  readonly file: string;
  readonly folder: string;
  /** Whether it may be missing: not where somebody has named it. */
  readonly optional: boolean;
}

/** As deep as ssh itself follows Include. */
export const maxIncludeDepth = 16;
/** No configuration is larger; a log or a disk image named by mistake is. */
const maxFileBytes = 4 * 1024 * 1024;

/** The user's configuration and the system's, or `configFile` alone as `ssh -F` has it: the first to be read first. */
export function configRoots(environment: SshEnvironment, configFile: string | undefined): readonly ConfigRoot[] {
  const path = pathsOf(environment);
  const userFolder = path.join(environment.homeDir, '.ssh');
  // ssh takes a file given by -F for the user's: what it includes lies in ~/.ssh.
  if (configFile !== undefined) {
    return [{ file: expandEarly(configFile, environment), folder: userFolder, optional: false }];
  }
  const isWindows = environment.platform === 'win32';
  const systemFolder = isWindows ? expandEarly('__PROGRAMDATA__\\ssh', environment) : '/etc/ssh';
  return [
    { file: path.join(userFolder, 'config'), folder: userFolder, optional: true },
    { file: path.join(systemFolder, 'ssh_config'), folder: systemFolder, optional: true },
  ];
}

/** The files that an Include names, in a configuration whose others lie in `folder`. */
export function includedFiles(
  pattern: string,
  folder: string,
  environment: SshEnvironment,
  files: ConfigFiles,
): Promise<string[]> {
  const path = pathsOf(environment);
  return expandGlob(path.resolve(folder, expandEarly(pattern, environment)), path, files.list);
}

/** Takes a configuration's text apart. Throws where that can't be done. */
export async function parseConfig(text: string): Promise<SshConfigModule.default> {
  const { default: SSHConfig } = await import('ssh-config');
  return SSHConfig.parse(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'));
}

/** The words of a line behind its keyword, without their quotes. */
export function wordsOf({ value }: SshConfigModule.Directive): string[] {
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

/** Before a host is known its tokens stand for themselves. */
function expandEarly(path: string, environment: SshEnvironment): string {
  return expandPath(path, environment, { original: '%n', hostName: '%h', port: 22, user: '%r' });
}

function pathsOf({ platform }: SshEnvironment): PlatformPath {
  return platform === 'win32' ? win32 : posix;
}

export const configsOnDisk: ConfigFiles = {
  async readText(path) {
    const status = await stat(path);
    if (!status.isFile()) throw new Error('it is no file');
    if (status.size > maxFileBytes) throw new Error('it is too large to be a configuration');
    return readFile(path, 'utf8');
  },
  list: (folder) => readdir(folder).catch(() => []),
};
