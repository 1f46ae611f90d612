import type { Mark, Sample } from './model.js';
import { goesOn } from './readings.js';

interface HeldChange {
  readonly mark: Mark;
  /** The reading after the one that found it: by then nothing is copied any more where the migration is at its end. */
  after: Sample | undefined;
}

/**
 * Changes that libvirt may have made itself, as it brings back at a migration's end what was in force before it. Its job is there
 * for as long as the destination takes from then on; only where more is copied was it somebody else.
 */
export class HeldChanges {
  private held: HeldChange[] = [];

  hold(marks: readonly Mark[]): void {
    this.held.push(...marks.map((mark) => ({ mark, after: undefined })));
  }

  /** A switch to post-copy lifts limits as well: what was held is explained. */
  clear(): void {
    this.held = [];
  }

  /** One reading. What was no end after all: all of it where somebody has changed something since, which no end does. */
  release(sample: Sample, isSteered: boolean): Mark[] {
    const [over, held]: [HeldChange[], HeldChange[]] = [[], []];
    for (const change of this.held) {
      const isNoEnd = isSteered || (change.after !== undefined && goesOn(change.after, sample));
      (isNoEnd ? over : held).push(change);
      change.after ??= sample;
    }
    this.held = held;
    return over.map(({ mark }) => mark);
  }
}
