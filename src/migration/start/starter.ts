import { randomUUID } from 'node:crypto';
import type { Disposable } from '../../base/disposable.js';
import type { Event } from '../../base/emitter.js';
import { messageOf, UserError } from '../../base/errors.js';
import type { CommandLog } from '../../base/log.js';
import type { Storage } from '../../base/storage.js';
import type { Domain, Fleet, Hypervisor } from '../../hypervisor/model.js';
import { adviceFor } from '../../virsh/errors.js';
import { virshStartLine } from '../../virsh/quote.js';
import type { Migrations } from '../model.js';
import { measuredOut } from '../preflight/dirtyRate.js';
import { StartBook } from './book.js';
import { prepareStart, sendStart, type Told } from '../../virsh/detach.js';
import { isPostcopyInterrupted } from './interrupted.js';
import { migrateWords, problemsOf, typedLine } from './line.js';
import type { MigrationRequest, MigrationStarter, StartedMigration } from './model.js';
import type { StartOutcome, StartOutcomes } from './outcomes.js';
import { Lookout } from './lookout.js';
import { isEnded } from './records.js';
import { neverStarted, type Start } from './start.js';

/** How long virsh may take to end after its migration has. */
const virshGraceMs = 15_000;
const virshPollMs = 300;

export interface DetachedStarterOptions {
  readonly fleet: Fleet;
  readonly registry: Pick<Migrations, 'all' | 'running' | 'onDidEnd'>;
  /** Shared by all windows, kept over reloads. */
  readonly storage: Storage;
  readonly log: CommandLog;
}

/** Starts migrations by a virsh that runs detached on the source, and finds out there how each went, whenever that can be asked. */
export class DetachedStarter implements MigrationStarter, StartOutcomes, Disposable {
  private readonly book: StartBook;
  private readonly lookout: Lookout;
  private disposed = false;

  readonly onDidChange: Event<void>;
  readonly onDidEnd: Event<StartedMigration>;

  constructor(private readonly options: DetachedStarterOptions) {
    const { storage, log } = options;
    this.book = new StartBook(storage, log);
    this.lookout = new Lookout({ ...options, book: this.book });
    this.onDidChange = this.book.onDidChange;
    this.onDidEnd = this.book.onDidTell;
  }

  /** Takes up what earlier windows have started. Never rejects. */
  async open(): Promise<void> {
    try {
      await this.book.open();
    } catch (error) {
      this.options.log.error(undefined, `The record of earlier starts can't be read: ${messageOf(error)}`);
    }
    this.lookout.followConnections();
  }

  get all(): readonly StartedMigration[] {
    return this.book.shown((start) => this.goesOn(start));
  }

  /** Whether something that was started here is under way on `host`. */
  runsAt(host: string): boolean {
    return this.book.all.some((start) => start.host === host && !start.ended);
  }

  lineOf(request: MigrationRequest): string {
    return this.check(request).line;
  }

  async start(request: MigrationRequest): Promise<StartedMigration> {
    const { hypervisor, words, line } = this.check(request);
    await this.book.followOthers();
    const domain = this.admit(hypervisor, request);
    const start = await this.book
      .begin({
        id: randomUUID(),
        request,
        domainName: domain.name,
        ...(domain.state === 'paused' ? { pausedBefore: true } : {}),
        line,
        startedAtMs: Date.now(),
        state: { kind: 'starting' },
      })
      .catch((error: unknown) => {
        throw new UserError(`Nothing was started: its record can't be written. ${messageOf(error)}`);
      });
    await this.giveWay(start);
    // A domain that is being measured can't be migrated: libvirt lets one job have it at a time.
    await measuredOut(hypervisor, request.domainUuid);
    try {
      await hypervisor.sh(prepareStart(start.id));
      await this.book.noteSent(start);
    } catch (error) {
      start.sending = false;
      await this.book.end(start, { kind: 'failed', endedAtMs: Date.now(), text: messageOf(error) });
      throw error;
    }
    await this.send(start, hypervisor, words);
    return this.begun(start);
  }

  async whenEnded(id: string): Promise<StartedMigration> {
    // Another window may have begun it after this one was opened.
    if (this.book.get(id) === undefined) await this.book.followOthers();
    const start = this.book.get(id);
    if (start === undefined) throw new UserError('No such start is known here.');
    await start.whenEnded();
    return start.migration;
  }

  async outcomeOf(host: string, domainUuid: string, startedAtMs: number): Promise<StartOutcome | undefined> {
    if (this.book.thatBegan(host, domainUuid, startedAtMs) === undefined) await this.book.followOthers();
    const start = this.book.thatBegan(host, domainUuid, startedAtMs);
    if (start === undefined) return undefined;
    const deadlineMs = performance.now() + virshGraceMs;
    while (!start.ended) {
      if (this.options.fleet.get(host)?.status.kind !== 'connected') return { kind: 'pending' };
      await this.lookout.look(host);
      if (isEnded(start.migration.state)) break;
      if (this.disposed || performance.now() > deadlineMs) return undefined;
      await new Promise((resolve) => setTimeout(resolve, virshPollMs));
    }
    const { state } = start.migration;
    if (state.kind === 'succeeded') return { kind: 'succeeded' };
    return state.kind === 'failed' ? { kind: 'failed', text: state.text } : undefined;
  }

