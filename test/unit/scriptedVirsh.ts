import { Emitter } from '../../src/base/emitter.js';
import { type ChannelEnd, type ExecChannel, type HostConnection, SshError } from '../../src/ssh/types.js';

/** What a scripted virsh answers to a line: text on each stream, or nothing at all (`hang`), or its own end (`die`). */
export type Answer = { readonly stdout?: string; readonly stderr?: string } | 'hang' | 'die';

export interface VirshScript {
  /** With readline a virsh repeats each line it reads; without, it prints only its prompt. */
  readonly echoes?: boolean;
  readonly prompt?: string;
  /** What the login shell and virsh print first. */
  readonly banner?: string;
  /** How the error for an unknown command is worded, with `%` for the word. */
  readonly unknownCommand?: string;
  readonly answer: (line: string) => Answer;
  /** Cuts what is printed into pieces of this many characters. */
  readonly chunkChars?: number;
}

const welcome =
  "Welcome to virsh, the virtualization interactive terminal.\n\nType:  'help' for help with commands\n       'quit' to quit\n\n";

/** A channel on which a virsh with the habits of the real one answers from a script: for what no real one can be made to do. */
export class ScriptedVirsh implements ExecChannel {
  private readonly stdout = new Emitter<string>();
  private readonly stderr = new Emitter<string>();
  private readonly closed = new Emitter<ChannelEnd>();
  private input = '';
  private hung = false;
  private over = false;
  readonly onStdout = this.stdout.event;
  readonly onStderr = this.stderr.event;
  readonly onClose = this.closed.event;
  /** Every line that reached it, the markers' too. */
  readonly received: string[] = [];
  writes = 0;

  constructor(private readonly script: VirshScript) {
    setImmediate(() => this.print(this.stdout, `${script.banner ?? ''}${welcome}${this.prompt}`));
  }

  write(text: string): void {
    this.writes += 1;
    this.input += text;
    setImmediate(() => this.readLines());
  }

  end(): void {
    this.die(0);
  }

  dispose(): void {
    this.die(undefined);
  }

  /** Prints out of turn, as a virsh does when libvirtd restarts. */
  say(stream: 'stdout' | 'stderr', text: string): void {
    this.print(this[stream], text);
  }

  /** Reads no more lines. */
  hang(): void {
    this.hung = true;
  }

  get isOver(): boolean {
    return this.over;
  }

  die(exitCode: number | undefined): void {
    if (this.over) return;
    this.over = true;
    this.closed.fire({ exitCode, signal: undefined });
  }

  private get prompt(): string {
    return this.script.prompt ?? 'virsh # ';
  }

  private readLines(): void {
    for (let end = this.input.indexOf('\n'); end >= 0 && !this.hung && !this.over; end = this.input.indexOf('\n')) {
      const line = this.input.slice(0, end);
      this.input = this.input.slice(end + 1);
      this.obey(line);
    }
  }

  private obey(line: string): void {
    this.received.push(line);
    if (this.script.echoes !== false) this.print(this.stdout, `${line}\n`);
    const echoed = /^echo "(\w+)"(\w+)$/.exec(line);
    const answer: Answer =
      echoed !== null
        ? { stdout: `${echoed[1] ?? ''}${echoed[2] ?? ''}\n` }
        : /^e[0-9a-f]{16}$/.test(line)
          ? { stderr: `${(this.script.unknownCommand ?? "error: unknown command: '%'").replace('%', line)}\n` }
          : this.script.answer(line);
    if (answer === 'die') {
      this.die(1);
      return;
    }
    if (answer === 'hang') {
      this.hung = true;
      return;
    }
    this.print(this.stderr, answer.stderr ?? '');
    this.print(this.stdout, (answer.stdout ?? '') + this.prompt);
  }

  private print(stream: Emitter<string>, text: string): void {
    if (this.over) return;
    const size = this.script.chunkChars ?? (text.length || 1);
    for (let at = 0; at < text.length; at += size) stream.fire(text.slice(at, at + size));
  }
}

/** A connection whose every channel is a scripted virsh, started by `script`. */
export class ScriptedConnection implements HostConnection {
  readonly address = 'scripted';
  readonly transport = 'ssh2';
  readonly probes: number[] = [];
  private readonly closed = new Emitter<SshError | undefined>();
  readonly onClose = this.closed.event;
  readonly channels: ScriptedVirsh[] = [];
  /** Commands that run on though their channel is closed: sshd counts them. */
  outliving = 0;

  constructor(
    private readonly script: (channel: number) => VirshScript,
    private readonly maxSessions = Infinity,
  ) {}

  /** Channels that are still open. */
  get open(): readonly ScriptedVirsh[] {
    return this.channels.filter((channel) => !channel.isOver);
  }

  exec(): Promise<ExecChannel> {
    if (this.open.length + this.outliving >= this.maxSessions) {
      return Promise.reject(new SshError('channelRefused', 'scripted opens no further session: open failed.'));
    }
    const channel = new ScriptedVirsh(this.script(this.channels.length));
    this.channels.push(channel);
    return Promise.resolve(channel);
  }

  probe(limitMs: number): void {
    this.probes.push(limitMs);
  }

  /** The connection is lost. */
  lose(error: SshError): void {
    for (const channel of this.channels) channel.die(undefined);
    this.closed.fire(error);
  }

  dispose(): void {
    for (const channel of this.channels) channel.dispose();
    this.closed.fire(undefined);
  }
}
