import { Disposables, type Disposable } from '../base/disposable.js';
import { messageOf } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { HostConnection } from '../ssh/types.js';
import type { VirshCommand } from '../virsh/command.js';
import type { VirshEvent } from '../virsh/domain.js';
import { ChannelBudget, hasRoomForEvents, isRefused } from '../virsh/channelBudget.js';
import { isDaemonGone } from '../virsh/errors.js';
import { EventStream, listenLine } from '../virsh/eventStream.js';
import { VirshLanes } from '../virsh/lanes.js';
import { virshStartLine } from '../virsh/quote.js';
import type { ShellScript } from '../virsh/script.js';
import { ScriptRunner } from '../virsh/scriptRunner.js';
import type { Capabilities, HostConfig } from './model.js';

/** How often what events may miss is looked for; without migration events (before 1.3.2) they are all there is. */
export const netIntervalMs = 10_000;
export const netIntervalWithoutEventsMs = 2_000;
/** A sample that takes this long makes one ask whether the host is there at all: keepalive tells only after a minute. */
const doubtMs = 3_000;
/** How long the host may then take to say that it is. */
const probeLimitMs = 5_000;

export interface SessionOptions {
  readonly config: HostConfig;
  readonly log: CommandLog;
  /** The host has answered or told something. */
  readonly onAnswer: () => void;
  readonly onEvent: (event: VirshEvent) => void;
  /** Time to look at what events may have missed. */
  readonly onNet: () => void;
  /** Nothing can be asked while the connection lasts: libvirtd is gone (`error` is in virsh's words), or every session is taken. */
  readonly onUseless: (error: Error) => void;
  /** `notice` has changed. */
  readonly onNotice: () => void;
  /** See `LanesOptions.connectAnother`. */
  readonly connectAnother: () => Promise<HostConnection>;
}

