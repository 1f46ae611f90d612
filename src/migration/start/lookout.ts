import { Disposables, type Disposable } from '../../base/disposable.js';
import { messageOf } from '../../base/errors.js';
import type { CommandLog } from '../../base/log.js';
import type { Fleet, Hypervisor } from '../../hypervisor/model.js';
import type { Migrations } from '../model.js';
import { migrationOf } from './began.js';
import type { StartBook } from './book.js';
import { clearStarts, lookAfter, type Told } from '../../virsh/detach.js';
import { OneAtATime } from './oneAtATime.js';
import { isEnded } from './records.js';
import { endAfter, neverStarted, type Start, stateAfter } from './start.js';

/** Between two looks at starts whose migration nobody samples: it is being set up, or is over. */
const lookMs = 5000;
/** Between two looks for what other windows, which may be closed by then, have started. */
const followMs = 30_000;
/** Where it is sampled its end is seen anyway: of so many looks all but one are left out. */
const looksPerSampled = 6;

export interface LookoutOptions {
  readonly fleet: Fleet;
  readonly registry: Pick<Migrations, 'all' | 'running' | 'onDidEnd'>;
  readonly book: StartBook;
  readonly log: CommandLog;
}

/**
 * Looks after starts on their hosts: when a host is connected, when a migration there has ended, and slowly otherwise. What
 * has ended, and is written down, is cleared from its host.
 */
export class Lookout implements Disposable {
  private readonly owned = new Disposables();
  private readonly looks = new OneAtATime((host) => this.lookNow(host));
  private readonly connected = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private readonly follower: NodeJS.Timeout;
  private ticks = 0;
  private disposed = false;

  constructor(private readonly options: LookoutOptions) {
    const { fleet, registry, book } = options;
    this.owned.add(fleet.onDidChange(() => this.followConnections()));
    this.owned.add(registry.onDidEnd(({ source }) => this.lookSoon(source)));
    // A look that finds an end clears as well.
    this.owned.add(
      book.onDidEnd(({ host }) => {
        if (!this.looks.isBusy(host)) this.lookSoon(host);
      }),
    );
    this.owned.add(book.onDidChange(() => this.schedule()));
    this.follower = setInterval(() => void book.followOthers(), followMs);
  }

  /** Looks at what is pending on a host, after the look that is under way. Never rejects. */
  look(host: string): Promise<void> {
    return this.looks.run(host);
  }

  lookSoon(host: string): void {
    if (this.options.book.pendingAt(host).length > 0) void this.look(host);
  }

  /** Applies what a host told of a start. */
  async apply(start: Start, told: Told): Promise<void> {
    if (told.kind === 'none') return this.missing(start);
    const { book, registry } = this.options;
    const migration = told.kind === 'died' ? migrationOf(start.migration, registry.all) : undefined;
    // Its virsh was killed, but libvirtd migrates on by itself.
    if (migration !== undefined && migration.state.outcome === undefined) return;
    const state = endAfter(migration?.state) ?? stateAfter(told, start, Date.now());
    if (state === undefined || state.kind === start.migration.state.kind) return;
    if (isEnded(state)) await book.end(start, state);
    else await book.noteRunning(start);
  }

  followConnections(): void {
    for (const { config, status } of this.options.fleet.hypervisors) {
      const { name } = config;
      if (status.kind !== 'connected') this.connected.delete(name);
      else if (!this.connected.has(name)) {
        this.connected.add(name);
        this.lookSoon(name);
      }
    }
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    clearInterval(this.follower);
    this.owned.dispose();
  }

  private schedule(): void {
    const { book, registry } = this.options;
    if (this.disposed || this.timer !== undefined || !book.all.some(({ pending }) => pending)) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.ticks += 1;
      const isDue = ({ pending, host, migration }: Start): boolean =>
        pending &&
        (this.ticks % looksPerSampled === 0 || registry.running(host, migration.request.domainUuid) === undefined);
      for (const host of new Set(book.all.filter(isDue).map((start) => start.host))) this.lookSoon(host);
      this.schedule();
    }, lookMs);
  }

  private async lookNow(host: string): Promise<void> {
    const { fleet, book, log } = this.options;
    const hypervisor = fleet.get(host);
    if (hypervisor?.status.kind !== 'connected') return;
    const asked = book.pendingAt(host).filter(({ ended }) => !ended);
    try {
      if (asked.length > 0) {
        const nowMs = Date.now();
        const questions = asked.map((start) => ({ id: start.id, forbid: start.mayForbid(nowMs) }));
        const answers = await hypervisor.sh(lookAfter(questions));
        for (const [index, start] of asked.entries()) {
          const told = answers[index];
          if (told !== undefined && !start.ended) await this.apply(start, told);
        }
      }
      await this.clear(hypervisor);
    } catch (error) {
      if (!this.disposed) log.info(host, `Not asked how its starts went: ${messageOf(error)}`);
    }
  }

  /** Its folder is gone: another window has read it, or it never was, or the host has lost it. */
  private async missing(start: Start): Promise<void> {
    const { book } = this.options;
    const record = await book.recordOf(start.id);
    const found = record?.migration.state;
    if (found !== undefined && isEnded(found)) {
      start.cleared = true;
      await book.end(start, found);
    } else if (start.sent || record?.sent === true) {
      start.cleared = true;
      await book.end(start, {
        kind: 'unknown',
        endedAtMs: Date.now(),
        text: 'its host has no record of it any more',
      });
    } else if (start.own || start.isOverdue(Date.now())) {
      // Until then another window may be about to prepare it.
      await book.end(start, neverStarted(Date.now()));
    }
  }

  /** Only what is safely kept here is removed there. Rejects where the host does not do it: it is asked again when it is back. */
  private async clear(hypervisor: Hypervisor): Promise<void> {
    const { book } = this.options;
    const left: Start[] = [];
    for (const start of book.pendingAt(hypervisor.config.name)) if (await book.isEndKept(start)) left.push(start);
    if (left.length === 0) return;
    await hypervisor.sh(clearStarts(left.map(({ id }) => id)));
    for (const start of left) await book.noteCleared(start);
  }
}
