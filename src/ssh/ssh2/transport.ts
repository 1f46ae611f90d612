import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { Disposables } from '../../base/disposable.js';
import { chooseAgent } from '../agent.js';
import { loginFiles } from '../choose.js';
import { cancelled } from '../connectErrors.js';
import { Deadline } from '../deadline.js';
import type { Destination } from '../destination.js';
import type { SshEnvironment } from '../environment.js';
import { storing } from '../failedLogin.js';
import type { Hop } from '../hops.js';
import { preferredAlgorithms } from '../hostKeyPolicy.js';
import { HostKeyVerifier, namesOf } from '../hostKeyVerifier.js';
import type { KnownHostsFiles } from '../knownHostsFile.js';
import { addressOf } from '../printable.js';
import { labelOf, type ResolvedHost } from '../resolvedHost.js';
import { type ConnectRequest, type HostConnection, SshError, type Transport } from '../types.js';
import { Authentication } from './authentication.js';
import { algorithmsFor } from './algorithms.js';
import { type ConnectionLimits, Ssh2Connection } from './connection.js';
import { loadSsh2 } from './library.js';
import { handshake, type LoggedIn } from './handshake.js';
import { Jump } from './jump.js';
import { proxyCommandLine } from './proxyCommand.js';
import { type NetworkInterfaces, openSocket } from './socket.js';

export interface Ssh2Limits {
  /** From the first packet to the end of login, where the configuration has no ConnectTimeout; time spent asking does not count. */
  readonly readyMs: number;
  readonly keepaliveIntervalMs: number;
  /** Unanswered keepalives after which the connection counts as lost. */
  readonly keepaliveCountMax: number;
  /** How long the server may take to start a command. A loaded host's login shell takes its time. */
  readonly channelOpenMs: number;
}

/** A dead link is known after a minute: soon enough for the tree, late enough for a network that hiccups. */
const defaultLimits: Ssh2Limits = {
  readyMs: 20_000,
  keepaliveIntervalMs: 15_000,
  keepaliveCountMax: 3,
  channelOpenMs: 20_000,
};

export interface Ssh2TransportOptions {
  readonly environment: SshEnvironment;
  readonly limits?: Partial<Ssh2Limits>;
  readonly knownHosts: KnownHostsFiles;
  /** The extension's own known_hosts, where accepted keys go instead of the user's. */
  readonly acceptedKeysFile?: string | undefined;
  /** The network interfaces of this machine; the system's own where none are given. */
  readonly interfaces?: () => NetworkInterfaces;
  /** What went wrong without ending a connection, for the log. */
  readonly onNotice: (text: string) => void;
}

/** Connects in this process, by ssh2, with the user's own keys, agent and known hosts. */
export class Ssh2Transport implements Transport {
  readonly name = 'ssh2';
  private readonly limits: Ssh2Limits;

  constructor(private readonly options: Ssh2TransportOptions) {
    this.limits = { ...defaultLimits, ...options.limits };
  }

  async connect(request: ConnectRequest): Promise<HostConnection> {
    const { destination, host, jumpHosts } = request;
    const way = new Disposables();
    try {
      let open = (hop: Hop): Duplex => this.firstLine(hop, request.prompts === undefined);
      for (const hop of jumpHosts) {
        const jump = await this.jump(hop, open, request);
        way.add(jump);
        open = (next) => jump.lineTo(next.host);
      }
      return await this.logIn({ destination, host }, open, request, (loggedIn, limits) => {
        const { client, stream } = loggedIn;
        const connection = new Ssh2Connection(client, stream, addressOf(host.user, host.hostName, host.port), limits);
        // In a moment, so that its own goodbye still finds the way.
        connection.onClose(() => setImmediate(() => way.dispose()));
        return connection;
      });
    } catch (error) {
      setImmediate(() => way.dispose());
      throw error;
    }
  }

  private async jump(hop: Hop, open: (hop: Hop) => Duplex, request: ConnectRequest): Promise<Jump> {
    try {
      const jump = await this.logIn(
        hop,
        open,
        request,
        (loggedIn, { silenceMs }) => new Jump(loggedIn, hop.host, silenceMs),
      );
      // What a jump host took was right, whatever the next one says.
      await storing(request.credentials.accepted(), this.options.onNotice);
      return jump;
    } catch (error) {
      throw error instanceof SshError ? atJumpHost(error, hop, request.destination) : error;
    }
  }

