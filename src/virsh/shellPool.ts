import type { Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';
import type { SshError } from '../ssh/types.js';
import type { ChannelBudget } from './channelBudget.js';
import { VirshShell } from './shell.js';

/** Spare shells beyond this are closed: sshd allows 10 sessions a connection by default. */
const maxSpares = 1;
/** A spare shell may have lain idle for hours. An action is not to be lost on one that has died meanwhile: it can't be sent twice. */
const spareAnswerMs = 2_000;

export interface ShellPoolOptions {
  readonly host: string;
  /** The shell command that starts virsh on the host. */
  readonly startLine: string;
}

/** The shells of one connection, each used by one or by several, who leave it when they are done; and a spare one. */
export class ShellPool implements Disposable {
  /** How many use each that is open; none its spare one. */
  private readonly users = new Map<VirshShell, number>();
  private readonly opening = new Set<Promise<VirshShell>>();
  private disposed = false;

  constructor(
    private readonly budget: ChannelBudget,
    private readonly options: ShellPoolOptions,
  ) {}

  /** How many are open. */
  get size(): number {
    return this.users.size;
  }

  /** One more. Rejects with an `SshError`, of kind `channelRefused` where the server allows no more, or a `StartFailed`. */
  start(): Promise<VirshShell> {
    const opening = this.openOne();
    this.opening.add(opening);
    const settled = (): void => void this.opening.delete(opening);
    opening.then(settled, settled);
    return opening;
  }

  /** The spare one if it answers still, or else one more, as `start`. */
  async take(): Promise<VirshShell> {
    const spare = this.share(this.spares);
    return spare !== undefined && (await spare.answersWithin(spareAnswerMs)) ? spare : this.start();
  }

  /** The one of `shells` with the least to do; undefined where none is of use. */
  share(shells: Iterable<VirshShell>): VirshShell | undefined {
    const [least] = [...shells].filter((shell) => this.users.has(shell)).sort((a, b) => a.pending - b.pending);
    if (least !== undefined) this.users.set(least, this.usersOf(least) + 1);
    return least;
  }

  /** Any that is open, where the server has refused one more: whoever needs one shares it. Rejects with `refused` where there is none. */
  async shareAny(refused: SshError): Promise<VirshShell> {
    const started = await Promise.allSettled(this.opening);
    const shell = this.share(this.spares) ?? this.share(this.users.keys());
    if (shell !== undefined) return shell;
    const failed = started.find((one) => one.status === 'rejected');
    throw failed === undefined ? refused : failed.reason;
  }

  /** Ends one use of `shell`. With the last it is kept as the spare one, or closed, when it has answered what it was asked. */
  leave(shell: VirshShell): void {
    if (!this.users.has(shell)) return;
    this.users.set(shell, this.usersOf(shell) - 1);
    void shell.idleWithin().then(() => {
      if (this.usersOf(shell) === 0 && this.spares.length > maxSpares) shell.dispose();
    });
  }

  dispose(): void {
    this.disposed = true;
    for (const shell of [...this.users.keys()]) shell.dispose();
  }

  private get spares(): readonly VirshShell[] {
    return [...this.users.keys()].filter((shell) => this.usersOf(shell) === 0 && shell.pending === 0);
  }

  private usersOf(shell: VirshShell): number {
    return this.users.get(shell) ?? 0;
  }

  private async openOne(): Promise<VirshShell> {
    const { host, startLine } = this.options;
    const shell = await VirshShell.open(await this.budget.exec(startLine), host);
    if (this.disposed) {
      shell.dispose();
      throw new UserError(`${host} was disconnected.`);
    }
    this.users.set(shell, 1);
    shell.onClose(() => this.users.delete(shell));
    return shell;
  }
}
