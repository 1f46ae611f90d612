import type * as SshConfigModule from 'ssh-config';
import {
  type ConfigFiles,
  configRoots,
  configsOnDisk,
  includedFiles,
  maxIncludeDepth,
  parseConfig,
  wordsOf,
} from './configFiles.js';
import { parseDestination } from './destination.js';
import type { SshEnvironment } from './environment.js';

/** A host that the user's ssh configuration names, to be offered where a destination is asked for. */
export interface SshAlias {
  readonly name: string;
  /** What the blocks that name it say; undefined where they don't. `ssh -G` tells the truth once it is chosen. */
  readonly hostName: string | undefined;
  readonly user: string | undefined;
}

/**
 * The aliases of the user's ssh configuration and of the system's, or of `configFile` alone as `ssh -F` has it, in the order
 * they are written. Never rejects: what can't be read or understood only names nothing.
 */
export async function readAliases(
  environment: SshEnvironment,
  configFile: string | undefined,
  files: ConfigFiles = configsOnDisk,
): Promise<SshAlias[]> {
  const found = new Map<string, SshAlias>();
  const seen = new Set<string>();
  const follow = async (file: string, folder: string, depth: number): Promise<void> => {
    if (depth > maxIncludeDepth || seen.has(file)) return;
    seen.add(file);
    for (const line of await linesOf(file, files)) {
      if (line.kind === 'alias') add(found, line.alias);
      else {
        const paths = await includedFiles(line.pattern, folder, environment, files);
        for (const included of paths) await follow(included, folder, depth + 1);
      }
    }
  };
  for (const { file, folder } of configRoots(environment, configFile)) await follow(file, folder, 0);
  return [...found.values()];
}

type ConfigLine =
  { readonly kind: 'alias'; readonly alias: SshAlias } | { readonly kind: 'include'; readonly pattern: string };

async function linesOf(file: string, files: ConfigFiles): Promise<ConfigLine[]> {
  try {
    return linesIn(await parseConfig(await files.readText(file)), []);
  } catch {
    return [];
  }
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

/** The first value of a keyword counts, as for ssh. */
function add(found: Map<string, SshAlias>, alias: SshAlias): void {
  const known = found.get(alias.name);
  found.set(alias.name, {
    name: alias.name,
    hostName: known?.hostName ?? alias.hostName,
    user: known?.user ?? alias.user,
  });
}