  /** To the first host on the way: by its ProxyCommand, or straight. */
  private firstLine(hop: Hop, isBackground: boolean): Duplex {
    const { host } = hop;
    const { environment, interfaces = networkInterfaces } = this.options;
    if (host.proxyCommand === undefined) return openSocket(host, interfaces);
    if (!host.proxyUseFdpass) return proxyCommandLine(hop, host.proxyCommand, environment, isBackground);
    throw new SshError(
      'unreachable',
      `${labelOf(host)} is reached by a command that hands over a socket (ProxyUseFdpass), which can't be taken here.`,
      "Have the transport chosen automatically, or set it to the system's ssh.",
      { opensshMay: `The ProxyCommand of ${host.destination} hands over a socket (ProxyUseFdpass).` },
    );
  }

  private async logIn<T>(
    hop: Hop,
    open: (hop: Hop) => Duplex,
    { prompts, credentials, signal }: ConnectRequest,
    onReady: (loggedIn: LoggedIn, limits: ConnectionLimits) => T,
  ): Promise<T> {
    const { host } = hop;
    const { limits } = this;
    if (host.revokedHostKeys !== undefined) throw keysUnknown(host, 'RevokedHostKeys', 'read');
    if (host.knownHostsCommand !== undefined) throw keysUnknown(host, 'a KnownHostsCommand', 'run');
    const { environment, knownHosts, onNotice, acceptedKeysFile } = this.options;
    const ownFiles = acceptedKeysFile === undefined ? [] : [acceptedKeysFile];
    const [entries, { identities: identityFiles, certificates }, { ssh2, stocks }] = await Promise.all([
      knownHosts.read([...ownFiles, ...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]),
      loginFiles(host, environment),
      loadSsh2(),
    ]);
    const timeoutMs = host.connectTimeoutMs ?? limits.readyMs;
    const keepaliveIntervalMs = host.serverAliveIntervalMs ?? limits.keepaliveIntervalMs;
    const keepaliveCountMax = host.serverAliveCountMax ?? limits.keepaliveCountMax;
    // The tick after the last unanswered one notices.
    const silenceMs = keepaliveIntervalMs * (keepaliveCountMax + 1);
    const deadline = new Deadline(timeoutMs);
    return handshake(
      {
        ssh2,
        host,
        timeoutMs,
        keepaliveIntervalMs,
        keepaliveCountMax,
        deadline,
        signal,
        open: () => open(hop),
        algorithms: algorithmsFor(host, preferredAlgorithms(entries, namesOf(host)), stocks),
        verifier: new HostKeyVerifier({
          host,
          entries,
          files: knownHosts,
          acceptedKeysFile,
          prompts,
          deadline,
          onNotice,
        }),
        authentication: new Authentication({
          ssh2,
          host,
          agent: chooseAgent(host.identityAgent, environment),
          identityFiles,
          certificates,
          credentials,
          deadline,
        }),
      },
      (loggedIn) => onReady(loggedIn, { channelOpenMs: limits.channelOpenMs, silenceMs }),
    );
  }
}

/** A key that ssh would refuse must not be taken here for want of knowing. */
function keysUnknown({ destination }: ResolvedHost, what: string, verb: 'read' | 'run'): SshError {
  return new SshError(
    'hostKeyUnverifiable',
    `${destination} has ${what} in your ssh configuration, which ssh2 can't ${verb}.`,
    "Have the transport chosen automatically, or set it to the system's ssh.",
    { opensshMay: `${destination} has ${what}, which only ssh can ${verb}.` },
  );
}

/** Says which host was to be reached by the one that failed. */
function atJumpHost(error: SshError, { host }: Hop, { text }: Destination): SshError {
  if (error.kind === 'cancelled') return cancelled(text);
  const { kind, message, advice, opensshMay, hostKey, byUser } = error;
  return new SshError(kind, `${text} is reached through ${host.destination}: ${message}`, advice, {
    cause: error,
    byUser,
    ...(opensshMay === undefined ? {} : { opensshMay }),
    ...(hostKey === undefined ? {} : { hostKey }),
  });
}
