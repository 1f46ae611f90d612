import { existsSync } from 'node:fs';
import { addressOf } from '../printable.js';
import type { ConnectRequest, HostConnection, Transport } from '../types.js';
import { type AttemptShape, attemptLogin, type OpensshTools } from './attempt.js';
import { masterArguments } from './config.js';
import { onChange } from './login.js';
import { Mux } from './mux.js';
import { MuxConnection } from './muxConnection.js';
import { SingleConnection } from './singleConnection.js';

export interface OpensshLimits {
  /** From the start of ssh to the end of login, where the configuration has no ConnectTimeout; time spent asking does not count. */
  readonly readyMs: number;
  /** How long the server may take to start a command. */
  readonly channelOpenMs: number;
}

const defaultLimits: OpensshLimits = { readyMs: 20_000, channelOpenMs: 20_000 };

export interface OpensshTransportOptions extends OpensshTools {
  readonly limits?: Partial<OpensshLimits>;
  /** Whether one connection carries all commands: not on Windows, whose ssh has no ControlMaster. */
  readonly shares: boolean;
}

/** Whether the ssh of a platform can share a connection among commands. */
export function canShareConnection(platform: NodeJS.Platform): boolean {
  return platform !== 'win32';
}

/**
 * Connects by the system's own ssh, and so by all that it can: certificates, security devices, Kerberos, whatever comes. It
 * asks through the editor, and one connection carries all commands where that can be had.
 */
export class OpensshTransport implements Transport {
  readonly name = 'openssh';
  private readonly limits: OpensshLimits;

  constructor(private readonly options: OpensshTransportOptions) {
    this.limits = { ...defaultLimits, ...options.limits };
  }

  async connect(request: ConnectRequest): Promise<HostConnection> {
    const { host, jumpHosts } = request;
    const { limits, options } = this;
    // Each host on the way may take as long as one.
    const timeoutMs = (host.connectTimeoutMs ?? limits.readyMs) * (1 + jumpHosts.length);
    const silenceMs = (host.serverAliveIntervalMs ?? 15_000) * (host.serverAliveCountMax ?? 3);
    const address = addressOf(host.user, host.hostName, host.port);
    if (!options.shares) return SingleConnection.open(request, options, { timeoutMs, silenceMs, address });

    const { ssh, folder } = await attemptLogin(request, options, sharing(request), timeoutMs);
    try {
      const mux = await Mux.open(folder.file(socketName));
      return new MuxConnection({ master: ssh, mux, folder, address, silenceMs, channelOpenMs: limits.channelOpenMs });
    } catch (error) {
      ssh.dispose();
      folder.dispose();
      throw error;
    }
  }
}

/** Short: the path of a socket is limited. */
const socketName = 'c';

/** ssh puts the socket there when it has logged in, and not before it can be used. */
function sharing({ destination }: ConnectRequest): AttemptShape {
  return {
    piped: false,
    arguments: ({ folder, config }) => masterArguments(destination, config, folder.file(socketName)),
    watch: ({ folder }, loggedIn) =>
      onChange(folder, () => {
        if (existsSync(folder.file(socketName))) loggedIn();
      }),
  };
}
