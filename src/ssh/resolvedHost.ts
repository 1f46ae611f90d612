import type { Destination } from './destination.js';
import type { SshEnvironment } from './environment.js';
import { addressOf } from './printable.js';
import { expandPath, splitPaths, type TokenValues } from './expand.js';

/** Everything about a destination that the ssh configuration decides. Paths are absolute. */
export interface ResolvedHost {
  /** As the user typed it, for messages. */
  readonly destination: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  /** In the order they are tried; most of the default ones don't exist. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** As configured: `none`, `SSH_AUTH_SOCK`, `$VARIABLE` or a path; undefined where nothing is. */
  readonly identityAgent: string | undefined;
  /** Accepted keys go to the first. */
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hashKnownHosts: boolean;
  /** The name known_hosts has for this host, where it is not its own. */
  readonly hostKeyAlias: string | undefined;
  readonly strictHostKeyChecking: StrictHostKeyChecking;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  readonly connectTimeoutMs: number | undefined;
}

/** The host for people: as they typed it, and where that leads unless it says so itself. */
export function labelOf(host: ResolvedHost): string {
  const address = addressOf(host.user, host.hostName, host.port);
  return host.destination === address ? address : `${host.destination} (${address})`;
}

export type StrictHostKeyChecking = 'yes' | 'ask' | 'accept-new' | 'no';

/** Keywords in lower case and their values, as `ssh -G` prints them: several where a keyword may be repeated. */
export type Keywords = ReadonlyMap<string, readonly string[]>;

/** Reads what `ssh -G` prints: `keyword value` a line. Lines that are none are skipped. */
export function parseKeywords(text: string): Keywords {
  const keywords = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;
    const keyword = line.slice(0, space).toLowerCase();
    keywords.set(keyword, [...(keywords.get(keyword) ?? []), line.slice(space + 1).trim()]);
  }
  return keywords;
}

/** OpenSSH's own list, for where no ssh is there to print it. */
const defaultIdentities = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'];

/** What the configuration's keywords mean for a destination. User and port that were typed win. */
export function resolvedHostOf(
  keywords: Keywords,
  destination: Destination,
  environment: SshEnvironment,
): ResolvedHost {
  const first = (keyword: string): string | undefined => meant(keywords.get(keyword)?.[0]);
  const hostName = (first('hostname') ?? destination.host).replaceAll('%h', destination.host).replaceAll('%%', '%');
  const values: TokenValues = {
    original: destination.host,
    hostName,
    port: destination.port ?? portOf(first('port')) ?? 22,
    user: destination.user ?? first('user') ?? environment.userName,
  };
  const files = (keyword: string, defaults: readonly string[]): string[] => {
    const set = keywords.get(keyword)?.flatMap((line) => splitPaths(line));
    return (set ?? defaults).filter((path) => path !== 'none').map((path) => expandPath(path, environment, values));
  };
  const onePath = (path: string): string => expandPath(path, environment, values);
  const globalFolder = environment.platform === 'win32' ? '__PROGRAMDATA__\\ssh\\' : '/etc/ssh/';
  const agent = first('identityagent') ?? (keywords.get('identityagent')?.[0] === 'none' ? 'none' : undefined);
  return {
    destination: destination.text,
    hostName,
    port: values.port,
    user: values.user,
    addressFamily: addressFamilyOf(first('addressfamily')),
    // One file a line here, so spaces need no guessing.
    identityFiles: (keywords.get('identityfile') ?? defaultIdentities.map((name) => `~/.ssh/${name}`))
      .filter((path) => path !== 'none')
      .map(onePath),
    identitiesOnly: isYes(first('identitiesonly')),
    identityAgent: agent?.startsWith('$') === false ? onePath(agent) : agent,
    userKnownHostsFiles: files('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHostsFiles: files('globalknownhostsfile', [
      `${globalFolder}ssh_known_hosts`,
      `${globalFolder}ssh_known_hosts2`,
    ]),
    hashKnownHosts: isYes(first('hashknownhosts')),
    hostKeyAlias: first('hostkeyalias'),
    strictHostKeyChecking: strictnessOf(first('stricthostkeychecking')),
    proxyJump: first('proxyjump'),
    proxyCommand: first('proxycommand'),
    connectTimeoutMs: secondsOf(first('connecttimeout')),
  };
}

function meant(value: string | undefined): string | undefined {
  return value === '' || value?.toLowerCase() === 'none' ? undefined : value;
}

function isYes(value: string | undefined): boolean {
  return value === 'yes' || value === 'true';
}

function portOf(value: string | undefined): number | undefined {
  const port = Number(value);
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined;
}

function secondsOf(value: string | undefined): number | undefined {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function addressFamilyOf(value: string | undefined): ResolvedHost['addressFamily'] {
  return value === 'inet' || value === 'inet6' ? value : 'any';
}

/** `ssh -G` prints yes as `true`, no and off as `false`. What is not understood is asked about. */
function strictnessOf(value: string | undefined): StrictHostKeyChecking {
  switch (value?.toLowerCase()) {
    case 'true':
    case 'yes':
      return 'yes';
    case 'false':
    case 'no':
    case 'off':
      return 'no';
    case 'accept-new':
      return 'accept-new';
    default:
      return 'ask';
  }
}