  dispose(): void {
    this.disposed = true;
    this.lookout.dispose();
    this.book.dispose();
  }

  /** Its virsh is over and told, its migration is not: what it was started with decides how it can be resumed. */
  private goesOn({ request, state }: StartedMigration): boolean {
    const isUnfinished = state.kind === 'unknown' || (state.kind === 'failed' && isPostcopyInterrupted(state.text));
    return isUnfinished && this.options.registry.running(request.source, request.domainUuid) !== undefined;
  }

  /** Throws a `UserError` for what can't be sent. */
  private check(request: MigrationRequest): { hypervisor: Hypervisor; words: readonly string[]; line: string } {
    const { fleet } = this.options;
    const hypervisor = fleet.get(request.source);
    if (hypervisor === undefined) throw new UserError(`There is no host "${request.source}".`);
    const { capabilities, config } = hypervisor;
    if (capabilities === undefined) throw new UserError(`${request.source} is not connected.`, 'Connect it first.');
    const problems = problemsOf(
      request,
      capabilities,
      fleet.hypervisors.map((each) => each.config),
    );
    if (problems.length > 0) throw new UserError(problems.join(' '), 'Nothing was started.');
    const words = migrateWords(request, capabilities);
    return { hypervisor, words, line: typedLine(config, words) };
  }

  /** The domain. Throws a `UserError` where the host, or the domain, is in no state to start one. */
  private admit(hypervisor: Hypervisor, { source, domainUuid, options }: MigrationRequest): Domain {
    if (hypervisor.config.readOnly) {
      throw new UserError(`${source} is read-only here.`, 'Its entry in the setting libvirt.hosts says so.');
    }
    if (hypervisor.status.kind !== 'connected') throw new UserError(`${source} is not connected.`, 'Connect it first.');
    const domain = hypervisor.domains.get(domainUuid);
    if (domain === undefined) throw new UserError(`${source} has no such domain.`, 'Refresh the host.');
    if (domain.state === 'shutOff' || domain.state === 'crashed') {
      throw new UserError(
        `${domain.name} does not run on ${source}, so there is nothing to migrate.`,
        'Start it first.',
      );
    }
    // What is interrupted migrates still, and libvirt itself lets nobody go on with it twice.
    if (options.postcopyResume === true) return domain;
    const other = this.book.all.some(
      ({ ended, host, migration }) => !ended && host === source && migration.request.domainUuid === domainUuid,
    );
    if (other || this.options.registry.running(source, domainUuid) !== undefined) {
      throw new UserError(`${domain.name} migrates already.`, 'Wait for its end, or abort it.');
    }
    return domain;
  }

  /**
   * Another window may have begun one at the same moment: each looks after its own record is there, so that at least one of them
   * sees the other. Rejects, having sent nothing, where there is one: rather none than two.
   */
  private async giveWay(start: Start): Promise<void> {
    const { source, domainUuid, options } = start.migration.request;
    if (options.postcopyResume === true) return;
    await this.book.followOthers();
    const other = this.book.all.find(
      ({ own, ended, host, migration }) =>
        !own && !ended && host === source && migration.request.domainUuid === domainUuid,
    );
    if (other === undefined) return;
    start.sending = false;
    start.cleared = true;
    const text = 'another window is starting it at this moment';
    await this.book.end(start, { kind: 'failed', endedAtMs: Date.now(), text });
    await this.book.noteCleared(start);
    throw new UserError(
      `${start.migration.domainName} was not migrated: ${text}.`,
      'Nothing was sent. Look whether it migrates, else start it again.',
    );
  }

  private async send(start: Start, hypervisor: Hypervisor, words: readonly string[]): Promise<void> {
    const { id, host, migration } = start;
    let told: Told | undefined;
    try {
      told = await hypervisor.sh(
        sendStart(id, virshStartLine(hypervisor.config), words, `run detached: ${migration.line}`),
      );
    } catch (error) {
      this.options.log.info(host, `Whether ${migration.domainName} migrates is not known yet: ${messageOf(error)}`);
    }
    start.sending = false;
    // Its folder was not there when it arrived: nothing was started.
    if (told?.kind === 'none') await this.book.end(start, neverStarted(Date.now()));
    else if (told !== undefined) await this.lookout.apply(start, told);
    else this.lookout.lookSoon(host);
  }

  /** Once it is known whether it has begun. Rejects, as `start` does, where it has not. */
  private async begun(start: Start): Promise<StartedMigration> {
    await start.whenKnown();
    const { migration, host } = start;
    const { state, domainName } = migration;
    if (state.kind !== 'failed' && state.kind !== 'unknown') return migration;
    if (state.kind === 'unknown') {
      throw new UserError(
        `${host}: whether ${domainName} migrates is not known: ${state.text}.`,
        'Look where it runs.',
      );
    }
    throw new UserError(`${host}: ${domainName} was not migrated: ${state.text}.`, adviceFor(state.text));
  }
}
