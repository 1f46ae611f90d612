import { Disposables, type Disposable } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';
import { messageOf, UserError } from '../../base/errors.js';
import type { ReplacingStorage } from '../../base/storage.js';
import { neededBytes } from '../hostMemory.js';
import { Lease, type LeaseSurroundings, renewMs } from './lease.js';
import {
  type EvacuationCommand,
  type EvacuationItem,
  type EvacuationPlan,
  type EvacuationRecord,
  type EvacuationRoute,
  type EvacuationSettings,
  isActive,
  phaseOf,
} from './model.js';
import { EvacuationRecords, keyOf } from './records.js';
import { type EvacuationParts, EvacuationRun } from './run.js';

/** An evacuation as views see it. */
export interface Evacuation {
  readonly record: EvacuationRecord;
  /** Another window has it and gives signs; this one only looks on. */
  readonly elsewhere: boolean;
}

/** How often it is read what other windows have begun, and looked at whether theirs may be taken over. */
const lookMs = 3000;

interface Kept {
  record: EvacuationRecord;
  /** Undefined while this window does not run it. */
  run: EvacuationRun | undefined;
  elsewhere: boolean;
  readonly lease: Lease;
  /** Steps that take or give the lease, one after the other. */
  steps: Promise<unknown>;
}

export interface EvacuationsOptions extends Omit<EvacuationParts, 'now'> {
  readonly storage: ReplacingStorage;
  readonly around: LeaseSurroundings;
  readonly newId: () => string;
}

