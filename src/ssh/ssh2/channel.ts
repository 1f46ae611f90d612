import { StringDecoder } from 'node:string_decoder';
import type { ClientChannel } from 'ssh2';
import { Emitter } from '../../base/emitter.js';
import type { ChannelEnd, ExecChannel } from '../types.js';

/**
 * A command on one channel of ssh2. Output is held back until the turn in which the channel was handed out is over, so that
 * whoever subscribes at once misses nothing.
 */
export class Ssh2Channel implements ExecChannel {
  private readonly stdout = new Emitter<string>();
  private readonly stderr = new Emitter<string>();
  private readonly closed = new Emitter<ChannelEnd>();
  private end_: ChannelEnd | undefined;
  private stderrEnded = false;
  private done = false;

  readonly onStdout = this.stdout.event;
  readonly onStderr = this.stderr.event;
  readonly onClose = this.closed.event;

  constructor(
    private readonly stream: ClientChannel,
    private readonly onGone: (channel: Ssh2Channel) => void,
  ) {
    // A broken pipe is told by the close that follows.
    stream.on('error', () => undefined);
    stream.once('close', (code: number | null | undefined, signal?: string) => {
      this.end_ = { exitCode: code ?? undefined, signal };
      this.finishIfOver();
    });
    stream.stderr.once('end', () => {
      this.stderrEnded = true;
      this.finishIfOver();
    });
    setImmediate(() => {
      if (this.done) return;
      deliver(stream, this.stdout);
      deliver(stream.stderr, this.stderr);
    });
  }

  write(text: string): void {
    if (this.done) return;
    try {
      this.stream.write(text);
    } catch {
      // The connection ended a moment ago: ssh2 throws, and its close is on the way.
    }
  }

  end(): void {
    if (this.done) return;
    try {
      this.stream.end();
    } catch {
      // As for write.
    }
  }

  dispose(): void {
    if (this.done) return;
    try {
      this.stream.close();
    } catch {
      // As for write.
    }
    // What is still on its way is read and dropped, so that the window stays open for the close.
    this.stream.resume();
    this.stream.stderr.resume();
    this.finish({ exitCode: undefined, signal: undefined });
  }

  /** The exit code comes before the last of stderr may have been read. */
  private finishIfOver(): void {
    if (this.end_ !== undefined && this.stderrEnded) this.finish(this.end_);
  }

  private finish(end: ChannelEnd): void {
    if (this.done) return;
    this.done = true;
    this.onGone(this);
    this.stdout.dispose();
    this.stderr.dispose();
    this.closed.fire(end);
    this.closed.dispose();
  }
}

/** Text is read as fast as it comes: who listens takes it at once, and SSH's window holds back the rest. */
function deliver(stream: NodeJS.ReadableStream, to: Emitter<string>): void {
  const decoder = new StringDecoder('utf8');
  const fire = (text: string): void => {
    if (text !== '') to.fire(text);
  };
  stream.on('data', (data: Buffer) => fire(decoder.write(data)));
  // Before whoever ends the channel at the same event: the rest of a broken character is output too.
  stream.prependOnceListener('end', () => fire(decoder.end()));
}
