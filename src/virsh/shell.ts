import { randomBytes } from 'node:crypto';
import { Disposables, type Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import type { ChannelEnd, ExecChannel } from '../ssh/types.js';
import type { Reply } from './command.js';
import { adviceFor, virshErrorOf } from './errors.js';
import { type Dialect, learnDialect, type Marker, markerOf, unframe } from './framing.js';
import { CommandTimedOut, ShellDied } from './shellErrors.js';
import { type FailedStart, startError } from './startErrors.js';

export { CommandTimedOut, ShellDied } from './shellErrors.js';

/** A connect to libvirtd behind sudo, a container or a slow disk may take its time; past this it is hung. */
const startTimeoutMs = 20_000;
/** More than this for one reply is no virsh answering: the largest domain XML is a hundredth of it. */
const maxReplyChars = 32 * 1024 * 1024;

interface Pending {
  /** Undefined for the start marker. */
  readonly line: string | undefined;
  readonly marker: Marker;
  readonly timeoutMs: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A long-lived virsh on one channel, fed a line a command. Lines may be sent before earlier replies are in: they are
 * carried out in order, and many cost one round trip. One hung command makes the whole shell useless, so it is ended.
 */
export class VirshShell implements Disposable {
  private readonly owned = new Disposables();
  private readonly closed = new Emitter<void>();
  private readonly drained = new Emitter<void>();
  private readonly queue: Pending[] = [];
  private stdout = '';
  private stderr = '';
  /** From where the next marker can begin: what lies before was searched already. */
  private searchedStdout = 0;
  private dialect: Dialect | undefined;
  private timer: NodeJS.Timeout | undefined;
  private unsent = '';
  private end: Error | undefined;

  /** Fires once, when it is of no further use. */
  readonly onClose = this.closed.event;

  private constructor(
    private readonly channel: ExecChannel,
    /** For messages: the host's name. */
    private readonly host: string,
  ) {
    this.owned.add(channel);
    this.owned.add(channel.onStdout((text) => this.receive('stdout', text)));
    this.owned.add(channel.onStderr((text) => this.receive('stderr', text)));
    this.owned.add(channel.onClose((end) => this.fail(this.deathOf(end))));
  }

  /**
   * Takes over a channel on which virsh was started, and waits until it answers. Rejects with a `StartFailed` in virsh's own
   * words when it can't reach its libvirtd, is not there, or something else answers.
   */
  static async open(channel: ExecChannel, host: string, timeoutMs = startTimeoutMs): Promise<VirshShell> {
    const shell = new VirshShell(channel, host);
    await shell.send(undefined, timeoutMs);
    return shell;
  }

  /** How many commands have not been answered. */
  get pending(): number {
    return this.queue.length;
  }

  get usable(): boolean {
    return this.end === undefined;
  }

  /**
   * Runs one line. The time limit counts from when the command's turn comes. Rejects with `CommandTimedOut` or `ShellDied`;
   * what virsh itself refuses is in the reply's stderr.
   */
  run(line: string, timeoutMs: number): Promise<Reply> {
    return this.send(line, timeoutMs);
  }

  /** Whether it answers at all: one that does not within `limitMs` is closed. */
  async answersWithin(limitMs: number): Promise<boolean> {
    return this.run('', limitMs).then(
      () => true,
      () => false,
    );
  }

  /** Whether nothing waits for an answer any more, at the latest in `limitMs`; without a limit, false only when it has ended. */
  idleWithin(limitMs?: number): Promise<boolean> {
    if (this.queue.length === 0) return Promise.resolve(this.usable);
    return new Promise((resolve) => {
      const subscriptions = new Disposables();
      const settle = (idle: boolean): void => {
        clearTimeout(timer);
        subscriptions.dispose();
        resolve(idle);
      };
      const timer = limitMs === undefined ? undefined : setTimeout(() => settle(false), limitMs);
      subscriptions.add(this.drained.event(() => settle(true)));
      subscriptions.add(this.closed.event(() => settle(false)));
    });
  }

  dispose(): void {
    this.fail(new ShellDied(`The virsh on ${this.host} was closed.`));
  }

  private send(line: string | undefined, timeoutMs: number): Promise<Reply> {
    if (this.end !== undefined) return Promise.reject(this.end);
    const marker = markerOf(randomBytes(8).toString('hex'));
    return new Promise((resolve, reject) => {
      this.queue.push({ line, marker, timeoutMs, resolve, reject });
      if (this.queue.length === 1) this.startTimer();
      this.write(line === undefined ? marker.lines : `${line}\n${marker.lines}`);
    });
  }

  /** Lines of one turn of the event loop go out as one packet. */
  private write(text: string): void {
    if (this.unsent === '') queueMicrotask(() => this.flush());
    this.unsent += text;
  }

  private flush(): void {
    const text = this.unsent;
    this.unsent = '';
    if (this.end === undefined) this.channel.write(text);
  }

  private receive(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    if (this.stdout.length > maxReplyChars || this.stderr.length > maxReplyChars) {
      this.fail(new ShellDied(`virsh on ${this.host} answered more than ${maxReplyChars / 1024 / 1024} MiB.`));
      return;
    }
    while (this.queue.length > 0 && this.takeReply());
  }

  /** Takes the first waiting command's reply off the streams, if it is there whole. */
  private takeReply(): boolean {
    const head = this.queue[0];
    if (head === undefined) return false;
    const { stdoutWord, stderrWord } = head.marker;
    const out = this.stdout.indexOf(stdoutWord, Math.max(0, this.searchedStdout - stdoutWord.length));
    if (out < 0) {
      this.searchedStdout = this.stdout.length;
      return false;
    }
    const err = this.stderr.indexOf(stderrWord);
    const errEnd = err < 0 ? -1 : this.stderr.indexOf('\n', err);
    if (errEnd < 0) return false;

    const stdout = this.stdout.slice(0, out);
    const stderr = this.stderr.slice(0, err);
    this.stdout = this.stdout.slice(out + stdoutWord.length);
    this.stderr = this.stderr.slice(errEnd + 1);
    this.searchedStdout = 0;
    this.queue.shift();
    this.startTimer();

    if (head.line === undefined) {
      this.dialect = learnDialect(stdout, head.marker);
      if (this.dialect === undefined) {
        const error = this.startError({ kind: 'notVirsh' });
        head.reject(error);
        this.fail(error);
        return false;
      }
      head.resolve({ stdout: '', stderr: '' });
    } else if (this.dialect !== undefined) {
      head.resolve(unframe(stdout, stderr, head.marker, this.dialect));
    }
    if (this.queue.length === 0) this.drained.fire();
    return true;
  }

  /** The limit of the command whose turn it is. */
  private startTimer(): void {
    clearTimeout(this.timer);
    const head = this.queue[0];
    if (head === undefined) return;
    this.timer = setTimeout(() => {
      const limit = `${head.timeoutMs / 1000} s`;
      const error =
        head.line === undefined
          ? this.startError({ kind: 'silent', limitMs: head.timeoutMs })
          : new CommandTimedOut(`"${head.line}" was not answered on ${this.host} within ${limit}.`);
      this.fail(error, head);
    }, head.timeoutMs);
  }

  /** Why the channel's end leaves the waiting commands without an answer, in virsh's words if it said any. */
  private deathOf(end: ChannelEnd): Error {
    if (this.dialect === undefined) return this.startError({ kind: 'ended', ...end });
    // A virsh that ends by itself says why; one whose connection broke says nothing.
    const said = virshErrorOf(this.withoutMarkers(this.stderr));
    if (said !== undefined) return new ShellDied(`virsh on ${this.host}: ${said}`, adviceFor(said));
    const how =
      end.exitCode !== undefined
        ? `ended with exit code ${end.exitCode}`
        : end.signal !== undefined
          ? `was ended by signal ${end.signal}`
          : 'is gone with its connection';
    return new ShellDied(`The virsh on ${this.host} ${how}.`);
  }

  /** virsh may have come to a command's marker on one stream when the other is cut off: that line is ours, and tells nothing. */
  private withoutMarkers(stderr: string): string {
    const isMarker = (line: string): boolean => this.queue.some(({ marker }) => line.includes(marker.stderrWord));
    return stderr
      .split('\n')
      .filter((line) => !isMarker(line))
      .join('\n');
  }

  private startError(how: FailedStart['how']): Error {
    return startError({ host: this.host, stdout: this.stdout, stderr: this.stderr, how });
  }

  /** Ends the shell. `culprit` gets `error`; those that waited behind it are told that it was not their fault. */
  private fail(error: Error, culprit?: Pending): void {
    if (this.end !== undefined) return;
    this.end = error;
    clearTimeout(this.timer);
    const waiting = this.queue.splice(0);
    this.owned.dispose();
    for (const pending of waiting) {
      const own = culprit === undefined || pending === culprit;
      pending.reject(own ? error : new ShellDied(`The virsh on ${this.host} was replaced: ${error.message}`));
    }
    this.closed.fire();
    this.closed.dispose();
  }
}
