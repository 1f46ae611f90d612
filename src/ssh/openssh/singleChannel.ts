import { StringDecoder } from 'node:string_decoder';
import { Emitter } from '../../base/emitter.js';
import type { ChannelEnd, ExecChannel } from '../types.js';
import { Preamble } from './preamble.js';
import type { SshProcess } from './process.js';

/** What ssh exits with when it failed itself; a command can do so too. */
const sshFailedCode = 255;
const lostWords =
  /^(?:Timeout, server|Connection (?:to .+ closed|reset|closed) by|client_loop: |Received disconnect|Connection reset|Read from remote host )/m;
/** ssh says this with the command's own words, after all of them, and in its log only at times. */
const lastWords = /(?:^|\n)Connection to \S+ closed by remote host\.\r\n$/;

/** A command on a connection of its own, through the ssh that carries it. */
export class SingleChannel implements ExecChannel {
  private readonly stdout = new Emitter<string>();
  private readonly stderr = new Emitter<string>();
  private readonly closed = new Emitter<ChannelEnd>();
  private preamble: Preamble | undefined;
  private over = false;

  readonly onStdout = this.stdout.event;
  readonly onStderr = this.stderr.event;
  readonly onClose = this.closed.event;

  /**
   * `log` is what ssh itself has said, whose standard error is the command's; `greeting` is what a server says there to everybody
   * who logs in, known by the time that a command has.
   */
  constructor(
    private readonly ssh: SshProcess,
    private readonly log: () => string,
    greeting: () => string,
  ) {
    const early = ssh.words;
    const decoder = new StringDecoder('utf8');
    const late: Buffer[] = [];
    let listening = false;
    ssh.onStderr((data) => {
      if (listening) this.fireStderr(decoder.write(data));
      else late.push(data);
    });
    ssh.onEnd(({ exitCode }) => this.finish({ exitCode: this.commandsOwn(exitCode), signal: undefined }));
    // Not before whoever gets the channel can have subscribed. Nothing is read until then.
    setImmediate(() => {
      listening = true;
      this.preamble = new Preamble(greeting());
      this.fireStderr(early + late.map((data) => decoder.write(data)).join(''));
      const { stdout } = ssh;
      stdout?.setEncoding('utf8');
      stdout?.on('data', (text: string) => this.stdout.fire(text));
    });
  }

  write(text: string): void {
    if (!this.over) this.ssh.stdin?.write(text);
  }

  end(): void {
    if (!this.over) this.ssh.stdin?.end();
  }

  dispose(): void {
    if (this.over) return;
    this.stdout.dispose();
    this.stderr.dispose();
    this.finish({ exitCode: undefined, signal: undefined });
    this.ssh.dispose();
  }

  /** The connection is gone, and with it the channel. */
  lost(): void {
    this.finish({ exitCode: undefined, signal: undefined });
    this.ssh.dispose();
  }

  private commandsOwn(exitCode: number | undefined): number | undefined {
    const isLost = lostWords.test(this.log()) || lastWords.test(this.ssh.words);
    return exitCode === sshFailedCode && isLost ? undefined : exitCode;
  }

  private fireStderr(text: string): void {
    fireUnlessEmpty(this.stderr, this.preamble?.next(text) ?? text);
  }

  private finish(end: ChannelEnd): void {
    if (this.over) return;
    this.over = true;
    fireUnlessEmpty(this.stderr, this.preamble?.rest() ?? '');
    this.stdout.dispose();
    this.stderr.dispose();
    this.closed.fire(end);
    this.closed.dispose();
  }
}

function fireUnlessEmpty(emitter: Emitter<string>, text: string): void {
  if (text !== '') emitter.fire(text);
}
