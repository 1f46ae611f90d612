import { chooseAgent } from '../agent.js';
import { Authentication, type Ssh2 } from './authentication.js';
import { proxyError } from '../connectErrors.js';
import { Ssh2Connection } from './connection.js';
import { Deadline } from '../deadline.js';
import type { SshEnvironment } from '../environment.js';
import { handshake } from './handshake.js';
import { preferredAlgorithms } from '../hostKeyPolicy.js';
import { HostKeyVerifier, namesOf } from '../hostKeyVerifier.js';
import { loadIdentityFiles } from '../keys.js';
import type { KnownHostsFiles } from '../knownHostsFile.js';
import { addressOf } from '../printable.js';
import type { ConnectRequest, HostConnection, Transport } from '../types.js';

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

  async connect({ host, prompts, credentials, signal }: ConnectRequest): Promise<HostConnection> {
    const unsupported = proxyError(host);
    if (unsupported !== undefined) throw unsupported;

    const { limits } = this;
    const { environment, knownHosts, onNotice } = this.options;
    const [entries, identityFiles, ssh2] = await Promise.all([
      knownHosts.read([...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]),
      loadIdentityFiles(host.identityFiles, environment),
      loadSsh2(),
    ]);
    const timeoutMs = host.connectTimeoutMs ?? limits.readyMs;
    const deadline = new Deadline(timeoutMs);
    return handshake(
      {
        ...limits,
        ssh2,
        host,
        timeoutMs,
        deadline,
        signal,
        preferredAlgorithms: preferredAlgorithms(entries, namesOf(host)),
        verifier: new HostKeyVerifier({ host, entries, files: knownHosts, prompts, deadline, onNotice }),
        authentication: new Authentication({
          ssh2,
          host,
          agent: chooseAgent(host.identityAgent, environment),
          identityFiles,
          credentials,
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
}

/** Loaded at the first connection: activation must not wait for it. */
async function loadSsh2(): Promise<Ssh2> {
  return (await import('ssh2')).default;
}
