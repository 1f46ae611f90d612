import { Disposables, type Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import type { ExecChannel } from '../ssh/types.js';
import type { VirshEvent } from './domain.js';
import { EventParser } from './parseEvents.js';

/**
 * How long one `event` command listens before it comes back to the prompt and is typed again. virsh does not notice that
 * its channel has closed while it listens, so this is also the longest an event watcher outlives a lost connection.
 */
const listenSeconds = 10;
/** What is typed, again and again: for the log as well. */
export const listenLine = `event --all --loop --timestamp --timeout ${listenSeconds}`;
/** Past this without its own "timed out" line the watcher is hung. */
const silenceLimitMs = (listenSeconds + 20) * 1000;
/** An event's block is complete when nothing has followed it for this long: the next line may be minutes away. */
const blockPauseMs = 50;

/**
 * The events of one host, from a virsh of its own: `event --all --loop`, typed again each time it returns. Between two
 * of them an event can slip by, so `onListening` asks its owner to look for himself.
 */
export class EventStream implements Disposable {
  private readonly owned = new Disposables();
  private readonly events = new Emitter<VirshEvent>();
  private readonly listening = new Emitter<void>();
  private readonly ended = new Emitter<string>();
  private readonly parser = new EventParser();
  private stderr = '';
  private recent = '';
  private done = false;
  private blockTimer: NodeJS.Timeout | undefined;
  private silenceTimer: NodeJS.Timeout | undefined;

  readonly onEvent = this.events.event;
  /** Fires each time it begins to listen: what happened just before may have been missed. */
  readonly onListening = this.listening.event;
  /** Fires once, with the reason, when no more events will come. */
  readonly onEnd = this.ended.event;

  /** `channel` is one on which virsh was started. Nothing is sent before `start`. */
  constructor(private readonly channel: ExecChannel) {
    this.owned.add(channel);
    this.owned.add(channel.onStdout((text) => this.receive(text)));
    this.owned.add(channel.onStderr((text) => (this.stderr = (this.stderr + text).slice(-2000))));
    this.owned.add(channel.onClose(() => this.finish(this.stderr.trim() || 'virsh ended')));
  }

  start(): void {
    this.listen();
  }

  dispose(): void {
    this.finish('closed');
  }

  private listen(): void {
    this.recent = '';
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.finish('virsh stopped answering'), silenceLimitMs);
    this.channel.write(`${listenLine}\n`);
    this.listening.fire();
  }

  private receive(text: string): void {
    for (const event of this.parser.feed(text)) this.events.fire(event);
    clearTimeout(this.blockTimer);
    this.blockTimer = setTimeout(() => this.flush(), blockPauseMs);
    // "events received: N" is the command's last line, whatever made it return; no event line begins so.
    this.recent = (this.recent + text).slice(-200);
    if (/(^|\n)events received: \d+\n/.test(this.recent)) {
      this.flush();
      this.listen();
    }
  }

  private flush(): void {
    for (const event of this.parser.flush()) this.events.fire(event);
  }

  private finish(reason: string): void {
    if (this.done) return;
    this.done = true;
    clearTimeout(this.blockTimer);
    clearTimeout(this.silenceTimer);
    this.flush();
    this.owned.dispose();
    this.ended.fire(reason);
    this.ended.dispose();
  }
}
