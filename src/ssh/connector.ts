import { messageOf } from '../base/errors.js';
import { cancelled } from './connectErrors.js';
import { Credentials, type CredentialStore } from './credentials.js';
import { type Destination, parseDestination } from './destination.js';
import { currentEnvironment, type SshEnvironment } from './environment.js';
import { KnownHostsFiles } from './knownHostsFile.js';
import { resolveDestination } from './resolve.js';
import type { ResolvedHost } from './resolvedHost.js';
import { type Ssh2Limits, Ssh2Transport } from './ssh2/transport.js';
import { type ConnectPrompts, type Connector, type HostConnection, SshError, type Transport } from './types.js';

export interface SshConnectorOptions {
  readonly credentials: CredentialStore;
  readonly environment?: SshEnvironment;
  /** The `ssh` whose configuration is asked for. */
  readonly sshCommand?: string;
  /** A configuration to read instead of the user's and the system's, as `ssh -F` does. */
  readonly configFile?: string;
  readonly limits?: Partial<Ssh2Limits>;
  /** What went wrong without ending a connection, for the log. */
  readonly onNotice?: (text: string) => void;
  /** Finds out what a destination means, instead of `ssh -G`. */
  readonly resolve?: (destination: Destination, signal: AbortSignal) => Promise<ResolvedHost>;
}

/** Connects with the user's own ssh configuration, keys, agent and known hosts. */
export class SshConnector implements Connector {
  private readonly environment: SshEnvironment;
  private readonly transport: Transport;

  constructor(private readonly options: SshConnectorOptions) {
    this.environment = options.environment ?? currentEnvironment();
    this.transport = new Ssh2Transport({
      environment: this.environment,
      knownHosts: new KnownHostsFiles(),
      onNotice: options.onNotice ?? ((): void => undefined),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
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
    const host = await this.resolve(destination, signal);
    const credentials = new Credentials(this.options.credentials, prompts);
    try {
      const connection = await this.transport.connect({ destination, host, prompts, credentials, signal });
      await this.settled(credentials.accepted());
      return connection;
    } catch (error) {
      if (error instanceof SshError && error.kind === 'authentication') await this.settled(credentials.refused());
      throw error;
    }
  }

  /** A secret storage that fails must not cost the connection. */
  private async settled(storing: Promise<void>): Promise<void> {
    try {
      await storing;
    } catch (error) {
      this.options.onNotice?.(`The secret storage failed: ${messageOf(error)}`);
    }
  }

  private resolve(destination: Destination, signal: AbortSignal): Promise<ResolvedHost> {
    const { resolve, sshCommand = 'ssh', configFile } = this.options;
    if (resolve !== undefined) return resolve(destination, signal);
    return resolveDestination(destination, { environment: this.environment, sshCommand, configFile }, signal);
  }
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
