import type { Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';
import type { HostConnection, SshError } from '../ssh/types.js';
import { isRefused } from './channelBudget.js';
import type { Reply } from './command.js';
import { VirshShell } from './shell.js';
import type { ShellPool, ShellPoolOptions } from './shellPool.js';

/** How long an action waits for a turn where all of the server's sessions are taken, before it gets a connection of its own. */
const patienceMs = 2_000;

export interface ActionLaneOptions extends ShellPoolOptions {
  /** Another connection to the host, for an action that must not wait. Rejects where that would need the user. */
  readonly connectAnother: () => Promise<HostConnection>;
}

/** Where actions are run: each on a shell to itself, so that an abort never waits; where there is none, as soon as can be. */
export class ActionLane implements Disposable {
  private readonly others = new Set<HostConnection>();
  private disposed = false;

  constructor(
    private readonly pool: ShellPool,
    private readonly options: ActionLaneOptions,
  ) {}

  /** See `VirshShell.run`. Rejects with a `UserError` where no turn came within `timeoutMs` either. */
  async run(line: string, timeoutMs: number): Promise<Reply> {
    try {
      return await this.runAlone(line, timeoutMs);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return this.runInTurn(line, timeoutMs, error);
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const other of this.others) other.dispose();
  }

  private async runAlone(line: string, timeoutMs: number): Promise<Reply> {
    const shell = await this.pool.take();
    try {
      return await shell.run(line, timeoutMs);
    } finally {
      this.pool.leave(shell);
    }
  }

  private async runInTurn(line: string, timeoutMs: number, refused: SshError): Promise<Reply> {
    const shell = await this.pool.shareAny(refused).catch(() => undefined);
    try {
      return await this.runWhenFree(shell, line, timeoutMs, refused);
    } finally {
      if (shell !== undefined) this.pool.leave(shell);
    }
  }

  /** Nothing is sent to a virsh that is busy: if it hangs, it would carry it out when nobody expects it any more. */
  private async runWhenFree(
    shell: VirshShell | undefined,
    line: string,
    timeoutMs: number,
    refused: SshError,
  ): Promise<Reply> {
    if (shell !== undefined && (await shell.idleWithin(patienceMs))) return shell.run(line, timeoutMs);
    const other = await this.options.connectAnother().catch(() => undefined);
    if (other !== undefined) return this.runOn(other, line, timeoutMs);
    if (shell === undefined) throw refused;
    if (await shell.idleWithin(timeoutMs)) return shell.run(line, timeoutMs);
    // It hung and was closed, which may have made room.
    if (!shell.usable) return this.runAlone(line, timeoutMs);
    throw new UserError(
      `"${line}" did not get its turn on ${this.options.host} within ${timeoutMs / 1000} s, and was not carried out.`,
      'What runs there before it does not end, and its sshd allows no further session (MaxSessions). Connect the host anew.',
    );
  }

  private async runOn(other: HostConnection, line: string, timeoutMs: number): Promise<Reply> {
    const { host, startLine } = this.options;
    this.others.add(other);
    if (this.disposed) other.dispose();
    try {
      const shell = await VirshShell.open(await other.exec(startLine), host);
      return await shell.run(line, timeoutMs);
    } finally {
      this.others.delete(other);
      other.dispose();
    }
  }
}
