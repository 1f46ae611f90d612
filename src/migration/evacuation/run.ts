import type { Disposable } from '../../base/disposable.js';
import { Disposables } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';
import { messageOf, UserError } from '../../base/errors.js';
import type { CommandLog } from '../../base/log.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { Migrations } from '../model.js';
import type { Preflight, PreflightReport } from '../preflight/model.js';
import type { MigrationOptions, MigrationRequest, MigrationStarter, StartedMigration } from '../start/model.js';
import type { Steering } from '../steering.js';
import { Aborts } from './aborts.js';
import { afterReload, again, inOrder, withEnd, withItem, withJourneys, withMode } from './changes.js';
import {
  type EvacuationCommand,
  type EvacuationItem,
  type EvacuationRecord,
  type EvacuationRoute,
  isMigrating,
  isRedirectable,
  type ItemState,
} from './model.js';
import { Ends, failure, wordOf } from './ends.js';
import { nextToBegin, nextToLookAhead, type Slots } from './queue.js';
import { forecastOf, obstaclesOf } from './verdict.js';
import { Waits } from './waits.js';
import { isUsable } from './whereabouts.js';
import { Writer } from './writer.js';

/** A pre-flight older than this is done again before its migration starts: memory there has gone to others meanwhile. */
const freshMs = 60_000;
/** What an evacuation works with. */
export interface EvacuationParts {
  readonly starter: MigrationStarter;
  readonly preflight: Pick<Preflight, 'run'>;
  readonly steering: Steering;
  readonly migrations: Migrations;
  readonly fleet: Fleet;
  readonly log: CommandLog;
  /** How a domain is migrated, what the evacuation says of it included. */
  readonly optionsFor: (item: EvacuationItem, record: EvacuationRecord) => MigrationOptions;
  readonly now: () => number;
}

/** The right to act, and the place where it is written down. */
export interface EvacuationRights {
  /** Rejects when it could not be written, or when another window has taken the evacuation over. */
  save(record: EvacuationRecord): Promise<void>;
  /** How many domains other evacuations of this window send there now. */
  othersTo(destination: string): number;
}

/**
 * Empties a host: a state machine whose every step is written down before the next one. One that is stuck holds its slot and
 * nothing else; what fails stays where it was.
 */
