import type { Event } from '../../base/emitter.js';
import { messageOf } from '../../base/errors.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { Steering } from '../steering.js';
import { Emitter } from '../../base/emitter.js';
import { isUsable } from './whereabouts.js';
import type { Waits } from './waits.js';

/** The job of a migration that was just started may not be there yet, so that an abort is refused: it is tried again. */
const retryMs = 2000;
/** After so many refusals it is tried on, less often: until it ends, or nobody wants it any more. */
const quickTries = 10;
const slowRetryMs = 5000;
/** libvirt has taken an abort: its end is told within this, or it is sent once more. */
const endMs = 30_000;

/** What aborts work with. */
export interface AbortParts {
  /** The name of the host that is emptied. */
  readonly source: string;
  readonly fleet: Fleet;
  readonly steering: Steering;
  readonly waits: Waits;
  /** Something may be wanted no more, or over. */
  readonly onDidChange: Event<void>;
  /** Whether the domain migrates, and is not to. */
  readonly isWanted: (uuid: string) => boolean;
  readonly isMigrating: (uuid: string) => boolean;
  /** Why it does not go on; undefined where it does. */
  readonly note: (uuid: string, text: string | undefined) => void;
}

/** Ends running migrations: tries for as long as that is wanted, and at once when their host is connected again. */
export class Aborts {
  private readonly underWay = new Set<string>();
  /** Those of them that wait until the source is connected. */
  private readonly waitingForSource = new Set<string>();
  private readonly askedAgain = new Emitter<void>();

  constructor(private readonly parts: AbortParts) {}

  /** Never rejects. */
  async abort(uuid: string): Promise<void> {
    if (this.underWay.has(uuid)) return;
    const { isWanted, waits, fleet, onDidChange } = this.parts;
    this.underWay.add(uuid);
    try {
      for (let refusals = 0; isWanted(uuid); refusals += 1) {
        const limitMs = await this.attempt(uuid, refusals);
        await waits.pause(limitMs, (wake) => [
          onDidChange(() => !isWanted(uuid) && wake()),
          fleet.onDidChange(() => this.waitingForSource.has(uuid) && this.canAct && wake()),
          this.askedAgain.event(wake),
        ]);
      }
    } finally {
      this.underWay.delete(uuid);
      this.waitingForSource.delete(uuid);
    }
  }

  /** The user says it once more: none of them waits any longer. */
  askAgain(): void {
    this.askedAgain.fire();
  }

  private get canAct(): boolean {
    return isUsable(this.parts.fleet.get(this.parts.source));
  }

  /** How long to wait before the next try, in ms. */
  private async attempt(uuid: string, refusals: number): Promise<number> {
    const { source, note } = this.parts;
    if (!this.canAct) {
      this.waitingForSource.add(uuid);
      note(uuid, `It is to be aborted, as soon as ${source} is connected.`);
      return slowRetryMs;
    }
    this.waitingForSource.delete(uuid);
    if (await this.send(uuid)) return endMs;
    return refusals < quickTries ? retryMs : slowRetryMs;
  }

  /** Whether libvirt took it. */
  private async send(uuid: string): Promise<boolean> {
    const { source, steering, note, isMigrating } = this.parts;
    try {
      await steering.perform(source, uuid, { kind: 'abort' });
      note(uuid, undefined);
      return true;
    } catch (error) {
      if (isMigrating(uuid)) note(uuid, `It could not be aborted, and is tried again: ${messageOf(error)}`);
      return false;
    }
  }
}
