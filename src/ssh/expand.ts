import type { SshEnvironment } from './environment.js';

/** What the %-tokens of an ssh configuration stand for on one connection. */
export interface TokenValues {
  /** %n: the host as typed. */
  readonly original: string;
  /** %h */
  readonly hostName: string;
  /** %p */
  readonly port: number;
  /** %r: who logs in there. */
  readonly user: string;
}

/**
 * A path of the ssh configuration with `~`, `%d`-like tokens, `${VAR}` and Windows' `__PROGRAMDATA__` filled in. Tokens
 * and variables that are not known stay as they are: such a file is then simply not there.
 */
export function expandPath(path: string, environment: SshEnvironment, values: TokenValues): string {
  const { env, homeDir, userName } = environment;
  const tokens: Record<string, string> = {
    '%': '%',
    d: homeDir,
    h: values.hostName,
    n: values.original,
    p: String(values.port),
    r: values.user,
    u: userName,
  };
  return path
    .replace(/^__PROGRAMDATA__/, env['ProgramData'] ?? 'C:\\ProgramData')
    .replace(/^~(?=$|[/\\])/, () => homeDir)
    .replace(/\$\{(\w+)\}|%([%a-zA-Z])/g, (whole, variable: string | undefined, token: string | undefined) =>
      variable !== undefined ? (env[variable] ?? whole) : (tokens[token ?? ''] ?? whole),
    );
}

/** The tokens that ProxyJump and ProxyCommand know, which `ssh -G` leaves as they are. Others stay, as they would in a path. */
export function expandProxy(text: string, { hostName, original, port, user }: TokenValues): string {
  const tokens: Record<string, string> = { '%': '%', h: hostName, n: original, p: String(port), r: user };
  return text.replace(/%([%a-zA-Z])/g, (whole, token: string) => tokens[token] ?? whole);
}

/**
 * `ssh -G` prints lists of files with bare spaces between them, though paths may hold spaces: a word that begins no path
 * belongs to the one before it.
 */
export function splitPaths(line: string): string[] {
  const paths: string[] = [];
  for (const word of line.split(' ')) {
    const last = paths.length - 1;
    if (last < 0 || /^([/~\\]|[a-zA-Z]:|\$\{|%[a-zA-Z]|__PROGRAMDATA__|none$)/.test(word)) paths.push(word);
    else paths[last] = `${paths[last] ?? ''} ${word}`;
  }
  return paths.filter((path) => path !== '');
}
