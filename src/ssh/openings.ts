import { SshError } from './types.js';

/** How the opening of a channel goes on. Only the first word counts; each is false when nobody waits for it any more. */
export interface Opening<T> {
  opened(channel: T): boolean;
  refused(error: SshError): boolean;
}

/** The channels that are being opened on one connection: each comes, is refused, or takes too long. */
export class Openings {
  private readonly waiting = new Set<(error: SshError) => void>();

  constructor(
    private readonly address: string,
    /** How long the server may take to open a channel and start a command on it. */
    private readonly limitMs: number,
  ) {}

  /** `begin` asks for the channel; `abandon`, if it returns one, is called when nobody waits for it any more. */
  open<T>(begin: (opening: Opening<T>) => (() => void) | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        clearTimeout(timer);
        return this.waiting.delete(giveUp);
      };
      const giveUp = (error: SshError): void => {
        settle();
        abandon?.();
        reject(error);
      };
      const timer = setTimeout(() => {
        giveUp(new SshError('channel', `${this.address} did not start a command within ${this.limitMs / 1000} s.`));
      }, this.limitMs);
      this.waiting.add(giveUp);
      const abandon = begin({
        opened: (channel) => {
          const inTime = settle();
          if (inTime) resolve(channel);
          return inTime;
        },
        refused: (error) => {
          const inTime = settle();
          if (inTime) reject(error);
          return inTime;
        },
      });
    });
  }

  /** The connection is gone: nothing more comes. */
  fail(error: SshError): void {
    for (const giveUp of [...this.waiting]) giveUp(error);
  }
}
