import type { ReplacingStorage } from '../../base/storage.js';

/** A window, so that another one can tell whether it is still there. */
export interface LeaseHolder {
  /** Unique over windows and reloads. */
  readonly window: string;
  /** Its extension host. */
  readonly pid: number;
  readonly machine: string;
}

interface LeaseFile {
  readonly holder: LeaseHolder;
  readonly atMs: number;
  readonly released: boolean;
}

/** How a lease stands. `stale`: whoever had it has given no sign for too long, or has ended. */
export type LeaseSight =
  { readonly kind: 'free' | 'stale' } | { readonly kind: 'held'; readonly mine: boolean; readonly atMs: number };

/** What a lease needs of the machine. */
export interface LeaseSurroundings {
  readonly self: LeaseHolder;
  readonly now: () => number;
  /** Whether a process of this machine runs. */
  readonly isAlive: (pid: number) => boolean;
}

/** How often a holder gives a sign. */
export const renewMs = 5000;
/** Past this without a sign it may be taken over: several signs missed, as of a window that hangs or a machine that sleeps. */
export const staleMs = 30_000;

/**
 * A right that one window has at a time, among all that share a storage. Each taking is a file with the next number, which can
 * be created once; the highest number has it. So two that both find it stale can't both take it, and one that slept through
 * its loss finds the higher number before it acts.
 */
export class Lease {
  private number: number | undefined;

  constructor(
    private readonly storage: ReplacingStorage,
    private readonly name: string,
    private readonly around: LeaseSurroundings,
  ) {}

  async look(): Promise<LeaseSight> {
    return this.sightOf(await this.highest());
  }

  /** True when it is this window's now. */
  async acquire(): Promise<boolean> {
    const top = await this.highest();
    const sight = await this.sightOf(top);
    if (sight.kind === 'held') {
      if (sight.mine) this.number = top;
      return sight.mine;
    }
    const number = top + 1;
    if (!(await this.storage.create(this.fileOf(number), this.text(false)))) return false;
    // Whoever was late by more than one taking created a number that others have passed.
    if ((await this.highest()) !== number) return false;
    this.number = number;
    await this.removeBelow(number);
    return true;
  }

  /** Gives a sign. False when it is another window's by now: nothing may be begun any more. */
  async confirm(): Promise<boolean> {
    const { number } = this;
    if (number === undefined) return false;
    if ((await this.highest()) !== number) {
      this.number = undefined;
      return false;
    }
    await this.storage.replace(this.fileOf(number), this.text(false));
    return true;
  }

  /** Lets the next one have it at once. */
  async release(): Promise<void> {
    const { number } = this;
    this.number = undefined;
    if (number !== undefined) await this.storage.replace(this.fileOf(number), this.text(true));
  }

  private async sightOf(number: number): Promise<LeaseSight> {
    const file = number === 0 ? undefined : readLease(await this.storage.read(this.fileOf(number)));
    if (file === undefined || file.released) return { kind: 'free' };
    const { self, now, isAlive } = this.around;
    const { holder, atMs } = file;
    if (holder.window === self.window) return { kind: 'held', mine: true, atMs };
    // A clock that was set back makes no lease eternal.
    const old = Math.abs(now() - atMs) > staleMs;
    const ended = holder.machine === self.machine && !isAlive(holder.pid);
    return old || ended ? { kind: 'stale' } : { kind: 'held', mine: false, atMs };
  }

  private async highest(): Promise<number> {
    return Math.max(0, ...(await this.numbers()));
  }

  private async numbers(): Promise<number[]> {
    const start = `${this.name}.lease.`;
    return (await this.storage.list())
      .filter((file) => file.startsWith(start))
      .map((file) => Number(file.slice(start.length)))
      .filter((number) => Number.isSafeInteger(number));
  }

  private async removeBelow(number: number): Promise<void> {
    for (const old of await this.numbers()) if (old < number) await this.storage.remove(this.fileOf(old));
  }

  private fileOf(number: number): string {
    return `${this.name}.lease.${number}`;
  }

  private text(released: boolean): string {
    const file: LeaseFile = { holder: this.around.self, atMs: this.around.now(), released };
    return JSON.stringify(file);
  }
}

/** The extension's own writing, whole or not there; what can't be read is nobody's. */
function readLease(text: string | undefined): LeaseFile | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as LeaseFile;
  } catch {
    return undefined;
  }
}
