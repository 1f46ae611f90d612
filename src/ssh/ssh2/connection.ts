import type { Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { Emitter } from '../../base/emitter.js';
import { Ssh2Channel } from './channel.js';
import { channelError, lossError, type TransportFailure } from '../connectErrors.js';
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
  private readonly opening = new Set<(error: SshError) => void>();
  private readonly closed = new Emitter<SshError | undefined>();
  private failure: TransportFailure | undefined;
  private gone: SshError | undefined;

  readonly onClose = this.closed.event;
  readonly transport = 'ssh2';

  constructor(
    private readonly client: Client,
    private readonly socket: Socket,
    readonly address: string,
    private readonly limits: ConnectionLimits,
  ) {
    client.on('error', (error) => {
      this.failure ??= error;
      // ssh2 waits for the other side to hang up; it may be long gone.
      socket.destroy();
    });
    client.once('close', () => this.finish(lossError(this.failure, address, limits.silenceMs)));
  }

  exec(command: string): Promise<ExecChannel> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.opening.delete(giveUp);
      };
      const giveUp = (error: SshError): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        const waited = `${this.limits.channelOpenMs / 1000} s`;
        giveUp(new SshError('channel', `${this.address} did not start a command within ${waited}.`));
      }, this.limits.channelOpenMs);
      this.opening.add(giveUp);
      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (!this.opening.has(giveUp)) {
          // Too late: nobody waits for it.
          if (error === undefined) new Ssh2Channel(stream, () => undefined).dispose();
          return;
        }
        settle();
        if (error === undefined) resolve(this.own(stream));
        else reject(channelError(error, this.address));
      };
      try {
        this.client.exec(command, opened);
      } catch {
        // ssh2 throws at what comes between the connection's end and its close.
        giveUp(lossError(this.failure, this.address, this.limits.silenceMs));
      }
    });
  }

  probe(limitMs: number): void {
    if (this.gone !== undefined) return;
    const silent = setTimeout(() => {
      this.failure ??= { message: 'it does not answer', level: 'client-timeout' };
      this.socket.destroy();
    }, limitMs);
    const answered = (): void => clearTimeout(silent);
    this.closed.event(answered);
    // The sign of life is whatever comes next: ssh2 itself asks, by the keepalive that every server answers, if only to refuse it.
    this.socket.once('data', answered);
    void this.exec('true').then(
      (channel) => channel.dispose(),
      () => undefined,
    );
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
    this.socket.destroySoon();
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
    for (const giveUp of [...this.opening]) giveUp(this.gone);
    this.closed.fire(error);
    this.closed.dispose();
  }
}
