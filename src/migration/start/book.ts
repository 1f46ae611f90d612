import { randomUUID } from 'node:crypto';
import type { Disposable } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';
import { messageOf } from '../../base/errors.js';
import type { CommandLog } from '../../base/log.js';
import type { Storage } from '../../base/storage.js';
import { startOf } from './began.js';
import type { StartedMigration, StartState } from './model.js';
import { type EndState, isEnded, type StartRecord, StartRecords } from './records.js';
import { Start } from './start.js';

/** All starts that this window knows of, each with its record on disk. */
export class StartBook implements Disposable {
  private readonly changed = new Emitter<void>();
  private readonly told = new Emitter<StartedMigration>();
  private readonly ended = new Emitter<Start>();
  private readonly records: StartRecords;
  private readonly starts = new Map<string, Start>();
  /** What this window is called in the records. */
  private readonly window = randomUUID();
  /** Those whose end is no news: an earlier window told it, or the refusal of `start` did. */
  private readonly past = new Set<Start>();

  readonly onDidChange = this.changed.event;
  /** An end that is news. */
  readonly onDidTell = this.told.event;
  /** Any end, refusals included, once it has been written down. */
  readonly onDidEnd = this.ended.event;

  constructor(
    storage: Storage,
    private readonly log: CommandLog,
  ) {
    this.records = new StartRecords(storage);
  }

  /** Takes up what earlier windows have left, and tells what they had no time to. */
  async open(): Promise<void> {
    for (const record of await this.records.all(Date.now())) {
      // One that was started while these were read is there already.
      if (!this.starts.has(record.migration.id)) this.adopt(new Start(record, false));
    }
    for (const start of this.starts.values()) {
      if (start.ended && !start.told && (await this.claimTelling(start))) this.tell(start);
    }
  }

  /** Takes up what other windows have started, or found out, since. Never rejects. */
  async followOthers(): Promise<void> {
    const ids = await this.records.ids().catch(() => []);
    for (const start of this.all.filter(({ own, ended }) => !own && !ended)) {
      const record = await this.recordOf(start.id);
      if (record === undefined || !isEnded(record.migration.state)) continue;
      start.cleared ||= record.cleared;
      await this.end(start, record.migration.state);
    }
    for (const id of ids.filter((each) => !this.starts.has(each))) {
      const record = await this.recordOf(id);
      if (record === undefined || this.starts.has(id)) continue;
      const start = new Start(record, false);
      // Its end is that window's news.
      if (start.ended) start.told = true;
      this.adopt(start);
    }
  }

  /** Those under way, those whose end is news in this window, and those whose migration goes on all the same; newest first. */
  shown(goesOn: (start: StartedMigration) => boolean): readonly StartedMigration[] {
    return this.all
      .filter((start) => !this.past.has(start) || goesOn(start.migration))
      .map(({ migration }) => migration)
      .sort((a, b) => b.startedAtMs - a.startedAtMs);
  }

  get all(): readonly Start[] {
    return [...this.starts.values()];
  }

  get(id: string): Start | undefined {
    return this.starts.get(id);
  }

  pendingAt(host: string): readonly Start[] {
    return this.all.filter((start) => start.host === host && start.pending && !start.sending);
  }

  /** The start that began a migration. */
  thatBegan(host: string, domainUuid: string, startedAtMs: number): Start | undefined {
    const began = startOf(
      this.all.map(({ migration }) => migration),
      { source: host, domainUuid, startedAtMs },
    );
    return began && this.starts.get(began.id);
  }

  /** A new one, known at once and written down before this resolves. Rejects where it can't be. */
  async begin(migration: StartedMigration): Promise<Start> {
    const start = new Start({ migration, sent: false, cleared: false, told: false }, true);
    this.adopt(start);
    try {
      await this.records.begin(migration);
    } catch (error) {
      this.starts.delete(start.id);
      this.changed.fire();
      throw error;
    }
    return start;
  }

  /** What may start it is about to be sent. Rejects where that can't be written down. */
  async noteSent(start: Start): Promise<void> {
    await this.records.note(start.id, 'sent');
    start.sent = true;
  }

  async noteRunning(start: Start): Promise<void> {
    const state: StartState = { kind: 'running' };
    start.update(state);
    this.changed.fire();
    await this.keep(start, this.records.noteState(start.id, state));
  }

  /** Written down first, then told, once, by one window of all. */
  async end(start: Start, state: EndState): Promise<void> {
    if (start.ending) return;
    start.ending = true;
    // What ended before it had begun, `start` itself tells.
    const isRefusal = start.own && start.migration.state.kind === 'starting' && state.kind !== 'succeeded';
    // Before others can learn of its end: it is no news of theirs.
    if (isRefusal) await this.claimTelling(start);
    await this.keep(start, this.records.noteState(start.id, state));
    const isNews = !isRefusal && !start.told && (await this.claimTelling(start));
    start.update(state);
    if (isRefusal) this.past.add(start);
    start.told = true;
    if (isNews) this.tell(start);
    else this.changed.fire();
    this.ended.fire(start);
  }

  async noteCleared(start: Start): Promise<void> {
    start.cleared = true;
    await this.keep(start, this.records.note(start.id, 'cleared'));
  }

  /** What is on disk, by whichever window; undefined also where that can't be read. */
  recordOf(id: string): Promise<StartRecord | undefined> {
    return this.records.read(id).catch(() => undefined);
  }

  /** Whether its end is safely on disk. */
  async isEndKept(start: Start): Promise<boolean> {
    const record = start.ended ? await this.recordOf(start.id) : undefined;
    return record !== undefined && isEnded(record.migration.state);
  }

  dispose(): void {
    this.changed.dispose();
    this.told.dispose();
    this.ended.dispose();
  }

  private adopt(start: Start): void {
    this.starts.set(start.id, start);
    if (start.ended && start.told) this.past.add(start);
    this.changed.fire();
  }

  private tell(start: Start): void {
    start.told = true;
    this.changed.fire();
    this.told.fire(start.migration);
  }

  /** Whether this window is to tell its end. A disk that is full keeps nobody from being told. */
  private async claimTelling(start: Start): Promise<boolean> {
    let isOurs = true;
    const claimed = this.records.claimTelling(start.id, this.window).then((first) => void (isOurs = first));
    await this.keep(start, claimed);
    return isOurs;
  }

  /** A disk that is full is said, and nothing more. */
  private async keep(start: Start, written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (error) {
      const { domainName } = start.migration;
      this.log.error(start.host, `The record of ${domainName}'s start can't be written: ${messageOf(error)}`);
    }
  }
}
