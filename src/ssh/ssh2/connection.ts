import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { Emitter } from '../../base/emitter.js';
import { Ssh2Channel } from './channel.js';
import { hangUp } from './line.js';
import { channelError, lossError, type TransportFailure } from '../connectErrors.js';
import { Openings } from '../openings.js';
import type { ExecChannel, HostConnection } from '../types.js';
import { SshError } from '../types.js';

export interface ConnectionLimits {
  /** How long the server may take to open a channel and start a command on it. */
  readonly channelOpenMs: number;
  /** After how much silence keepalive ends the connection; for the message. */
  readonly silenceMs: number;
}

/** A logged-in connection of ssh2. */
export class Ssh2Connection implements HostConnection {
  private readonly channels = new Set<Ssh2Channel>();
  private readonly openings: Openings;
  private readonly closed = new Emitter<SshError | undefined>();
  private failure: TransportFailure | undefined;
  private gone: SshError | undefined;

  readonly onClose = this.closed.event;
  readonly transport = 'ssh2';

  constructor(
    private readonly client: Client,
    private readonly stream: Duplex,
    readonly address: string,
    private readonly limits: ConnectionLimits,
  ) {
    this.openings = new Openings(address, limits.channelOpenMs);
    client.on('error', (error) => {
      this.failure ??= error;
      // ssh2 waits for the other side to hang up; it may be long gone.
      stream.destroy();
    });
    client.once('close', () => this.finish(lossError(this.failure, address, limits.silenceMs)));
  }

  exec(command: string): Promise<ExecChannel> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    return this.openings.open<ExecChannel>((opening) => {
      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (error !== undefined) {
          opening.refused(channelError(error, this.address));
          return;
        }
        const channel = this.own(stream);
        if (!opening.opened(channel)) channel.dispose();
      };
      try {
        this.client.exec(command, opened);
      } catch {
        // ssh2 throws at what comes between the connection's end and its close.
        opening.refused(lossError(this.failure, this.address, this.limits.silenceMs));
      }
      return undefined;
    });
  }

  probe(limitMs: number): void {
    if (this.gone !== undefined) return;
    const silent = setTimeout(() => {
      this.failure ??= { message: 'it does not answer' };
      this.stream.destroy();
    }, limitMs);
    const answered = (): void => clearTimeout(silent);
    this.closed.event(answered);
    try {
      // A request that changes nothing, since nothing is forwarded. Every server answers it, if only by a refusal, and it needs
      // no session: with MaxSessions 1 there is none to spare.
      this.client.unforwardIn('localhost', 0, answered);
    } catch {
      // It ended a moment ago: its close is on the way.
    }
  }

  dispose(): void {
    if (this.gone !== undefined) return;
    const channels = [...this.channels];
    this.finish(undefined);
    for (const channel of channels) channel.dispose();
    try {
      this.client.end();
    } catch {
      // It ended a moment ago.
    }
    hangUp(this.stream);
  }

  private own(stream: ClientChannel): Ssh2Channel {
    const channel = new Ssh2Channel(stream, (over) => this.channels.delete(over));
    this.channels.add(channel);
    return channel;
  }

  /** The channels of a lost connection end by themselves, after what they still have to say. */
  private finish(error: SshError | undefined): void {
    if (this.gone !== undefined) return;
    this.gone = error ?? new SshError('lost', `The connection to ${this.address} was closed.`);
    this.openings.fail(this.gone);
    this.closed.fire(error);
    this.closed.dispose();
  }
}
