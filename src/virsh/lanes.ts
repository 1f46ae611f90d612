import { Disposables, type Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import { ActionLane, type ActionLaneOptions } from './actionLane.js';
import { type ChannelBudget, isRefused, sharedShellsWithin } from './channelBudget.js';
import type { Reply, VirshCommand } from './command.js';
import { adviceFor, virshErrorOf } from './errors.js';
import { virshLine } from './quote.js';
import { CommandTimedOut, type VirshShell } from './shell.js';
import { ShellPool } from './shellPool.js';

export interface LanesOptions extends ActionLaneOptions {
  readonly log: CommandLog;
}

/**
 * The shells of one host. Samples share one, slow commands another; each action has a shell to itself, so that an abort
 * never waits. A domain whose sample hung leaves the shared shell for one of its own, until it answers again. Shells are
 * opened when first needed and replaced when they die. Where the server allows fewer sessions (MaxSessions), samples and slow
 * commands make room for actions; where it allows one, all take turns.
 */
export class VirshLanes implements Disposable {
  private readonly owned = new Disposables();
  private readonly pool: ShellPool;
  private readonly actions: ActionLane;
  private readonly shared = new Map<string, Promise<VirshShell>>();
  private readonly hungDomains = new Set<string>();

  constructor(
    private readonly budget: ChannelBudget,
    private readonly options: LanesOptions,
  ) {
    this.pool = this.owned.add(new ShellPool(budget, options));
    this.actions = this.owned.add(new ActionLane(this.pool, options));
    this.owned.add(budget.onLimit((limit) => void this.makeRoom(limit)));
  }

  /** How many shells are open. */
  get shells(): number {
    return this.pool.size;
  }

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
    this.owned.dispose();
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
    if (command.lane === 'action') return this.actions.run(line, command.timeoutMs);
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

  /** The domain answers again: the shared shell serves it, and it leaves its own. */
  private rejoin(domain: string, own: string): void {
    this.hungDomains.delete(domain);
    const shell = this.shared.get(own);
    this.shared.delete(own);
    void shell?.then((one) => this.pool.leave(one));
  }

  private sharedShell(key: string): Promise<VirshShell> {
    const existing = this.shared.get(key);
    if (existing !== undefined) return existing;
    const opening = this.openShared([...this.shared.values()]);
    this.shared.set(key, opening);
    const forget = (): void => {
      if (this.shared.get(key) === opening) this.shared.delete(key);
    };
    // Whoever asked gets the rejection; here it only must not be remembered.
    opening.then((shell) => shell.onClose(forget), forget);
    return opening;
  }

  /** A shell beside `others`, or one of them where there may be no more. */
  private async openShared(others: readonly Promise<VirshShell>[]): Promise<VirshShell> {
    const most = sharedShellsWithin(this.budget.limit);
    if (others.length >= most) {
      const open = await shellsOf(others);
      const shell = open.size < most ? undefined : this.pool.share(open);
      if (shell !== undefined) return shell;
    }
    try {
      return await this.pool.start();
    } catch (error) {
      if (!isRefused(error)) throw error;
      return this.pool.shareAny(error);
    }
  }

  /** The samples' shell stays; lanes on one beyond the limit leave it to the actions, and share when they next ask. */
  private async makeRoom(limit: number): Promise<void> {
    const lanes = [...this.shared].sort(([a], [b]) => Number(b === 'sample') - Number(a === 'sample'));
    const open = await shellsOf(lanes.map(([, shell]) => shell));
    const kept = [...open].slice(0, sharedShellsWithin(limit));
    for (const [lane, opened] of lanes) {
      const shell = await opened.catch(() => undefined);
      if (shell === undefined || kept.includes(shell) || this.shared.get(lane) !== opened) continue;
      this.shared.delete(lane);
      this.pool.leave(shell);
    }
  }
}

/** Those that could be opened and are of use, each once. */
async function shellsOf(opening: readonly Promise<VirshShell>[]): Promise<Set<VirshShell>> {
  const settled = await Promise.allSettled(opening);
  const open = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return new Set(open.filter(({ usable }) => usable));
}
