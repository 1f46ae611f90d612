import { StringDecoder } from 'node:string_decoder';
import { Emitter } from '../../base/emitter.js';
import type { ChannelEnd, ExecChannel } from '../types.js';
import { byte, Reader, string, uint32 } from './wire.js';

/** What the two sides of a connection say about its channels (RFC 4254, section 9). */
export const message = {
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** How much the other side may send before it is told to go on. As OpenSSH's own. */
const windowBytes = 2 * 1024 * 1024;
const packetBytes = 32 * 1024;
const stderrCode = 1;

/** The text of the packet that asks for a channel of `type`. */
export function openRequest(type: string, id: number): Buffer {
  return Buffer.concat([byte(message.open), string(type), uint32(id), uint32(windowBytes), uint32(packetBytes)]);
}

export interface MuxChannelOptions {
  readonly id: number;
  readonly command: string;
  readonly send: (packet: Buffer) => void;
  /** Called once: the command runs, or in whose words it does not. */
  readonly started: (refusal: { readonly message: string } | undefined) => void;
  /** Called once: the other side has given up the channel's number. */
  readonly freed: () => void;
}

/**
 * A command on one session channel of a master connection. Output is held back until the turn in which the channel was handed
 * out is over, so that whoever subscribes at once misses nothing.
 */
export class MuxChannel implements ExecChannel {
  private readonly stdout = new Emitter<string>();
  private readonly stderr = new Emitter<string>();
  private readonly closed = new Emitter<ChannelEnd>();
  private readonly stdoutText = new StringDecoder('utf8');
  private readonly stderrText = new StringDecoder('utf8');
  private readonly unsent: Buffer[] = [];
  private held: (() => void)[] | undefined = [];
  private state: 'opening' | 'starting' | 'running' | 'over' = 'opening';
  private remoteId: number | undefined;
  private sendableBytes = 0;
  private maxPacketBytes = packetBytes;
  private readBytes = 0;
  private ending: 'no' | 'wanted' | 'sent' = 'no';
  private closeSent = false;
  private end_: ChannelEnd = { exitCode: undefined, signal: undefined };

  readonly onStdout = this.stdout.event;
  readonly onStderr = this.stderr.event;
  readonly onClose = this.closed.event;

  constructor(private readonly options: MuxChannelOptions) {
    options.send(openRequest('session', options.id));
  }

  write(text: string): void {
    if (this.state === 'over' || this.ending !== 'no') return;
    this.unsent.push(Buffer.from(text));
    this.flush();
  }

  end(): void {
    if (this.state === 'over' || this.ending !== 'no') return;
    this.ending = 'wanted';
    this.flush();
  }

  dispose(): void {
    if (this.state === 'over') return;
    this.sendClose();
    this.held = undefined;
    this.stdout.dispose();
    this.stderr.dispose();
    this.finish({ exitCode: undefined, signal: undefined });
  }

  /** The connection is gone, and with it the channel. */
  lost(): void {
    this.deliver(() => this.finish({ exitCode: undefined, signal: undefined }));
  }

  /** Takes a packet from the other side; `packet` stands behind the channel's number. */
  receive(type: number, packet: Reader): void {
    switch (type) {
      case message.openConfirmation:
        this.opened(packet);
        break;
      case message.openFailure: {
        packet.uint32();
        const { started, freed } = this.options;
        this.state = 'over';
        freed();
        started({ message: `Channel open failure: ${packet.string().toString()}` });
        break;
      }
      case message.success:
        if (this.state === 'starting') this.start();
        break;
      case message.failure:
        if (this.state !== 'starting') break;
        this.state = 'over';
        this.sendClose();
        this.options.started({ message: 'Unable to exec' });
        break;
      case message.windowAdjust:
        this.sendableBytes += packet.uint32();
        this.flush();
        break;
      case message.data:
        this.output(packet.string(), this.stdoutText, this.stdout);
        break;
      case message.extendedData:
        if (packet.uint32() === stderrCode) this.output(packet.string(), this.stderrText, this.stderr);
        break;
      case message.request:
        this.told(packet);
        break;
      case message.close:
        this.sendClose();
        this.options.freed();
        if (this.state === 'starting') this.options.started({ message: 'it closed the channel' });
        this.deliver(() => this.finish(this.end_));
        break;
    }
  }

  private opened(packet: Reader): void {
    this.remoteId = packet.uint32();
    this.sendableBytes = packet.uint32();
    this.maxPacketBytes = packet.uint32();
    if (this.state === 'over') {
      // Nobody waits for it any more.
      this.sendClose();
      return;
    }
    this.state = 'starting';
    this.sendAbout(message.request, string('exec'), byte(1), string(this.options.command));
  }

  private start(): void {
    this.state = 'running';
    this.options.started(undefined);
    setImmediate(() => {
      const held = this.held ?? [];
      this.held = undefined;
      for (const event of held) event();
    });
    this.flush();
  }

  private output(bytes: Buffer, decoder: StringDecoder, to: Emitter<string>): void {
    const text = decoder.write(bytes);
    this.deliver(() => fireUnlessEmpty(to, text));
    this.readBytes += bytes.length;
    if (this.readBytes < windowBytes / 2 || this.closeSent) return;
    this.sendAbout(message.windowAdjust, uint32(this.readBytes));
    this.readBytes = 0;
  }

  private told(packet: Reader): void {
    const what = packet.string().toString('latin1');
    const wantsReply = packet.byte() !== 0;
    if (what === 'exit-status') this.end_ = { exitCode: packet.uint32(), signal: undefined };
    if (what === 'exit-signal') this.end_ = { exitCode: undefined, signal: `SIG${packet.string().toString('latin1')}` };
    if (wantsReply) this.sendAbout(message.failure);
  }

  private flush(): void {
    if (this.state !== 'running') return;
    for (let next = this.unsent[0]; next !== undefined && this.sendableBytes > 0; next = this.unsent[0]) {
      const size = Math.min(next.length, this.sendableBytes, this.maxPacketBytes);
      this.sendAbout(message.data, string(next.subarray(0, size)));
      this.sendableBytes -= size;
      if (size === next.length) this.unsent.shift();
      else this.unsent[0] = next.subarray(size);
    }
    if (this.unsent.length > 0 || this.ending !== 'wanted') return;
    this.ending = 'sent';
    this.sendAbout(message.eof);
  }

  /** Nothing can be said about a channel that the other side has not numbered yet: it is closed when that comes. */
  private sendClose(): void {
    if (this.closeSent || this.remoteId === undefined) return;
    this.closeSent = true;
    this.sendAbout(message.close);
  }

  private sendAbout(type: number, ...rest: readonly Buffer[]): void {
    if (this.remoteId !== undefined) this.options.send(Buffer.concat([byte(type), uint32(this.remoteId), ...rest]));
  }

  private deliver(event: () => void): void {
    if (this.held === undefined) event();
    else this.held.push(event);
  }

  private finish(end: ChannelEnd): void {
    if (this.state === 'over') return;
    this.state = 'over';
    // What is left of a character that was cut off is output too.
    fireUnlessEmpty(this.stdout, this.stdoutText.end());
    fireUnlessEmpty(this.stderr, this.stderrText.end());
    this.stdout.dispose();
    this.stderr.dispose();
    this.closed.fire(end);
    this.closed.dispose();
  }
}

function fireUnlessEmpty(emitter: Emitter<string>, text: string): void {
  if (text !== '') emitter.fire(text);
}