export class EvacuationRun implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new Emitter<void>();
  /** Pre-flights under way, by domain. */
  private readonly checks = new Map<string, AbortController>();
  private current: EvacuationRecord;
  private gone = false;
  private going = false;
  private readonly waits = this.owned.add(new Waits());
  private readonly writer: Writer;
  private readonly aborts: Aborts;
  private readonly ends: Ends;

  /** Anything of its record changed. */
  readonly onDidChange = this.changed.event;

  constructor(
    record: EvacuationRecord,
    private readonly parts: EvacuationParts,
    private readonly rights: EvacuationRights,
  ) {
    this.current = afterReload(record);
    this.owned.add(this.changed);
    this.writer = this.owned.add(
      new Writer(
        () => rights.save(this.current),
        (error) => parts.log.error(record.source, `The evacuation can't be written down: ${messageOf(error)}`),
      ),
    );
    this.aborts = new Aborts({
      source: record.source,
      fleet: parts.fleet,
      steering: parts.steering,
      waits: this.waits,
      onDidChange: this.onDidChange,
      isWanted: (uuid) => this.isToBeAborted(uuid),
      isMigrating: (uuid) => this.itemOf(uuid).state.kind === 'migrating',
      note: (uuid, note) => this.update(uuid, { note }),
    });
    this.ends = new Ends({
      source: record.source,
      starter: parts.starter,
      migrations: parts.migrations,
      fleet: parts.fleet,
      waits: this.waits,
      now: parts.now,
      isGone: () => this.gone,
      itemOf: (uuid) => this.itemOf(uuid),
      update: (uuid, change) => this.update(uuid, change),
      conclude: (uuid, end) => this.conclude(uuid, end),
      abort: (uuid) => void this.aborts.abort(uuid),
    });
    this.owned.add(parts.fleet.onDidChange(() => this.go()));
  }

  get record(): EvacuationRecord {
    return this.current;
  }

  /** Takes up what an earlier window began, then goes on. */
  begin(): void {
    for (const item of this.current.items.filter(isMigrating)) void this.takeUp(item);
    this.set(this.current);
  }

  /** Throws a `UserError` for what is not possible now. */
  perform(command: EvacuationCommand): void {
    switch (command.kind) {
      case 'skip':
        this.skip(this.itemOf(command.domain));
        return;
      case 'retry':
        this.retry(this.itemOf(command.domain));
        return;
      case 'redirect':
        this.redirect(this.itemOf(command.domain), command.destination, command.route);
        return;
      case 'stopAfterThis':
        this.setMode('stopAfterThis');
        return;
      case 'stopAll':
        this.setMode('stopAll');
        this.aborts.askAgain();
        for (const item of this.current.items) if (item.wanted !== undefined) void this.aborts.abort(item.uuid);
        return;
      case 'resume':
        this.set(withMode(this.current, 'go'));
        return;
    }
  }

  /** Begins what may begin now. */
  go(): void {
    // Each beginning changes the record, which comes back here: what may begin is found anew after each.
    if (this.going) return;
    this.going = true;
    try {
      while (this.beginNext());
    } finally {
      this.going = false;
    }
  }

  /** Lets go: what migrates goes on, and the next one that has the record takes it up. */
  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    for (const check of this.checks.values()) check.abort();
    this.owned.dispose();
  }

  /** Resolves once all that has happened so far is written down. */
  untilSaved(): Promise<void> {
    return this.writer.written;
  }

  /** Whether something was begun. */
  private beginNext(): boolean {
    const { fleet } = this.parts;
    if (this.gone || !isUsable(fleet.get(this.current.source))) return false;
    const slots: Slots = {
      isReachable: (destination) => isUsable(fleet.get(destination)),
      othersTo: (destination) => this.rights.othersTo(destination),
    };
    const look = nextToLookAhead(this.current, slots);
    if (look !== undefined) {
      void this.lookAhead(look);
      return true;
    }
    const start = nextToBegin(this.current, slots);
    if (start !== undefined) void this.start(start);
    return start !== undefined;
  }

  private itemOf(uuid: string): EvacuationItem {
    const item = this.current.items.find((one) => one.uuid === uuid);
    if (item === undefined) throw new UserError('The evacuation has no such domain.', 'Nothing was done.');
    return item;
  }

  private skip(item: EvacuationItem): void {
    switch (item.state.kind) {
      case 'waiting':
      case 'checking':
        this.checks.get(item.uuid)?.abort();
        this.update(item.uuid, { state: { kind: 'skipped' }, note: undefined });
        return;
      case 'starting':
      case 'migrating':
        this.update(item.uuid, { wanted: 'skip' });
        void this.aborts.abort(item.uuid);
        return;
      case 'done':
      case 'failed':
      case 'skipped':
      case 'cancelled':
        throw new UserError(`${item.name} is not on its way: there is nothing to skip.`);
    }
  }

  private retry(item: EvacuationItem): void {
    const { kind } = item.state;
    if (kind !== 'failed' && kind !== 'skipped' && kind !== 'cancelled') {
      throw new UserError(`${item.name} has not failed: there is nothing to try again.`);
    }
    this.set(again(this.current, item.uuid));
  }

  private redirect(item: EvacuationItem, destination: string, route: EvacuationRoute): void {
    if (!isRedirectable(item)) {
      throw new UserError(`${item.name} can't be sent elsewhere now.`, 'Skip it first, and look where it is.');
    }
    const { routes } = this.current;
    const record = { ...this.current, routes: { ...routes, [destination]: route } };
    this.set(again(withItem(record, item.uuid, { destination }), item.uuid));
  }

  private setMode(mode: 'stopAfterThis' | 'stopAll'): void {
    for (const check of this.checks.values()) check.abort();
    this.set(withMode(this.current, mode));
  }

  private async lookAhead(item: EvacuationItem): Promise<void> {
    const report = await this.check(item, false);
    if (report === undefined) return;
    this.set(inOrder(withItem(this.current, item.uuid, this.judged(report, { kind: 'waiting' }))));
  }

  private async start(item: EvacuationItem): Promise<void> {
    const { uuid } = item;
    const checkedAtMs = item.forecast?.checkedAtMs ?? -Infinity;
    if (this.parts.now() - checkedAtMs > freshMs) {
      const report = await this.check(item, true);
      if (report === undefined) return;
      const change = this.judged(report, { kind: 'checking', toStart: true });
      this.update(uuid, change);
      if (change.state.kind !== 'checking') return;
    }
    const atMs = this.parts.now();
    this.update(uuid, { state: { kind: 'starting', atMs }, note: undefined });
    try {
      // Before it is sent: who takes this up after a crash looks for it, and does not start it again.
      await this.untilSaved();
    } catch (error) {
      this.giveUp(uuid, error);
      return;
    }
    if (this.gone) return;
    if (this.itemOf(uuid).wanted !== undefined) {
      this.conclude(uuid, { kind: 'failed', reason: 'it was not started', advice: undefined });
      return;
    }
    try {
      this.follow(uuid, await this.parts.starter.start(this.requestOf(item)));
    } catch (error) {
      const begun = this.startedSince(uuid, atMs);
      if (begun !== undefined) this.follow(uuid, begun);
      // Most refusals are what they say; after a lost connection only the hosts know.
      else await this.ends.settle(uuid, wordOf(error));
    }
  }

  /** Undefined when it was given up, or the evacuation let go of. */
  private async check(item: EvacuationItem, toStart: boolean): Promise<PreflightReport | undefined> {
    const { uuid } = item;
    const stop = new AbortController();
    this.checks.set(uuid, stop);
    this.update(uuid, { state: { kind: 'checking', toStart } });
    try {
      const report = await this.parts.preflight.run(this.requestOf(item), undefined, stop.signal);
      return stop.signal.aborted || this.gone ? undefined : report;
    } catch (error) {
      if (!stop.signal.aborted) this.conclude(uuid, failure(error));
      return undefined;
    } finally {
      if (this.checks.get(uuid) === stop) this.checks.delete(uuid);
    }
  }

  private judged(report: PreflightReport, passed: ItemState): Pick<EvacuationItem, 'state' | 'forecast'> {
    const forecast = forecastOf(report, this.parts.now());
    const obstacles = obstaclesOf(report);
    return { forecast, state: obstacles === undefined ? passed : { kind: 'failed', ...obstacles } };
  }

  private requestOf(item: EvacuationItem): MigrationRequest {
    const route = this.current.routes[item.destination];
    if (route === undefined) throw new UserError(`There is no way known to ${item.destination}.`);
    return {
      source: this.current.source,
      domainUuid: item.uuid,
      destination: item.destination,
      ...route,
      options: this.parts.optionsFor(item, this.current),
    };
  }

  private follow(uuid: string, { id, startedAtMs }: StartedMigration): void {
    if (this.gone) return;
    this.update(uuid, { state: { kind: 'migrating', atMs: startedAtMs, startId: id } });
    if (this.itemOf(uuid).wanted !== undefined) void this.aborts.abort(uuid);
    this.ends.expect(uuid, id);
  }

  /** One that an earlier window started, or was about to. */
  private async takeUp(item: EvacuationItem): Promise<void> {
    const { state, uuid } = item;
    if (state.kind !== 'starting' && state.kind !== 'migrating') return;
    if (state.kind === 'migrating' && state.startId !== undefined) {
      if (item.wanted !== undefined) void this.aborts.abort(uuid);
      this.ends.expect(uuid, state.startId);
      return;
    }
    const known = this.startedSince(uuid, state.atMs);
    if (known !== undefined) this.follow(uuid, known);
    else await this.ends.settle(uuid);
  }

  /** The start of this domain that the starter keeps, if it was begun at `atMs` or later. */
  private startedSince(uuid: string, atMs: number): StartedMigration | undefined {
    const { source } = this.current;
    return this.parts.starter.all.find(
      ({ request, startedAtMs, state }) =>
        request.source === source &&
        request.domainUuid === uuid &&
        startedAtMs >= atMs &&
        !(state.kind === 'failed' && state.endedAtMs < atMs),
    );
  }

  /** An interrupted post-copy is not: libvirt aborts none, and what is to be done about it is told already. */
  private isToBeAborted(uuid: string): boolean {
    const { wanted, state } = this.itemOf(uuid);
    return !this.gone && wanted !== undefined && state.kind === 'migrating' && !this.ends.isInterrupted(uuid);
  }

  /** The way of one domain is over; what the user wanted of it decides what its end is called. */
  private conclude(uuid: string, end: ItemState): void {
    if (this.gone) return;
    const item = this.itemOf(uuid);
    const { wanted } = item;
    const ended = wanted === undefined ? end : asWanted(end, wanted);
    // Resumed while it was still being aborted: its turn comes again.
    const state: ItemState = ended.kind === 'cancelled' && this.current.mode === 'go' ? { kind: 'waiting' } : ended;
    if (state.kind === 'failed')
      this.parts.log.error(this.current.source, `${item.name} was not evacuated: ${state.reason}`);
    this.update(uuid, { state, wanted: undefined, note: undefined });
  }

  /** What can't be written down is not begun: nobody could take it up. */
  private giveUp(uuid: string, error: unknown): void {
    if (this.gone) return;
    this.conclude(uuid, {
      kind: 'failed',
      reason: `the evacuation could not be written down, so it was not started: ${messageOf(error)}`,
      advice: undefined,
    });
  }

  private update(uuid: string, change: Partial<EvacuationItem>): void {
    this.set(withItem(this.current, uuid, change));
  }

  private set(record: EvacuationRecord): void {
    if (this.gone) return;
    const nowMs = this.parts.now();
    const next = withEnd(withJourneys(this.current, record, nowMs), nowMs);
    this.current = next;
    this.writer.request();
    this.changed.fire();
    this.go();
  }
}

/** One that stayed since the user wanted it to has not failed. One that is in no place, or in two, has, whatever was wanted. */
function asWanted(end: ItemState, wanted: 'skip' | 'cancel'): ItemState {
  if (end.kind !== 'failed' || (end.seen !== undefined && end.seen.on !== 'source')) return end;
  const seen = end.seen === undefined ? {} : { seen: end.seen };
  return { kind: wanted === 'skip' ? 'skipped' : 'cancelled', ...seen };
}