/** What lives as long as one connection does: the shells, the event stream, and the slow net under it. */
export class Session implements Disposable {
  private readonly owned = new Disposables();
  private readonly budget: ChannelBudget;
  private readonly lanes: VirshLanes;
  private readonly scripts: ScriptRunner;
  private over = false;
  private probedAtMs = -probeLimitMs;
  private netTimer: NodeJS.Timeout | undefined;
  private capabilities: Capabilities | undefined;
  private stream: EventStream | undefined;
  /** Whether there is an event stream, or one is being opened. */
  private listening = false;
  private listenTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly connection: HostConnection,
    private readonly options: SessionOptions,
  ) {
    const { config, log, connectAnother } = options;
    this.owned.add(connection);
    this.budget = this.owned.add(new ChannelBudget(connection));
    this.lanes = this.owned.add(
      new VirshLanes(this.budget, { host: config.name, startLine: virshStartLine(config), log, connectAnother }),
    );
    this.scripts = this.owned.add(new ScriptRunner(this.budget, { host: config.name, log, connectAnother }));
    this.budget.onLimit(() => this.followLimit());
  }

  /** See `Hypervisor.run`. */
  async run<T>(command: VirshCommand<T>): Promise<T> {
    const doubt = command.lane === 'sample' ? setTimeout(() => this.probe(), doubtMs) : undefined;
    try {
      const value = await this.lanes.run(command);
      this.options.onAnswer();
      return value;
    } catch (error) {
      // A virsh that hung may have a session beyond its channel: with none of ours open, no other is to be had here.
      const useless = isDaemonGone(error) || (isRefused(error) && this.lanes.shells === 0);
      if (useless && error instanceof Error) this.options.onUseless(error);
      throw error;
    } finally {
      clearTimeout(doubt);
    }
  }

  /** See `Hypervisor.sh`. */
  async sh<T>(script: ShellScript<T>): Promise<T> {
    const value = await this.scripts.run(script);
    this.options.onAnswer();
    return value;
  }

  /** Has the connection end soon if the host is not there any more. */
  probe(): void {
    const nowMs = performance.now();
    if (this.over || nowMs - this.probedAtMs < probeLimitMs) return;
    this.probedAtMs = nowMs;
    this.connection.probe(probeLimitMs);
  }

  /** Begins to watch, by whatever the host's libvirt can do. */
  watch(capabilities: Capabilities): void {
    this.capabilities = capabilities;
    this.spreadNet();
    this.followEvents();
  }

  /** What of the host makes less possible than usual, in a sentence; undefined for nothing. */
  get notice(): string | undefined {
    const { limit } = this.budget;
    if (limit === undefined) return undefined;
    const room = hasRoomForEvents(limit);
    const shells = room ? limit - 1 : limit;
    const work = shells === 1 ? 'one virsh takes turns' : `${shells} virsh take turns`;
    const polled = room ? '' : ', and domains are polled, as there is none left for events';
    return `Its sshd allows ${limit} ${limit === 1 ? 'session' : 'sessions'} a connection (MaxSessions): ${work}${polled}.`;
  }

  dispose(): void {
    this.over = true;
    clearInterval(this.netTimer);
    clearTimeout(this.listenTimer);
    this.owned.dispose();
  }

  private get wantsEvents(): boolean {
    return !this.over && this.capabilities?.eventStream === true && hasRoomForEvents(this.budget.limit);
  }

  private followLimit(): void {
    const { config, log, onNotice } = this.options;
    if (this.notice !== undefined) log.info(config.name, this.notice);
    this.followEvents();
    onNotice();
  }

  /** Events give way to actions where the server allows few sessions, and are listened to where it turns out to allow more. */
  private followEvents(): void {
    if (!this.wantsEvents) this.stream?.dispose();
    else if (!this.listening) void this.listen();
  }

  private spreadNet(): void {
    clearInterval(this.netTimer);
    if (this.over) return;
    const told = this.stream !== undefined && this.capabilities?.iterationEvents === true;
    this.netTimer = setInterval(() => this.options.onNet(), told ? netIntervalMs : netIntervalWithoutEventsMs);
  }

  /** Listens for events, and again whenever the listener dies. */
  private async listen(): Promise<void> {
    const { config, log } = this.options;
    this.listening = true;
    try {
      const channel = await this.budget.exec(virshStartLine(config));
      if (this.wantsEvents) {
        this.follow(new EventStream(channel));
        return;
      }
      channel.dispose();
      this.listening = false;
    } catch (error) {
      this.listening = false;
      if (this.over) return;
      // Refused in spite of the room there is for it: what has the session now gives it back.
      if (isRefused(error)) this.listenLater();
      else log.error(config.name, `No event stream: ${messageOf(error)} Domains are polled instead.`);
    }
  }

  private follow(stream: EventStream): void {
    const { config, log, onAnswer, onEvent, onNet } = this.options;
    this.stream = this.owned.add(stream);
    this.spreadNet();
    const startedMs = performance.now();
    // Once for all the times that it is typed again: every 10 s it would bury the rest.
    const logLine = (durationMs: number | undefined, outcome: 'ok' | 'failed', answer: string): void =>
      log.virsh({ host: config.name, line: listenLine, durationMs, outcome, answer });
    stream.onEvent((event) => {
      onAnswer();
      onEvent(event);
    });
    stream.onListening(onNet);
    stream.onEnd((reason) => {
      this.stream = undefined;
      this.listening = false;
      this.spreadNet();
      logLine(performance.now() - startedMs, this.wantsEvents ? 'failed' : 'ok', reason);
      if (!this.wantsEvents) return;
      log.error(config.name, `The event stream ended (${reason}); it is opened again.`);
      this.listenLater();
    });
    logLine(undefined, 'ok', '');
    stream.start();
  }

  private listenLater(): void {
    clearTimeout(this.listenTimer);
    this.listenTimer = setTimeout(() => this.followEvents(), netIntervalWithoutEventsMs);
  }
}
