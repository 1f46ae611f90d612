import { type ChildProcess, spawn } from 'node:child_process';
import type { Disposable } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';

/** More words than these tell nothing. */
const maxWordsChars = 16 * 1024;

/**
 * Ends the whole process group, ssh and what it has started to get through, when the other end of descriptor 3 is closed: when
 * this process is gone, however that came about.
 */
const endWithUs = '{ read -r never; kill -KILL 0; } <&3 2>/dev/null & exec "$0" "$@" 3<&-';

export interface SshProcessOptions {
  readonly sshCommand: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Whether its input and output are a command's; otherwise it has none. */
  readonly piped: boolean;
  /** Whether its arguments reach a Windows program as they are, unquoted. */
  readonly verbatim?: boolean;
}

/** How an ssh ended: `failure` where it could not even be started. */
export interface SshProcessEnd {
  readonly exitCode: number | undefined;
  readonly failure: string | undefined;
}

/** An ssh that runs. It never has a terminal, and it never outlives this process. */
export class SshProcess implements Disposable {
  private readonly child: ChildProcess;
  private readonly said = new Emitter<Buffer>();
  private readonly ended = new Emitter<SshProcessEnd>();
  private text = '';
  private over = false;

  readonly onStderr = this.said.event;
  /** Fires once, after all that it had to say. */
  readonly onEnd = this.ended.event;

  constructor(private readonly options: SshProcessOptions) {
    const { sshCommand, cwd, env, platform, piped, verbatim = false } = options;
    const grouped = platform !== 'win32';
    const channel = piped ? 'pipe' : 'ignore';
    const settings = { cwd, env: { ...env }, windowsHide: true, windowsVerbatimArguments: verbatim } as const;
    this.child = grouped
      ? spawn('/bin/sh', ['-c', endWithUs, sshCommand, ...options.arguments], {
          ...settings,
          detached: true,
          stdio: [channel, channel, 'pipe', 'pipe'],
        })
      : spawn(sshCommand, options.arguments, { ...settings, stdio: [channel, channel, 'pipe'] });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.text = (this.text + data.toString('latin1')).slice(-maxWordsChars);
      this.said.fire(data);
    });
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr, this.child.stdio[3]]) {
      stream?.on('error', () => undefined);
    }
    this.child.once('error', (error) => {
      if (this.child.pid === undefined) this.finish({ exitCode: undefined, failure: error.message });
    });
    // What it has started goes with it: a command to get through may not notice by itself.
    this.child.once('exit', () => this.killGroup());
    this.child.once('close', (code) => this.finish({ exitCode: code ?? undefined, failure: undefined }));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** What it has said so far on its standard error, or the last of it. */
  get words(): string {
    return Buffer.from(this.text, 'latin1').toString('utf8');
  }

  get stdin(): NodeJS.WritableStream | null {
    return this.child.stdin;
  }

  get stdout(): NodeJS.ReadableStream | null {
    return this.child.stdout;
  }

  /** Ends it at once. A polite end could wait for the network. */
  dispose(): void {
    if (this.over) return;
    if (this.options.platform === 'win32') this.child.kill('SIGKILL');
    else this.killGroup();
  }

  private killGroup(): void {
    const { pid } = this.child;
    if (pid === undefined || this.options.platform === 'win32') return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
    this.child.stdio[3]?.destroy();
  }

  private finish(end: SshProcessEnd): void {
    if (this.over) return;
    this.over = true;
    this.ended.fire(end);
    this.ended.dispose();
    this.said.dispose();
  }
}
