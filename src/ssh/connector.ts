import { loginFiles, type TransportChoice, whyOpenssh } from './choose.js';
import { cancelled } from './connectErrors.js';
import { Credentials, type CredentialStore } from './credentials.js';
import { type Destination, parseDestination } from './destination.js';
import { currentEnvironment, type SshEnvironment } from './environment.js';
import { failedLogin, storing } from './failedLogin.js';
import { jumpHostsTo, type Resolve, type WayBy } from './hops.js';
import { KnownHostsFiles } from './knownHostsFile.js';
import { printable } from './printable.js';
import { resolveDestination } from './resolve.js';
import type { ResolvedHost } from './resolvedHost.js';
import { canShareConnection, OpensshTransport } from './openssh/transport.js';
import { type Ssh2Limits, Ssh2Transport } from './ssh2/transport.js';
import {
  type ConnectPrompts,
  type Connector,
  type ConnectRequest,
  type HostConnection,
  SshError,
  type Transport,
} from './types.js';

export interface SshConnectorOptions {
  readonly credentials: CredentialStore;
  readonly environment?: SshEnvironment;
  /** One for all connectors of a process, so that keys accepted at once are all kept. */
  readonly knownHosts?: KnownHostsFiles;
  /** The `ssh` whose configuration is asked for. */
  readonly sshCommand?: string;
  /** A configuration to read instead of the user's and the system's, as `ssh -F` does. */
  readonly configFile?: string | undefined;
  readonly limits?: Partial<Ssh2Limits>;
  /** `auto`, the default: ssh2 where it can, the system's own ssh where it is needed. */
  readonly transport?: TransportChoice;
  /** The extension's own known_hosts: accepted keys go there instead of the user's. */
  readonly acceptedKeysFile?: string | undefined;
  /** A program that runs JavaScript, for ssh to ask through. This process's own where none is given. */
  readonly nodePath?: string;
  /** Whether the system's ssh shares a connection among commands; decided by the platform where it is not told. */
  readonly shares?: boolean;
  /** What went wrong without ending a connection, for the log. */
  readonly onNotice?: (text: string) => void;
  /** Finds out what a destination means, instead of `ssh -G`. */
  readonly resolve?: Resolve;
}

/** Connects with the user's own ssh configuration, keys, agent and known hosts. */
export class SshConnector implements Connector {
  private readonly environment: SshEnvironment;
  private readonly ssh2: Transport;
  private readonly openssh: Transport;

  constructor(private readonly options: SshConnectorOptions) {
    const environment = (this.environment = options.environment ?? currentEnvironment());
    const knownHosts = options.knownHosts ?? new KnownHostsFiles();
    const onNotice = (text: string): void => this.notice(text);
    const { acceptedKeysFile, limits = {}, configFile } = options;
    this.ssh2 = new Ssh2Transport({ environment, knownHosts, onNotice, limits, acceptedKeysFile });
    this.openssh = new OpensshTransport({
      environment,
      knownHosts,
      onNotice,
      limits,
      acceptedKeysFile,
      configFile,
      sshCommand: options.sshCommand ?? 'ssh',
      nodePath: options.nodePath ?? process.execPath,
      shares: options.shares ?? canShareConnection(environment.platform),
    });
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
    const destination = parseDestination(text);
    const host = await this.resolve(destination, signal, 'itself');
    const resolve: Resolve = (jump, until, wayBy) => this.resolve(jump, until, wayBy);
    const jumpHosts = await jumpHostsTo({ destination, host }, resolve, signal);
    for (const hop of [...jumpHosts, { host }]) refuseUnwanted(hop.host);
    const credentials = new Credentials(this.options.credentials, prompts);
    try {
      const connection = await this.byTransport({ destination, host, jumpHosts, prompts, credentials, signal });
      await storing(credentials.accepted(), (notice) => this.notice(notice));
      return connection;
    } catch (error) {
      throw await failedLogin(error, credentials, (notice) => this.notice(notice));
    }
  }

  private async byTransport(request: ConnectRequest): Promise<HostConnection> {
    const { transport = 'auto' } = this.options;
    if (transport === 'ssh2') return this.ssh2.connect(request);
    if (transport === 'openssh') return this.openssh.connect(request);

    const needed = await this.whyOpenssh(request);
    if (needed !== undefined) {
      this.notice(`By the system's ssh: ${needed}`);
      return this.openssh.connect(request);
    }
    try {
      return await this.ssh2.connect(request);
    } catch (error) {
      if (!(error instanceof SshError) || error.opensshMay === undefined || request.signal.aborted) throw error;
      if (request.credentials.isUnjudged) throw error;
      this.notice(`By the system's ssh, after ssh2 failed: ${error.opensshMay}`);
      return this.openssh.connect(request);
    }
  }

  /** What any host on the way needs decides for all of it. */
  private async whyOpenssh({ host, jumpHosts }: ConnectRequest): Promise<string | undefined> {
    const hosts = [...jumpHosts.map((hop) => hop.host), host];
    const reasons = await Promise.all(
      hosts.map(async (hop) => whyOpenssh(hop, await loginFiles(hop, this.environment))),
    );
    return reasons.find((reason) => reason !== undefined);
  }

  private notice(text: string): void {
    this.options.onNotice?.(text);
  }

  private resolve(destination: Destination, signal: AbortSignal, wayBy: WayBy): Promise<ResolvedHost> {
    const { resolve, sshCommand = 'ssh', configFile } = this.options;
    if (resolve !== undefined) return resolve(destination, signal, wayBy);
    return resolveDestination(destination, { environment: this.environment, sshCommand, configFile, wayBy }, signal);
  }
}

/** ssh itself connects to no such host. */
function refuseUnwanted({ destination, refuseConnection }: ResolvedHost): void {
  if (refuseConnection === undefined) return;
  throw new SshError(
    'badDestination',
    `Your ssh configuration refuses to connect to ${destination}: "${printable(refuseConnection)}" (RefuseConnection).`,
  );
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
