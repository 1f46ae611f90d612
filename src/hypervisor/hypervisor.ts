import type { Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import { messageOf, UserError } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import { type ConnectPrompts, type Connector, SshError } from '../ssh/types.js';
import type { VirshCommand } from '../virsh/command.js';
import type { VirshEvent } from '../virsh/domain.js';
import type { ShellScript } from '../virsh/script.js';
import { detectCapabilities } from './capabilities.js';
import { DomainSet } from './domainSet.js';
import type { Capabilities, DomainEvent, HostConfig, HypervisorStatus, ObservedHypervisor } from './model.js';
import { failedStatus } from './failedStatus.js';
import { Retries } from './retry.js';
import { Session } from './session.js';
import type { WakeSign } from './wakeWatch.js';

/** Every so many nets the whole domain list is read again, for what lifecycle events did not tell. */
const netsPerRefresh = 3;

export interface HypervisorOptions {
  readonly connector: Connector;
  readonly log: CommandLog;
  /** Whether a migration from or to this host runs: it is then not left alone for long. */
  readonly isMigrating: (host: string) => boolean;
}

interface Attempt {
  readonly abort: AbortController;
  readonly done: Promise<void>;
  /** Whether somebody can be asked. */
  readonly asks: boolean;
}

/** A host reached over SSH and spoken to by virsh. What is lost is reached again, without asking anything. */
export class VirshHypervisor implements ObservedHypervisor, Disposable {
  private readonly changed = new Emitter<void>();
  private readonly events = new Emitter<DomainEvent>();
  private readonly nets = new Emitter<void>();
  private readonly domainSet: DomainSet;
  private current: HypervisorStatus = { kind: 'disconnected' };
  private known: Capabilities | undefined;
  private session: Session | undefined;
  private connecting: Attempt | undefined;
  private readonly retries: Retries;
  /** Undefined until it has answered once since somebody wanted it connected. */
  private seenAtMs: number | undefined;
  private netCount = 0;
  private disposed = false;
  private disconnectedByUser = false;

  readonly onDidChange = this.changed.event;
  readonly onEvent = this.events.event;
  readonly onNet = this.nets.event;

  constructor(
    readonly config: HostConfig,
    private readonly options: HypervisorOptions,
  ) {
    this.domainSet = new DomainSet((command) => this.run(command));
    this.domainSet.onDidChange(() => this.changed.fire());
    this.retries = new Retries(
      () => options.isMigrating(config.name),
      () => void this.attempt(undefined),
    );
  }

  get status(): HypervisorStatus {
    return this.current;
  }

  get domains(): DomainSet['domains'] {
    return this.domainSet.domains;
  }

  get capabilities(): Capabilities | undefined {
    return this.known;
  }

  get notice(): string | undefined {
    return this.current.kind === 'connected' ? this.session?.notice : undefined;
  }

  /** Whether it should be connected: nobody has disconnected it. */
  get wanted(): boolean {
    return !this.disconnectedByUser;
  }

  connect(prompts?: ConnectPrompts): Promise<void> {
    this.disconnectedByUser = false;
    if (this.current.kind === 'connected' || this.disposed) return Promise.resolve();
    // The user can be asked what an attempt in the background may not ask.
    const suffices = prompts === undefined || this.connecting?.asks === true;
    if (this.connecting !== undefined && suffices) return this.connecting.done;
    this.setStatus({ kind: 'connecting' });
    return this.attempt(prompts);
  }

  disconnect(): void {
    this.disconnectedByUser = true;
    this.abandon();
    this.retries.startOver();
    this.seenAtMs = undefined;
    this.setStatus({ kind: 'disconnected' });
  }

  /** Sees whether a host that is connected is still there. */
  probe(): void {
    if (this.current.kind === 'connected') this.session?.probe();
  }

  /** Connections may be dead, or hosts within reach again: see which it is, now. */
  wake(sign: WakeSign): void {
    if (sign !== 'focus') this.retries.startOver();
    this.probe();
    // A try from before a sleep, or from another network, waits for an answer that can't come.
    const isTried = this.connecting !== undefined && sign === 'focus';
    if (this.current.kind === 'reconnecting' && !isTried) void this.attempt(undefined);
    // One that never was within reach is tried again on another network only: it would blink at every focus.
    if (this.current.kind === 'failed' && this.current.mayPass && sign !== 'focus') void this.connect();
  }

  async refresh(): Promise<void> {
    this.requireSession();
    await this.domainSet.refresh(true);
  }

  async run<T>(command: VirshCommand<T>): Promise<T> {
    return this.requireSession().run(command);
  }

  async sh<T>(script: ShellScript<T>): Promise<T> {
    return this.requireSession().sh(script);
  }

  dispose(): void {
    this.disposed = true;
    this.abandon();
    this.changed.dispose();
    this.events.dispose();
    this.nets.dispose();
  }

  private requireSession(): Session {
    if (this.session === undefined) {
      throw new UserError(`${this.config.name} is not connected.`, 'Connect it first.');
    }
    return this.session;
  }

  private attempt(prompts: ConnectPrompts | undefined): Promise<void> {
    this.abandon();
    if (this.current.kind === 'reconnecting') this.setStatus({ ...this.current, nextTryAtMs: Date.now() });
    const abort = new AbortController();
    const done = this.tryConnect(prompts, abort.signal).finally(() => {
      if (this.connecting?.abort === abort) this.connecting = undefined;
    });
    this.connecting = { abort, done, asks: prompts !== undefined };
    return done;
  }

  private async tryConnect(prompts: ConnectPrompts | undefined, signal: AbortSignal): Promise<void> {
    const { log, connector } = this.options;
    const startedAtMs = Date.now();
    let session: Session | undefined;
    try {
      const connection = await connector.connect(this.config.destination, prompts, signal);
      if (signal.aborted) {
        connection.dispose();
        return;
      }
      const opened = (session = new Session(connection, {
        config: this.config,
        log,
        onAnswer: () => (this.seenAtMs = Date.now()),
        onEvent: (event) => this.receive(event),
        onNet: () => this.net(),
        onUseless: (error) => {
          if (this.current.kind === 'connected') this.lost(opened, error);
        },
        onNotice: () => this.changed.fire(),
        connectAnother: () => connector.connect(this.config.destination, undefined, signal),
      }));
      this.session = session;
      connection.onClose((error) => this.lost(opened, error));
      log.info(this.config.name, `Connected to ${connection.address} (${connection.transport}).`);
      const capabilities = await detectCapabilities((command) => this.run(command));
      this.known = capabilities;
      const isBack = this.domains.size > 0;
      await this.domainSet.refresh();
      // Given up while it was being asked: whoever did that has set the status.
      if (this.session !== session) return;
      this.retries.succeeded();
      this.setStatus({ kind: 'connected' });
      session.watch(capabilities);
      // For what was redefined meanwhile. It is not waited for: a migration may run there that nobody has looked at for a while.
      if (isBack) this.inBackground(this.domainSet.refresh(true));
    } catch (error) {
      if (session !== undefined) this.endSession(session);
      if (!signal.aborted) this.fail(error, Date.now() - startedAtMs);
    }
  }

  private receive(event: VirshEvent): void {
    this.events.fire({ domain: this.domainSet.byName(event.domainName), event });
    if (event.kind === 'lifecycle') this.inBackground(this.domainSet.follow(event));
  }

  private net(): void {
    this.netCount += 1;
    this.nets.fire();
    if (this.netCount % netsPerRefresh === 0) this.inBackground(this.domainSet.refresh());
  }

  /** For what is repeated anyway: a failure is in the log, with its virsh line, and the next round may do better. */
  private inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.session !== undefined) this.options.log.info(this.config.name, `Not refreshed: ${messageOf(error)}`);
    });
  }

  private lost(session: Session, error: Error | undefined): void {
    if (this.session !== session) return;
    this.abandon();
    this.fail(error ?? new SshError('lost', `The connection to ${this.config.name} was closed.`), 0);
  }

  /** A host that was there is tried again, unless only the user can help; one that never was says why. */
  private fail(error: unknown, spentMs: number): void {
    if (this.disposed) return;
    const failed = failedStatus(error);
    const { message, advice } = failed;
    this.options.log.error(this.config.name, message);
    if (failed.mayPass !== true || this.seenAtMs === undefined) {
      this.setStatus(failed);
      return;
    }
    const nextTryAtMs = Date.now() + this.retries.plan(spentMs);
    this.setStatus({ kind: 'reconnecting', message, advice, lastSeenAtMs: this.seenAtMs, nextTryAtMs });
  }

  /** Nothing goes on of what was: neither a try, nor a connection, nor the wait for the next. */
  private abandon(): void {
    this.retries.cancel();
    this.connecting?.abort.abort();
    this.connecting = undefined;
    if (this.session !== undefined) this.endSession(this.session);
  }

  private endSession(session: Session): void {
    if (this.session === session) this.session = undefined;
    session.dispose();
  }

  private setStatus(status: HypervisorStatus): void {
    this.current = status;
    this.changed.fire();
  }
}
