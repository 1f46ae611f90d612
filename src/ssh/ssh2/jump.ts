import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import type { Disposable } from '../../base/disposable.js';
import type { TransportFailure } from '../connectErrors.js';
import { printable } from '../printable.js';
import { labelOf, type ResolvedHost } from '../resolvedHost.js';
import type { LoggedIn } from './handshake.js';
import { hangUp, Line, type LineEnds, WayError } from './line.js';

/** SSH's number for a channel that the server's configuration forbids. */
const administrativelyProhibited = 1;

/** A jump host that is logged in to: others are reached through it. */
export class Jump implements Disposable {
  private readonly client: Client;
  private readonly stream: Duplex;
  private readonly lines = new Set<Line>();
  private lost: WayError | undefined;

  /** `silenceMs`: after how much silence keepalive gives it up; for the message. */
  constructor(
    { client, stream }: LoggedIn,
    private readonly host: ResolvedHost,
    silenceMs: number,
  ) {
    this.client = client;
    this.stream = stream;
    client.on('error', (error) => {
      this.lose(this.whyLost(error, silenceMs));
      // ssh2 waits for the other side to hang up; it may be long gone.
      stream.destroy();
    });
    const onEnd = (): void => this.lose(this.itself('closed the connection'));
    client.once('end', onEnd);
    client.once('close', onEnd);
  }

  /** A connection from the jump host to another, whose name is looked up there. */
  lineTo(host: ResolvedHost): Line {
    let channel: ClientChannel | undefined;
    const opening = this.forward(host).then((opened): LineEnds => {
      channel = opened;
      opened.on('error', () => undefined);
      opened.once('end', () => line.over());
      return { incoming: opened, outgoing: opened };
    });
    const line = new Line(opening, () => {
      this.lines.delete(line);
      try {
        channel?.destroy();
      } catch {
        // It went with its connection.
      }
    });
    this.lines.add(line);
    return line;
  }

  dispose(): void {
    try {
      this.client.end();
    } catch {
      // It ended a moment ago.
    }
    hangUp(this.stream);
  }

  private forward({ hostName, port }: ResolvedHost): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      if (this.lost !== undefined) {
        reject(this.lost);
        return;
      }
      try {
        // Where it comes from is of interest to the jump host's log alone.
        this.client.forwardOut('127.0.0.1', 0, hostName, port, (error, channel) => {
          if (error === undefined) resolve(channel);
          else reject(this.lost ?? this.refused(error));
        });
      } catch {
        reject(this.itself('closed the connection'));
      }
    });
  }

  private refused(error: Error & { readonly reason?: unknown }): WayError {
    const said = printable(error.message.replace(/^.*open failure: /i, ''));
    const advice =
      error.reason === administrativelyProhibited
        ? `Allow it in the sshd configuration of ${this.host.destination}: AllowTcpForwarding, PermitOpen, and the options of your key there.`
        : `Check that it is up, and that ${this.host.destination} knows its name and may connect to it.`;
    return new WayError(`its jump host ${labelOf(this.host)} opens no connection to it: ${said}`, advice);
  }

  private whyLost(error: Error, silenceMs: number): WayError {
    // Of the way to the jump host itself.
    if (error instanceof WayError) return error;
    const { level, message }: TransportFailure = error;
    if (level === 'client-timeout') return this.itself(`has not answered for ${Math.round(silenceMs / 1000)} s`);
    return this.itself(`was lost: ${printable(message)}`);
  }

  private itself(how: string): WayError {
    return new WayError(`its jump host ${labelOf(this.host)} ${how}`);
  }

  private lose(why: WayError): void {
    this.lost ??= why;
    for (const line of this.lines) line.over(this.lost);
  }
}