/** All evacuations, the newest of each host; of several windows one runs each, the others look on. */
export class Evacuations implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new Emitter<void>();
  private readonly ended = new Emitter<EvacuationRecord>();
  private readonly records: EvacuationRecords;
  private readonly byHost = new Map<string, Kept>();
  private gone = false;
  /** Why the storage could not be read the last time. */
  private unreadable: string | undefined;

  /** One began, or anything of one changed. */
  readonly onDidChange = this.changed.event;
  /** One that this window ran is over, or was stopped and nothing of it runs any more. */
  readonly onDidEnd = this.ended.event;

  constructor(private readonly options: EvacuationsOptions) {
    this.records = new EvacuationRecords(options.storage);
    this.owned.add(this.changed);
    this.owned.add(this.ended);
    const renew = setInterval(() => this.renewAll(), renewMs);
    const look = setInterval(() => this.readAgain(), lookMs);
    this.owned.add({ dispose: () => clearInterval(renew) });
    this.owned.add({ dispose: () => clearInterval(look) });
  }

  /** Newest first. */
  get all(): readonly Evacuation[] {
    return [...this.byHost.values()].sort((a, b) => b.record.startedAtMs - a.record.startedAtMs);
  }

  get(host: string): Evacuation | undefined {
    return this.byHost.get(host);
  }

  /** Whether the one of `host` goes on, in this window or another: no other may begin. */
  isUnderWay(host: string): boolean {
    const kept = this.byHost.get(host);
    return kept !== undefined && isUnderWay(kept.record);
  }

  /** Whether the migration of a domain away from `source` that was started at that time was one of an evacuation's own. */
  includes(source: string, uuid: string, atMs: number): boolean {
    const item = this.byHost.get(source)?.record.items.find((one) => one.uuid === uuid);
    return item?.journeys?.some(({ fromMs, toMs = Infinity }) => fromMs <= atMs && atMs <= toMs) ?? false;
  }

  /** What the evacuations under way will still bring to a host. */
  reservedOn(host: string): number {
    const comes = (record: EvacuationRecord, item: EvacuationItem): boolean =>
      isActive(item) || (item.state.kind === 'waiting' && phaseOf(record) === 'running');
    return this.all
      .flatMap(({ record }) => record.items.filter((item) => item.destination === host && comes(record, item)))
      .reduce((sum, item) => sum + neededBytes(item), 0);
  }

  /** Reads what earlier windows left, and takes up what nobody runs. */
  async open(): Promise<void> {
    await this.read();
    await Promise.all([...this.byHost.values()].map((kept) => kept.steps));
  }

  /** Looks for what other windows have begun since, and at whether anybody still runs it. */
  async read(): Promise<void> {
    const looks: Promise<void>[] = [];
    let isNew = false;
    for (const record of await this.records.all()) {
      const known = this.byHost.get(record.source);
      isNew ||= known === undefined;
      const kept = known ?? this.keep(record);
      if (kept.run !== undefined) continue;
      // What is over and the same as ever asks for nothing.
      if (kept.elsewhere || isUnderWay(record) || !isSame(record, kept.record)) looks.push(this.lookInTurn(kept));
    }
    if (isNew) this.changed.fire();
    await Promise.all(looks);
  }

  /** Begins one. Rejects with a `UserError` when one of that host is under way already, in this window or another. */
  async start(
    plan: EvacuationPlan,
    settings: EvacuationSettings,
    routes: Readonly<Record<string, EvacuationRoute>>,
  ): Promise<void> {
    const { source, left } = plan;
    const record: EvacuationRecord = {
      id: this.options.newId(),
      source,
      startedAtMs: this.options.around.now(),
      settings,
      routes,
      items: plan.moves.map((move) => ({
        ...move,
        state: { kind: 'waiting' },
        forecast: undefined,
        wanted: undefined,
        note: undefined,
      })),
      left,
      mode: 'go',
      endedAtMs: undefined,
    };
    await this.read();
    const before = this.byHost.get(source);
    const kept = before ?? this.keep(record);
    await this.inTurn(kept, async () => {
      try {
        const busy = before !== undefined && isUnderWay(kept.record);
        if (busy || !(await kept.lease.acquire())) throw alreadyUnderWay(source);
        await this.adopt(kept, record);
      } catch (error) {
        if (before === undefined) this.byHost.delete(source);
        throw error;
      }
    });
  }

  /** Rejects with a `UserError` for what is not possible now. */
  async perform(host: string, command: EvacuationCommand): Promise<void> {
    const kept = this.byHost.get(host);
    if (kept === undefined) throw new UserError(`No evacuation of ${host} is known.`);
    await this.inTurn(kept, async () => {
      if (kept.run === undefined) {
        if (!(await kept.lease.acquire())) throw runElsewhere(host);
        await this.adopt(kept, (await this.records.of(host)) ?? kept.record);
      }
      kept.run?.perform(command);
      await kept.run?.untilSaved();
    });
    this.settleDown(kept);
  }

  /** Lets go of all: what migrates goes on, and another window, or the next one, takes it up. */
  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    for (const kept of this.byHost.values()) {
      const { run } = kept;
      kept.run = undefined;
      run?.dispose();
      if (run !== undefined) void this.inTurn(kept, () => kept.lease.release()).catch(() => undefined);
    }
    this.owned.dispose();
  }

  private keep(record: EvacuationRecord): Kept {
    const lease = new Lease(this.options.storage, keyOf(record.source), this.options.around);
    const kept: Kept = { record, run: undefined, elsewhere: false, lease, steps: Promise.resolve() };
    this.byHost.set(record.source, kept);
    return kept;
  }

  /** Runs it from here on; the lease is this window's. */
  private async adopt(kept: Kept, record: EvacuationRecord): Promise<void> {
    if (this.gone) {
      await kept.lease.release();
      return;
    }
    const { source } = record;
    // Whoever can't write it down must not begin it.
    await this.records.save(record);
    const run = new EvacuationRun(
      record,
      { ...this.options, now: this.options.around.now },
      { save: (next) => this.save(kept, next), othersTo: (destination) => this.othersTo(source, destination) },
    );
    kept.record = record;
    kept.elsewhere = false;
    kept.run = run;
    run.onDidChange(() => {
      kept.record = run.record;
      this.changed.fire();
      this.settleDown(kept);
      // A slot of a destination that others wait for may have become free.
      for (const other of this.byHost.values()) if (other !== kept) other.run?.go();
    });
    run.begin();
  }

  private async save(kept: Kept, record: EvacuationRecord): Promise<void> {
    if (!(await kept.lease.confirm())) {
      this.letGo(kept);
      throw new UserError('Another window has taken this evacuation over.');
    }
    await this.records.save(record);
  }

  private letGo(kept: Kept): void {
    kept.run?.dispose();
    kept.run = undefined;
    kept.elsewhere = true;
    this.changed.fire();
  }

  /** Once nothing of it runs, nothing of it needs this window: another one may resume it. */
  private settleDown(kept: Kept): void {
    void this.inTurn(kept, async () => {
      const { run } = kept;
      if (run === undefined || isUnderWay(run.record)) return;
      await run.untilSaved();
      if (isUnderWay(run.record) || kept.run !== run) return;
      kept.run = undefined;
      run.dispose();
      await kept.lease.release();
      this.ended.fire(run.record);
      this.changed.fire();
    }).catch((error: unknown) => this.tell(kept, error));
  }

  private othersTo(source: string, destination: string): number {
    return [...this.byHost.values()]
      .filter(({ record }) => record.source !== source)
      .flatMap(({ record }) => record.items)
      .filter((item) => item.destination === destination && isActive(item)).length;
  }

  private renewAll(): void {
    for (const kept of this.byHost.values()) {
      if (kept.run === undefined) continue;
      void this.inTurn(kept, async () => {
        if (kept.run !== undefined && !(await kept.lease.confirm())) this.letGo(kept);
      }).catch((error: unknown) => this.tell(kept, error));
    }
  }

  /** A storage that can't be read is told once, not every few seconds. */
  private readAgain(): void {
    this.read()
      .then(() => (this.unreadable = undefined))
      .catch((error: unknown) => {
        const text = messageOf(error);
        if (this.gone || text === this.unreadable) return;
        this.unreadable = text;
        this.options.log.error(undefined, `The records of evacuations can't be read: ${text}`);
      });
  }

  /** Who runs it, and whether anybody still does. Never rejects. */
  private lookInTurn(kept: Kept): Promise<void> {
    return this.inTurn(kept, () => this.look(kept)).catch((error: unknown) => this.tell(kept, error));
  }

  private async look(kept: Kept): Promise<void> {
    if (kept.run !== undefined || this.gone) return;
    const { source } = kept.record;
    const sight = await kept.lease.look();
    // One of its own is left of a beginning that could not be written down.
    const held = sight.kind === 'held' && !sight.mine;
    const record = (await this.records.of(source)) ?? kept.record;
    const isNew = held !== kept.elsewhere || !isSame(record, kept.record);
    kept.record = record;
    kept.elsewhere = held;
    if (isNew) this.changed.fire();
    if (held || !isUnderWay(record) || !(await kept.lease.acquire())) return;
    // What its last holder wrote between the look and the taking.
    await this.adopt(kept, (await this.records.of(source)) ?? record);
    this.options.log.info(source, 'The evacuation is gone on with: the window that ran it has ended.');
  }

  private inTurn<T>(kept: Kept, step: () => Promise<T>): Promise<T> {
    const now = kept.steps.then(step);
    kept.steps = now.catch(() => undefined);
    return now;
  }

  private tell({ record }: Kept, error: unknown): void {
    if (!this.gone) this.options.log.error(record.source, `The evacuation's record: ${messageOf(error)}`);
  }
}

function isUnderWay(record: EvacuationRecord): boolean {
  const phase = phaseOf(record);
  return phase === 'running' || phase === 'stopping';
}

function isSame(one: EvacuationRecord, other: EvacuationRecord): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function alreadyUnderWay(host: string): UserError {
  return new UserError(`${host} is being evacuated already.`, 'Let it end, or stop it, before another one begins.');
}

function runElsewhere(host: string): UserError {
  return new UserError(
    `Another window runs the evacuation of ${host}.`,
    'Steer it there; when that window is closed, this one goes on with it.',
  );
}
