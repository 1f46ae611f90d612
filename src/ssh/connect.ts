import { chooseAgent } from './agent.js';
import { Authentication, type Ssh2 } from './authentication.js';
import { cancelled, proxyError } from './connectErrors.js';
import { Ssh2Connection } from './connection.js';
import { Deadline } from './deadline.js';
import { type Destination, parseDestination } from './destination.js';
import { currentEnvironment, type SshEnvironment } from './environment.js';
import { handshake } from './handshake.js';
import { preferredAlgorithms } from './hostKeyPolicy.js';
import { HostKeyVerifier, namesOf } from './hostKeyVerifier.js';
import { loadIdentityFiles } from './keys.js';
import { KnownHostsFiles } from './knownHostsFile.js';
import { addressOf } from './printable.js';
import { resolveDestination } from './resolve.js';
import type { ResolvedHost } from './resolvedHost.js';
import type { ConnectPrompts, Connector, HostConnection } from './types.js';

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

export interface Ssh2ConnectorOptions {
  readonly environment?: SshEnvironment;
  /** The `ssh` whose configuration is asked for; it makes no connection. */
  readonly sshCommand?: string;
  /** A configuration to read instead of the user's and the system's, as `ssh -F` does. */
  readonly configFile?: string;
  readonly limits?: Partial<Ssh2Limits>;
  /** What went wrong without ending a connection, for the log. */
  readonly onNotice?: (text: string) => void;
  /** Finds out what a destination means, instead of `ssh -G`. */
  readonly resolve?: (destination: Destination, signal: AbortSignal) => Promise<ResolvedHost>;
}

/** Connects by ssh2, with the user's own ssh configuration, keys, agent and known hosts. */
export class Ssh2Connector implements Connector {
  private readonly environment: SshEnvironment;
  private readonly limits: Ssh2Limits;
  private readonly knownHosts = new KnownHostsFiles();

  constructor(private readonly options: Ssh2ConnectorOptions = {}) {
    this.environment = options.environment ?? currentEnvironment();
    this.limits = { ...defaultLimits, ...options.limits };
  }

  connect(destination: string, prompts: ConnectPrompts | undefined, signal: AbortSignal): Promise<HostConnection> {
    if (signal.aborted) return Promise.reject(cancelled(destination));
    return untilAborted(this.connectTo(destination, prompts, signal), destination, signal);
  }

  private async connectTo(
    text: string,
    prompts: ConnectPrompts | undefined,
    signal: AbortSignal,
  ): Promise<HostConnection> {
    const host = await this.resolve(parseDestination(text), signal);
    const unsupported = proxyError(host);
    if (unsupported !== undefined) throw unsupported;

    const { environment, limits } = this;
    const [entries, identityFiles, ssh2] = await Promise.all([
      this.knownHosts.read([...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]),
      loadIdentityFiles(host.identityFiles, environment),
      loadSsh2(),
    ]);
    const timeoutMs = host.connectTimeoutMs ?? limits.readyMs;
    const deadline = new Deadline(timeoutMs);
    const onNotice = this.options.onNotice ?? ((): void => undefined);
    return handshake(
      {
        ...limits,
        ssh2,
        host,
        timeoutMs,
        deadline,
        signal,
        preferredAlgorithms: preferredAlgorithms(entries, namesOf(host)),
        verifier: new HostKeyVerifier({ host, entries, files: this.knownHosts, prompts, deadline, onNotice }),
        authentication: new Authentication({
          ssh2,
          host,
          agent: chooseAgent(host.identityAgent, environment),
          identityFiles,
          prompts,
          deadline,
        }),
      },
      ({ client, socket }) =>
        new Ssh2Connection(client, socket, addressOf(host.user, host.hostName, host.port), {
          channelOpenMs: limits.channelOpenMs,
          // The tick after the last unanswered one notices.
          silenceMs: limits.keepaliveIntervalMs * (limits.keepaliveCountMax + 1),
        }),
    );
  }

  private resolve(destination: Destination, signal: AbortSignal): Promise<ResolvedHost> {
    const { resolve, sshCommand = 'ssh', configFile } = this.options;
    if (resolve !== undefined) return resolve(destination, signal);
    return resolveDestination(destination, { environment: this.environment, sshCommand, configFile }, signal);
  }
}

/** Loaded at the first connection: activation must not wait for it. */
async function loadSsh2(): Promise<Ssh2> {
  return (await import('ssh2')).default;
}

/** Gives up at once, even while a file on a dead network share is being read; a connection that comes too late is closed. */
function untilAborted(
  connecting: Promise<HostConnection>,
  destination: string,
  signal: AbortSignal,
): Promise<HostConnection> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(destination));
    signal.addEventListener('abort', onAbort);
    connecting
      .then((connection) => {
        if (signal.aborted) connection.dispose();
        else resolve(connection);
      }, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}
