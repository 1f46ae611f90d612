import { connect, type Socket } from 'node:net';
import { Emitter } from '../../base/emitter.js';
import { SshError } from '../types.js';
import { MuxChannel, message, openRequest } from './muxChannel.js';
import { byte, Frames, Reader, string, uint32 } from './wire.js';

/** OpenSSH's own words between a master and who shares its connection: PROTOCOL.mux. */
const hello = 0x0000_0001;
const protocolVersion = 4;
const requestProxy = 0x1000_000f;
const acceptProxy = 0x8000_000f;

/** No type that a server knows: it is refused without a session being used up, and that it is refused is a sign of life. */
const unknownChannelType = 'are-you-there@libvirt-live-migration';

/**
 * The channels of a master connection, without a process for each: in the proxy mode of its control socket (OpenSSH 7.4 and
 * later) the master hands over the packets of SSH's connection protocol, both ways.
 */
export class Mux {
  private readonly frames = new Frames();
  private readonly receivers = new Map<number, (type: number, packet: Reader) => void>();
  private readonly channels = new Set<MuxChannel>();
  private readonly closed = new Emitter<void>();
  private nextId = 0;
  private ready: (() => void) | undefined;
  private greeted = false;
  private gone = false;

  /** Fires once, after the end of each channel, when the master is gone or `dispose` was called. */
  readonly onClose = this.closed.event;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => this.take(data));
    // What went wrong is told by the master's own end.
    socket.on('error', () => undefined);
    socket.once('close', () => this.finish());
  }

  /** Shares the connection of the master that listens at `path`. Rejects where it does not want to. */
  static open(path: string): Promise<Mux> {
    return new Promise((resolve, reject) => {
      const mux = new Mux(connect(path));
      const refused = mux.onClose(() =>
        reject(
          new SshError('unreachable', 'Your ssh does not share its connection.', 'OpenSSH 7.4 or later is needed.'),
        ),
      );
      mux.ready = () => {
        refused.dispose();
        resolve(mux);
      };
    });
  }

  /** Starts a command. `started` is called once, unless the connection ends before. */
  exec(command: string, started: (refusal: { readonly message: string } | undefined) => void): MuxChannel {
    const id = this.takeId();
    const channel: MuxChannel = new MuxChannel({
      id,
      command,
      started,
      send: (packet) => this.sendPacket(packet),
      freed: () => this.receivers.delete(id),
    });
    this.receivers.set(id, (type, packet) => channel.receive(type, packet));
    this.channels.add(channel);
    channel.onClose(() => this.channels.delete(channel));
    return channel;
  }

  /** Calls `answered` when the other side of the connection, not just the master, has said something to this. */
  ask(answered: () => void): void {
    const id = this.takeId();
    this.receivers.set(id, () => {
      this.receivers.delete(id);
      answered();
    });
    this.sendPacket(openRequest(unknownChannelType, id));
  }

  dispose(): void {
    this.socket.destroy();
    this.finish();
  }

  private takeId(): number {
    this.nextId += 1;
    return this.nextId;
  }

  private take(data: Buffer): void {
    try {
      for (const frame of this.frames.push(data)) this.receive(frame);
    } catch {
      // Not what PROTOCOL.mux says: the master is none of OpenSSH's, or out of step.
      this.socket.destroy();
    }
  }

  private receive(frame: Buffer): void {
    const packet = new Reader(frame);
    if (this.ready !== undefined) {
      this.shakeHands(packet);
      return;
    }
    // How much padding it had.
    packet.byte();
    const type = packet.byte();
    // Requests about the connection as a whole are the master's to answer.
    if (type < message.open) return;
    this.receivers.get(packet.uint32())?.(type, packet);
  }

  private shakeHands(packet: Reader): void {
    const type = packet.uint32();
    if (!this.greeted && type === hello) {
      this.greeted = true;
      this.sendFrame(Buffer.concat([uint32(hello), uint32(protocolVersion)]));
      this.sendFrame(Buffer.concat([uint32(requestProxy), uint32(0)]));
    } else if (type === acceptProxy) {
      this.ready?.();
      this.ready = undefined;
    } else {
      throw new RangeError('an answer that was not expected');
    }
  }

  private sendPacket(packet: Buffer): void {
    const noPadding = byte(0);
    this.sendFrame(Buffer.concat([noPadding, packet]));
  }

  private sendFrame(frame: Buffer): void {
    if (!this.gone) this.socket.write(string(frame));
  }

  private finish(): void {
    if (this.gone) return;
    this.gone = true;
    this.receivers.clear();
    for (const channel of [...this.channels]) channel.lost();
    this.closed.fire();
    this.closed.dispose();
  }
}
