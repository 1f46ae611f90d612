import type { Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import { type ExecChannel, type HostConnection, SshError } from '../ssh/types.js';

/**
 * The channels of one connection, counted. sshd allows a number of sessions a connection (MaxSessions, 10 by default) that it
 * tells nobody: it is learnt from a refusal, as the most there have been at once. A command that outlives its channel is a
 * session all the same, so a refusal alone says less; but more that are open later say more.
 */
export class ChannelBudget implements Disposable {
  private readonly limited = new Emitter<number>();
  private open = 0;
  private opening = 0;
  private most = 0;
  private refused = false;
  private known: number | undefined;

  /** Fires when `limit` has changed. */
  readonly onLimit = this.limited.event;

  constructor(private readonly connection: Pick<HostConnection, 'exec'>) {}

  /** How many channels the server allows; undefined while it has allowed all. */
  get limit(): number | undefined {
    return this.known;
  }

  /** See `HostConnection.exec`. */
  async exec(command: string): Promise<ExecChannel> {
    this.opening += 1;
    try {
      const channel = await this.connection.exec(command);
      this.open += 1;
      this.most = Math.max(this.most, this.open);
      channel.onClose(() => (this.open -= 1));
      return channel;
    } catch (error) {
      if (isRefused(error)) this.refused = true;
      throw error;
    } finally {
      this.opening -= 1;
      this.learn();
    }
  }

  dispose(): void {
    this.limited.dispose();
  }

  /** Only when no other one is about to be opened: it was asked for first, perhaps, and counts. */
  private learn(): void {
    if (!this.refused || this.opening > 0 || this.most === 0 || this.known === this.most) return;
    this.known = this.most;
    this.limited.fire(this.most);
  }
}

/** How many virsh the samples and the slow commands may have where `limit` channels are allowed: the others leave room for actions and events. */
export function sharedShellsWithin(limit: number | undefined): number {
  return limit === undefined ? Infinity : Math.max(1, limit - 2);
}

/** Whether there is a channel for events beside one for samples and one for actions, which come first. */
export function hasRoomForEvents(limit: number | undefined): boolean {
  return limit === undefined || limit >= 3;
}

/** Whether the server opens no further channel on the connection beside those that are open. */
export function isRefused(error: unknown): error is SshError {
  return error instanceof SshError && error.kind === 'channelRefused';
}
