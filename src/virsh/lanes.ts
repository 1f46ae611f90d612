import type { Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { HostConnection } from '../ssh/types.js';
import type { Reply, VirshCommand } from './command.js';
import { adviceFor, virshErrorOf } from './errors.js';
import { virshLine } from './quote.js';
import { CommandTimedOut, VirshShell } from './shell.js';

/** Idle spare shells of the action lane beyond this are closed: sshd allows 10 sessions a connection by default. */
const maxIdleActionShells = 1;

export interface LanesOptions {
  readonly host: string;
  /** The shell command that starts virsh on the host. */
  readonly startLine: string;
  readonly log: CommandLog;
}

/**
 * The shells of one host. Samples share one, slow commands another; each action has a shell to itself, so that an abort
 * never waits. A domain whose sample hung leaves the shared shell for one of its own, until it answers again. Shells are
 * opened when first needed and replaced when they die.
 */
export class VirshLanes implements Disposable {
  private readonly shared = new Map<string, Promise<VirshShell>>();
  private readonly idleActionShells: VirshShell[] = [];
  private readonly hungDomains = new Set<string>();
  private readonly open = new Set<VirshShell>();
  private disposed = false;

  constructor(
    private readonly connection: HostConnection,
    private readonly options: LanesOptions,
  ) {}

  /**
   * Runs `command` on its lane. Rejects with a `UserError` that names the host: virsh's own refusal, an answer that can't
   * be read, or the shell's death. Every line is logged with its duration and outcome.
   */
  async run<T>(command: VirshCommand<T>): Promise<T> {
    const line = virshLine(command.args);
    const startedMs = performance.now();
    try {
      const reply = await this.ask(command, line);
      const refusal = virshErrorOf(reply.stderr);
      if (refusal !== undefined) throw new UserError(`${this.options.host}: ${refusal}`, adviceFor(refusal));
      const value = command.parse(reply);
      this.log(line, startedMs, 'ok', reply.stdout);
      return value;
    } catch (error) {
      this.log(line, startedMs, 'failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const shell of [...this.open]) shell.dispose();
  }

  private log(line: string, startedMs: number, outcome: 'ok' | 'failed', answer: string): void {
    this.options.log.virsh({
      host: this.options.host,
      line,
      durationMs: performance.now() - startedMs,
      outcome,
      answer,
    });
  }

  private ask<T>(command: VirshCommand<T>, line: string): Promise<Reply> {
    if (command.lane === 'action') return this.askAlone(line, command.timeoutMs);
    const domain = command.lane === 'sample' ? command.domain : undefined;
    return domain === undefined
      ? this.askShared(command.lane, line, command.timeoutMs)
      : this.askOfDomain(domain, line, command.timeoutMs);
  }

  private async askShared(lane: string, line: string, timeoutMs: number): Promise<Reply> {
    const shell = await this.sharedShell(lane);
    return shell.run(line, timeoutMs);
  }

  private async askOfDomain(domain: string, line: string, timeoutMs: number): Promise<Reply> {
    const own = this.hungDomains.has(domain) ? `sample of ${domain}` : 'sample';
    try {
      const reply = await this.askShared(own, line, timeoutMs);
      if (own !== 'sample') this.rejoin(domain, own);
      return reply;
    } catch (error) {
      if (error instanceof CommandTimedOut) this.hungDomains.add(domain);
      throw error;
    }
  }

  /** The domain answers again: its own shell is closed when nothing waits on it, and the shared one serves it. */
  private rejoin(domain: string, own: string): void {
    this.hungDomains.delete(domain);
    void this.shared.get(own)?.then((shell) => {
      if (shell.pending === 0) shell.dispose();
    });
  }

  private sharedShell(key: string): Promise<VirshShell> {
    const existing = this.shared.get(key);
    if (existing !== undefined) return existing;
    const opening = this.openShell();
    this.shared.set(key, opening);
    const forget = (): void => {
      if (this.shared.get(key) === opening) this.shared.delete(key);
    };
    // Whoever asked gets the rejection; here it only must not be remembered.
    opening.then((shell) => shell.onClose(forget), forget);
    return opening;
  }

  private async askAlone(line: string, timeoutMs: number): Promise<Reply> {
    const shell = this.idleActionShells.pop() ?? (await this.openShell());
    const reply = await shell.run(line, timeoutMs);
    if (shell.usable && this.idleActionShells.length < maxIdleActionShells) this.idleActionShells.push(shell);
    else shell.dispose();
    return reply;
  }

  private async openShell(): Promise<VirshShell> {
    const channel = await this.connection.exec(this.options.startLine);
    const shell = await VirshShell.open(channel, this.options.host);
    if (this.disposed) {
      shell.dispose();
      throw new UserError(`${this.options.host} was disconnected.`);
    }
    this.open.add(shell);
    shell.onClose(() => {
      this.open.delete(shell);
      const idle = this.idleActionShells.indexOf(shell);
      if (idle >= 0) this.idleActionShells.splice(idle, 1);
    });
    return shell;
  }
}
