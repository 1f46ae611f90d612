import { bandwidthBytesPerSecond, goesOn, remainingBytes } from './readings.js';
import type { Phase, Sample } from './model.js';

/** A switch-over may take this many times the downtime that is allowed before it is taken for something else. */
const downtimeSlack = 1.5;
/** No switch-over is told from a pause in less than this, however little downtime is allowed: readings come once a second. */
const leastMs = 2000;
/** QEMU's own limit, where libvirt does not tell the one in force. */
const usualDowntimeMs = 300;

/**
 * Tells a guest that somebody paused while it migrates from one that QEMU stops for the switch-over: libvirt says
 * `paused (migrating)` of both. QEMU stops it once the rest goes within the downtime that is allowed, so one that stands still
 * with more to go than that was paused; so was one that stands still for longer while more is copied: at the end nothing is, for
 * as long as the destination takes.
 */
export class PauseWatch {
  private ran = false;
  private stoppedAtMs: number | undefined;
  private before: Sample | undefined;
  /** It is told already, or was done from here. */
  private explained = false;

  /** A pause is about to be sent from here. `failed` is called when it was not taken. */
  expect(): { failed(): void } {
    const before = this.explained;
    this.explained = true;
    return { failed: () => (this.explained = before) };
  }

  /** An earlier window has seen it run. */
  ranBefore(): void {
    this.ran = true;
  }

  /** One reading. True once for each pause that somebody else made, as soon as it can't be anything else. */
  see(phase: Phase, sample: Sample): boolean {
    const before = this.before ?? sample;
    this.before = sample;
    if (phase !== 'paused') {
      // An own pause shows itself a reading later: what was sent just now still explains it.
      if (this.stoppedAtMs !== undefined) this.explained = false;
      this.stoppedAtMs = undefined;
      this.ran = phase === 'precopy';
      return false;
    }
    // A guest that stood still before its memory was ever copied was paused before its migration.
    if (!this.ran) return false;
    this.stoppedAtMs ??= sample.atMs;
    if (this.explained || !isPause(before, sample, sample.atMs - this.stoppedAtMs)) return false;
    this.explained = true;
    return true;
  }
}

function isPause(before: Sample, sample: Sample, stoppedMs: number): boolean {
  const switchOverMs = Math.max(leastMs, downtimeSlack * (sample.maxDowntimeMs ?? usualDowntimeMs));
  const remaining = remainingBytes(sample);
  const bytesPerSecond = bandwidthBytesPerSecond(sample);
  const toGoMs =
    remaining === undefined || bytesPerSecond === undefined ? undefined : (1000 * remaining) / bytesPerSecond;
  // A switch to post-copy stops it as well, whatever there is to go, but only for a moment: one reading alone tells nothing.
  if (stoppedMs === 0) return false;
  return (stoppedMs > switchOverMs && goesOn(before, sample)) || (toGoMs !== undefined && toGoMs > switchOverMs);
}
