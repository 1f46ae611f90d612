import type { Destination } from '../destination.js';
import type { SshEnvironment } from '../environment.js';
import type { Hop } from '../hops.js';
import type { ResolvedHost } from '../resolvedHost.js';

export interface OpensshConfigOptions {
  /** The destination last. */
  readonly hops: readonly Hop[];
  readonly environment: SshEnvironment;
  /** Read instead of the user's and the system's configuration. */
  readonly configFile: string | undefined;
  /** The extension's own known_hosts, where accepted keys go. */
  readonly acceptedKeysFile: string | undefined;
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
}

/**
 * What holds whatever the user's configuration says: no key is accepted unasked, nothing is forwarded or run beside what was
 * asked for, and the connection is the extension's own. In a file and not in arguments, so that it holds for the ssh that
 * leads to a jump host as well.
 */
const overrides = [
  // Older ssh don't know all of these.
  'IgnoreUnknown *',
  'VerifyHostKeyDNS no',
  'NoHostAuthenticationForLocalhost no',
  'UpdateHostKeys no',
  'VisualHostKey no',
  'FingerprintHash sha256',
  'ControlMaster no',
  'ControlPath none',
  'ControlPersist no',
  'ClearAllForwardings yes',
  'ForwardAgent no',
  'ForwardX11 no',
  'Tunnel no',
  'PermitLocalCommand no',
  'RemoteCommand none',
  'RequestTTY no',
  'SessionType default',
  'EscapeChar none',
  'StdinNull no',
  // An idle virsh is no forgotten terminal.
  'ChannelTimeout session=0',
  'ForkAfterAuthentication no',
  // Without it nobody is asked, and kept secrets stay unused.
  'BatchMode no',
  // Tells why a connection was lost.
  'LogLevel INFO',
];

/** Tells when a host on the way has let the user in: what it was given was right, whatever comes of the host behind it. */
const passing = 'LogLevel VERBOSE';

/** As the ssh2 transport's, where the configuration has none. */
const defaults = ['ServerAliveInterval 15', 'ServerAliveCountMax 3'];

/** The configuration that ssh is run with: the user's own between what must hold and what holds where they say nothing. */
export function opensshConfig(options: OpensshConfigOptions): string {
  const { hops, configFile, acceptedKeysFile, canAsk, environment } = options;
  const { platform } = environment;
  const included = configFile === undefined ? usualConfigs(environment) : [quoted(configFile, platform)];
  const lines = [
    ...hops.flatMap((hop, index) => [
      `Host ${hop.destination.host}`,
      ...(index === hops.length - 1 ? [] : [passing]),
      ...trustOf(hop.host, acceptedKeysFile, platform),
    ]),
    'Host *',
    ...overrides,
    'StrictHostKeyChecking ask',
    ...(canAsk ? [] : ['NumberOfPasswordPrompts 1', 'KbdInteractiveAuthentication no']),
    ...included.map((path) => `Include ${path}`),
    'Host *',
    ...defaults,
  ];
  return `${lines.join('\n')}\n`;
}

function trustOf(host: ResolvedHost, acceptedKeysFile: string | undefined, platform: NodeJS.Platform): string[] {
  const strict = host.strictHostKeyChecking === 'yes' ? ['StrictHostKeyChecking yes'] : [];
  if (acceptedKeysFile === undefined) return strict;
  const files = [acceptedKeysFile, ...host.userKnownHostsFiles.filter((file) => file !== acceptedKeysFile)];
  // A percent sign would begin a token.
  const paths = files.map((file) => quotedPath(file.replaceAll('%', '%%'), platform));
  return [...strict, `UserKnownHostsFile ${paths.join(' ')}`];
}

/** What ssh reads by itself where no file is named. */
function usualConfigs({ platform, env }: SshEnvironment): string[] {
  const system = platform === 'win32' ? (env['ProgramData'] ?? 'C:\\ProgramData') : '/etc';
  return ['~/.ssh/config', quoted(`${system}/ssh/ssh_config`, platform)];
}

/** A path for Include, which takes patterns. */
function quoted(path: string, platform: NodeJS.Platform): string {
  return quotedPath(path.replace(/[*?[]/g, '[$&]'), platform);
}

function quotedPath(path: string, platform: NodeJS.Platform): string {
  return `"${platform === 'win32' ? path.replaceAll('\\', '/') : path}"`;
}

/** Arguments of the ssh that logs in and shares its connection at `controlPath`, without a session of its own. */
export function masterArguments(destination: Destination, configPath: string, controlPath: string): string[] {
  return ['-F', configPath, '-M', '-S', controlPath, '-N', '-T', ...target(destination)];
}

/**
 * Arguments of an ssh that shares nothing, for one command or, without one, just to be logged in. It tells at `logPath` when
 * it is, apart from what the command says.
 */
export function singleArguments(
  destination: Destination,
  configPath: string,
  logPath: string,
  command: string | undefined,
): string[] {
  const options = ['-F', configPath, '-E', logPath, '-o', 'LogLevel=VERBOSE', '-T'];
  return command === undefined
    ? [...options, '-N', ...target(destination)]
    : [...options, ...target(destination), command];
}

/** After `--` nothing is an option any more, whatever it begins with. */
function target({ host, user, port }: Destination): string[] {
  return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)]), '--', host];
}
