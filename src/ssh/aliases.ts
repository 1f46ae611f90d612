import { readdir, readFile, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import type * as SshConfigModule from 'ssh-config';
import { parseDestination } from './destination.js';
import type { SshEnvironment } from './environment.js';
import { expandPath } from './expand.js';
import { expandGlob, type ListFolder } from './glob.js';

/** A host that the user's ssh configuration names, to be offered where a destination is asked for. */
export interface SshAlias {
  readonly name: string;
  /** What the blocks that name it say; undefined where they don't. `ssh -G` tells the truth once it is chosen. */
  readonly hostName: string | undefined;
  readonly user: string | undefined;
}

/** Where configurations lie; the disk, but for tests of other platforms. */
export interface ConfigFiles {
  /** Rejects for what can't be read. */
  readText(path: string): Promise<string>;
  readonly list: ListFolder;
}

/** As deep as ssh itself follows Include. */
const maxDepth = 16;
/** No configuration is larger; a log or a disk image named by mistake is. */
const maxFileBytes = 4 * 1024 * 1024;

/**
 * The aliases of the user's ssh configuration and of the system's, or of `configFile` alone as `ssh -F` has it, in the order
 * they are written. Never rejects: what can't be read or understood only names nothing.
 */
export async function readAliases(
  environment: SshEnvironment,
  configFile: string | undefined,
  files: ConfigFiles = disk,
): Promise<SshAlias[]> {
  const path = environment.platform === 'win32' ? win32 : posix;
  const userFolder = path.join(environment.homeDir, '.ssh');
  const systemFolder = environment.platform === 'win32' ? expand('__PROGRAMDATA__\\ssh', environment) : '/etc/ssh';
  const roots =
    configFile === undefined
      ? [
          { file: path.join(userFolder, 'config'), folder: userFolder },
          { file: path.join(systemFolder, 'ssh_config'), folder: systemFolder },
        ]
      : // ssh takes a file given by -F for the user's: what it includes lies in ~/.ssh.
        [{ file: expand(configFile, environment), folder: userFolder }];

  const { default: SSHConfig } = await import('ssh-config');
  const found = new Map<string, SshAlias>();
  const seen = new Set<string>();
  const follow = async (file: string, folder: string, depth: number): Promise<void> => {
    if (depth > maxDepth || seen.has(file)) return;
    seen.add(file);
    for (const line of await linesOf(SSHConfig, file, files)) {
      if (line.kind === 'alias') add(found, line.alias);
      else {
        const pattern = path.resolve(folder, expand(line.pattern, environment));
        for (const included of await expandGlob(pattern, path, files.list)) await follow(included, folder, depth + 1);
      }
    }
  };
  for (const { file, folder } of roots) await follow(file, folder, 0);
  return [...found.values()];
}

type ConfigLine =
  { readonly kind: 'alias'; readonly alias: SshAlias } | { readonly kind: 'include'; readonly pattern: string };

type SshConfig = typeof SshConfigModule.default;

async function linesOf(SSHConfig: SshConfig, file: string, files: ConfigFiles): Promise<ConfigLine[]> {
  try {
    return aliasLines(SSHConfig, await files.readText(file));
  } catch {
    return [];
  }
}

/** What a configuration's text names and includes, in its order. Throws for a text that can't be taken apart. */
function aliasLines(SSHConfig: SshConfig, text: string): ConfigLine[] {
  return linesIn(SSHConfig.parse(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')), []);
}

/** `names`: the aliases of the block that `config` stands in. */
function linesIn(config: SshConfigModule.default, names: readonly string[]): ConfigLine[] {
  const lines: ConfigLine[] = names.map((name) => ({ kind: 'alias', alias: describe(name, config) }));
  for (const line of config) {
    if (!('param' in line)) continue;
    const param = line.param.toLowerCase();
    const words = wordsOf(line);
    if (param === 'include') lines.push(...words.map((pattern): ConfigLine => ({ kind: 'include', pattern })));
    else if ('config' in line) lines.push(...linesIn(line.config, param === 'host' ? words.filter(isAlias) : []));
  }
  return lines;
}

function describe(name: string, config: SshConfigModule.default): SshAlias {
  const first = (wanted: string): string | undefined => {
    for (const line of config) if ('param' in line && line.param.toLowerCase() === wanted) return wordsOf(line)[0];
    return undefined;
  };
  return { name, hostName: first('hostname')?.replaceAll('%h', name), user: first('user') };
}

/** Not patterns, and nothing that could not be typed as a destination. */
function isAlias(word: string): boolean {
  if (/[*?!]/.test(word)) return false;
  try {
    const { host, user, port } = parseDestination(word);
    return host === word && user === undefined && port === undefined;
  } catch {
    return false;
  }
}

function wordsOf({ value }: SshConfigModule.Directive): string[] {
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

/** The first value of a keyword counts, as for ssh. */
function add(found: Map<string, SshAlias>, alias: SshAlias): void {
  const known = found.get(alias.name);
  found.set(alias.name, {
    name: alias.name,
    hostName: known?.hostName ?? alias.hostName,
    user: known?.user ?? alias.user,
  });
}

/** Before a host is known its tokens stand for themselves. */
function expand(path: string, environment: SshEnvironment): string {
  return expandPath(path, environment, { original: '%n', hostName: '%h', port: 22, user: '%r' });
}

const disk: ConfigFiles = {
  async readText(path) {
    const { size } = await stat(path).then((status) => (status.isFile() ? status : Promise.reject(new Error(path))));
    if (size > maxFileBytes) throw new Error(`${path} is too large`);
    return readFile(path, 'utf8');
  },
  list: (folder) => readdir(folder).catch(() => []),
};
