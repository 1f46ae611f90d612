import { Disposables, type Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import { messageOf, UserError } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import { type ConnectPrompts, type Connector, type HostConnection, SshError } from '../ssh/types.js';
import type { VirshCommand } from '../virsh/command.js';
import { EventStream } from '../virsh/eventStream.js';
import { VirshLanes } from '../virsh/lanes.js';
import { virshStartLine } from '../virsh/quote.js';
import { detectCapabilities } from './capabilities.js';
import { DomainSet } from './domainSet.js';
import type { Capabilities, DomainEvent, HostConfig, HypervisorStatus, ObservedHypervisor } from './model.js';
import { remedyFor } from './remedy.js';

/** How often what events may miss is looked for; without migration events (before 1.3.2) they are all there is. */
const netIntervalMs = 10_000;
const netIntervalWithoutEventsMs = 2_000;
/** Every so many nets the whole domain list is read again, for what lifecycle events did not tell. */
const netsPerRefresh = 3;
/** After a lost connection: the first try, and the longest wait that doubling leads to. */
const firstRetryMs = 2_000;
const longestRetryMs = 60_000;

export interface HypervisorOptions {
  readonly connector: Connector;
  readonly log: CommandLog;
}

/** What lives as long as one connection does. */
interface Session {
  readonly connection: HostConnection;
  readonly lanes: VirshLanes;
  readonly owned: Disposables;
}

/** A host reached over SSH and spoken to by virsh. */
export class VirshHypervisor implements ObservedHypervisor, Disposable {
  private readonly changed = new Emitter<void>();
  private readonly events = new Emitter<DomainEvent>();
  private readonly nets = new Emitter<void>();
  private readonly domainSet: DomainSet;
  private current: HypervisorStatus = { kind: 'disconnected' };
  private known: Capabilities | undefined;
  private session: Session | undefined;
  private connecting: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private retryMs = firstRetryMs;
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

  /** Whether it should be connected: nobody has disconnected it. */
  get wanted(): boolean {
    return !this.disconnectedByUser;
  }

  connect(prompts?: ConnectPrompts): Promise<void> {
    this.disconnectedByUser = false;
    if (this.current.kind === 'connected' || this.disposed) return Promise.resolve();
    if (this.connecting !== undefined) return this.connecting.done;
    clearTimeout(this.retryTimer);
    const abort = new AbortController();
    const done = this.tryConnect(prompts, abort.signal).finally(() => (this.connecting = undefined));
    this.connecting = { abort, done };
    return done;
  }

  disconnect(): void {
    this.disconnectedByUser = true;
    this.stop();
    this.setStatus({ kind: 'disconnected' });
  }

  async refresh(): Promise<void> {
    this.lanes();
    await this.domainSet.refresh(true);
  }

  async run<T>(command: VirshCommand<T>): Promise<T> {
    return this.lanes().run(command);
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
    this.changed.dispose();
    this.events.dispose();
    this.nets.dispose();
  }

  private lanes(): VirshLanes {
    if (this.session === undefined) {
      throw new UserError(`${this.config.name} is not connected.`, 'Connect it first.');
    }
    return this.session.lanes;
  }

  private async tryConnect(prompts: ConnectPrompts | undefined, signal: AbortSignal): Promise<void> {
    this.setStatus({ kind: 'connecting' });
    const { log, connector } = this.options;
    try {
      const connection = await connector.connect(this.config.destination, prompts, signal);
      const startLine = virshStartLine(this.config);
      const lanes = new VirshLanes(connection, { host: this.config.name, startLine, log });
      const owned = new Disposables();
      const session = { connection, lanes, owned };
      this.session = session;
      owned.add(connection);
      owned.add(lanes);
      owned.add(connection.onClose((error) => this.lost(session, error)));
      log.info(this.config.name, `Connected to ${connection.address}.`);
      const capabilities = await detectCapabilities((command) => this.run(command));
      this.known = capabilities;
      await this.domainSet.refresh();
      // Disconnected while it was being asked: whoever did that has set the status.
      if (this.session !== session || signal.aborted) return;
      this.retryMs = firstRetryMs;
      this.setStatus({ kind: 'connected' });
      this.startNet(session, capabilities);
      if (capabilities.eventStream) void this.startEvents(session);
    } catch (error) {
      if (signal.aborted) return;
      this.endSession();
      this.fail(error);
    }
  }

  private startNet(session: Session, capabilities: Capabilities): void {
    let count = 0;
    const interval = capabilities.iterationEvents ? netIntervalMs : netIntervalWithoutEventsMs;
    const timer = setInterval(() => {
      count += 1;
      this.nets.fire();
      if (count % netsPerRefresh === 0) this.inBackground(this.domainSet.refresh());
    }, interval);
    session.owned.add({ dispose: () => clearInterval(timer) });
  }

  /** Listens for events, and again whenever the listener dies, as long as the session lives. */
  private async startEvents(session: Session): Promise<void> {
    const { log } = this.options;
    try {
      const stream = new EventStream(await session.connection.exec(virshStartLine(this.config)));
      session.owned.add(stream);
      stream.onEvent((event) => {
        this.events.fire({ domain: this.domainSet.byName(event.domainName), event });
        if (event.kind === 'lifecycle') this.inBackground(this.domainSet.follow(event));
      });
      stream.onListening(() => this.nets.fire());
      stream.onEnd((reason) => {
        if (this.session !== session) return;
        log.error(this.config.name, `The event stream ended (${reason}); it is opened again.`);
        const timer = setTimeout(() => void this.startEvents(session), netIntervalWithoutEventsMs);
        session.owned.add({ dispose: () => clearTimeout(timer) });
      });
      stream.start();
    } catch (error) {
      if (this.session === session) {
        log.error(this.config.name, `No event stream: ${messageOf(error)} Domains are polled instead.`);
      }
    }
  }

  /** For what is repeated anyway: a failure is in the log, with its virsh line, and the next round may do better. */
  private inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.session !== undefined) this.options.log.info(this.config.name, `Not refreshed: ${messageOf(error)}`);
    });
  }

  private lost(session: Session, error: SshError | undefined): void {
    if (this.session !== session) return;
    const wasConnected = this.current.kind === 'connected';
    this.endSession();
    this.connecting?.abort.abort();
    this.fail(error ?? new UserError(`The connection to ${this.config.name} was closed.`));
    if (wasConnected) this.retryLater();
  }

  /** Tries again without asking anything. What needs the user (a key, a passphrase) is not tried again. */
  private retryLater(): void {
    if (this.disposed) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      void this.connect().then(() => {
        if (this.current.kind === 'failed') this.retryLater();
      });
    }, this.retryMs);
    this.retryMs = Math.min(longestRetryMs, this.retryMs * 2);
  }

  private fail(error: unknown): void {
    const advice = error instanceof UserError ? error.advice : undefined;
    const message = messageOf(error);
    this.options.log.error(this.config.name, message);
    const hostKey = error instanceof SshError ? error.hostKey : undefined;
    this.setStatus({
      kind: 'failed',
      message,
      advice,
      remedy: remedyFor(error),
      ...(hostKey === undefined ? {} : { hostKey }),
    });
  }

  private stop(): void {
    clearTimeout(this.retryTimer);
    this.connecting?.abort.abort();
    this.connecting = undefined;
    this.endSession();
  }

  private endSession(): void {
    const session = this.session;
    this.session = undefined;
    session?.owned.dispose();
  }

  private setStatus(status: HypervisorStatus): void {
    this.current = status;
    this.changed.fire();
  }
}
