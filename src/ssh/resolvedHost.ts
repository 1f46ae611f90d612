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
  /** Whether the key must not disagree with what is known of the address either. */
  readonly checkHostIp: boolean;
  /** RSA keys of fewer bits are not taken, of hosts or of the user. */
  readonly requiredRsaBits: number;
  /** As configured: one jump host, or several with commas between, the first to connect to first. */
  readonly proxyJump: string | undefined;
  /** As configured, its tokens not filled in yet. */
  readonly proxyCommand: string | undefined;
  /** Whether the command hands a connected socket over, instead of carrying the bytes itself. */
  readonly proxyUseFdpass: boolean;
  readonly connectTimeoutMs: number | undefined;
  /** Undefined where keepalive is not configured. */
  readonly serverAliveIntervalMs: number | undefined;
  readonly serverAliveCountMax: number | undefined;
  /** The address of this machine to connect from. */
  readonly bindAddress: string | undefined;
  /** The network interface of this machine to connect from. */
  readonly bindInterface: string | undefined;
  readonly algorithms: AlgorithmLists;
  readonly authentication: AuthenticationRules;
  readonly certificateFiles: readonly string[];
  /** A file of keys that must not be trusted, in a form that only ssh reads (a KRL, or a list). */
  readonly revokedHostKeys: string | undefined;
  /** A command that knows hosts. */
  readonly knownHostsCommand: string | undefined;
  /** A library for keys on smartcards. */
  readonly pkcs11Provider: string | undefined;
  /** Why the configuration wants no connection at all, in its own words. */
  readonly refuseConnection: string | undefined;
}

/**
 * Names of algorithms with commas between, the best first, as configured. `ssh -G` prints them in full; a configuration file
 * may also begin a list with `+`, `-` or `^`, which changes the default list. Undefined where nothing is configured.
 */
export interface AlgorithmLists {
  readonly kex: string | undefined;
  readonly hostKeys: string | undefined;
  readonly ciphers: string | undefined;
  readonly macs: string | undefined;
  /** Of the keys the user logs in with. */
  readonly publicKeys: string | undefined;
}

/** By which methods the user may log in. */
export interface AuthenticationRules {
  /** In this order; undefined for OpenSSH's own. */
  readonly preferred: readonly string[] | undefined;
  readonly publicKey: boolean;
  readonly keyboardInteractive: boolean;
  readonly password: boolean;
  readonly gssapi: boolean;
  /** How often a password may be asked for. */
  readonly passwordPrompts: number;
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

/** OpenSSH's own, where it knows the keyword. */
const defaultRsaBits = 1024;

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
  const aliveIntervalMs = timeMsOf(first('serveraliveinterval'));
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
    checkHostIp: isYes(first('checkhostip')),
    requiredRsaBits: countOf(first('requiredrsasize')) ?? defaultRsaBits,
    proxyJump: first('proxyjump'),
    proxyCommand: first('proxycommand'),
    proxyUseFdpass: isYes(first('proxyusefdpass')),
    connectTimeoutMs: timeMsOf(first('connecttimeout')),
    serverAliveIntervalMs: aliveIntervalMs,
    serverAliveCountMax: aliveIntervalMs === undefined ? undefined : countOf(first('serveralivecountmax')),
    bindAddress: first('bindaddress'),
    bindInterface: first('bindinterface'),
    algorithms: {
      kex: first('kexalgorithms'),
      hostKeys: first('hostkeyalgorithms'),
      ciphers: first('ciphers'),
      macs: first('macs'),
      // The second is its name before OpenSSH 8.5.
      publicKeys: first('pubkeyacceptedalgorithms') ?? first('pubkeyacceptedkeytypes'),
    },
    authentication: {
      preferred: first('preferredauthentications')?.toLowerCase().split(','),
      // Besides yes and no, OpenSSH 8.9 and later know "unbound" and "host-bound", which are kinds of yes.
      publicKey: !isNo(first('pubkeyauthentication')),
      // The second is its name before OpenSSH 8.7.
      keyboardInteractive: !isNo(first('kbdinteractiveauthentication') ?? first('challengeresponseauthentication')),
      password: !isNo(first('passwordauthentication')),
      gssapi: isYes(first('gssapiauthentication')),
      passwordPrompts: countOf(first('numberofpasswordprompts')) ?? 3,
    },
    certificateFiles: (keywords.get('certificatefile') ?? []).filter((path) => path !== 'none').map(onePath),
    revokedHostKeys: first('revokedhostkeys'),
    knownHostsCommand: first('knownhostscommand'),
    pkcs11Provider: first('pkcs11provider'),
    refuseConnection: first('refuseconnection'),
  };
}

function meant(value: string | undefined): string | undefined {
  return value === '' || value?.toLowerCase() === 'none' ? undefined : value;
}

function isYes(value: string | undefined): boolean {
  const said = value?.toLowerCase();
  return said === 'yes' || said === 'true';
}

function isNo(value: string | undefined): boolean {
  const said = value?.toLowerCase();
  return said === 'no' || said === 'false';
}

function countOf(value: string | undefined): number | undefined {
  const count = Number(value);
  return Number.isInteger(count) && count > 0 ? count : undefined;
}

function portOf(value: string | undefined): number | undefined {
  const port = Number(value);
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined;
}

/** OpenSSH's times: `90`, `90s`, `1m30s`. Milliseconds; undefined for none. */
function timeMsOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^(?:\d+[smhdw]?)+$/i.test(value)) return undefined;
  let seconds = 0;
  for (const [, count = '', unit = 's'] of value.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)) {
    seconds += Number(count) * (secondsPerUnit[unit] ?? 1);
  }
  return seconds > 0 ? seconds * 1000 : undefined;
}

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

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
