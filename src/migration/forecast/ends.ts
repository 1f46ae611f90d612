import { Distribution } from './distribution.js';
import type { Forecast } from './forecast.js';
import type { Present } from './present.js';
import { type Ending, type Start, switchOverMs } from './simulate.js';
import { isCapped } from './starts.js';

/** How much faster than a cap a link may be that was never seen without: for the switch-over, which QEMU does not cap. */
export const linkBeyondCap = [1, 4, 20] as const;
/** What a bandwidth is off by that looks steady. */
const steadyBandwidth = 0.02;

/** What ends, and after what freeze, each way as likely as it is. */
export class Ends {
  readonly timesMs = new Distribution();
  readonly freezesMs = new Distribution();
  private readonly links: readonly number[];
  private readonly bytesPerSecond: number;

  /** `standsStill`: all of it is freeze. */
  constructor(
    { bandwidthBytesPerSecond }: Start,
    present: Present,
    private readonly standsStill = false,
  ) {
    this.links = isCapped(present) ? linkBeyondCap : [1];
    this.bytesPerSecond = Math.max(bandwidthBytesPerSecond, present.bestBytesPerSecond ?? 0);
  }

  /** With its switch-over, for whatever the link may carry beyond the cap; and not before `leastMs`, each of which is as likely. */
  add({ afterMs, lastBytes }: Ending, weight: number, leastMs: readonly number[] = [0]): void {
    for (const link of this.links) {
      const lastMs = (1000 * lastBytes) / (this.bytesPerSecond * link) + switchOverMs;
      const share = weight / this.links.length;
      for (const least of leastMs) this.timesMs.add(Math.max(afterMs, least) + lastMs, share / leastMs.length);
      this.freezesMs.add(this.standsStill ? afterMs + lastMs : lastMs, share);
    }
  }
}

/** What is said of all that ends. `sure`: how likely it does. `out`: what of all ways lies below the interval, and as much above it. */
export function finishing(
  present: Present,
  { timesMs, freezesMs }: Ends,
  sure: number,
  atLeast: boolean,
  out: number,
): Extract<Forecast, { kind: 'finishes' }> {
  const off = Math.max(steadyBandwidth, present.unsteadiness);
  // Those that never end lie beyond all that do.
  const whole = timesMs.weight / sure;
  const high = atLeast ? undefined : timesMs.quantile((1 - out) * whole);
  // Open above, eight in ten are all but the first fifth of what ends; a least time is to be one more surely.
  const low = timesMs.quantile(high === undefined && !atLeast ? 0.2 * sure * whole : out * whole) ?? 0;
  const freezeAt = (share: number): number => freezesMs.quantile(share * freezesMs.weight) ?? switchOverMs;
  return {
    kind: 'finishes',
    medianMs: timesMs.quantile(0.5 * sure * whole) ?? 0,
    intervalMs: [
      Math.max(0, low * (1 - 1.3 * off) - 100),
      high === undefined ? undefined : high * (1 + 1.3 * off) + 300,
    ],
    freezeMs: freezeAt(0.5),
    freezeIntervalMs: [freezeAt(0.05), freezeAt(0.95)],
    sure,
    atLeast,
  };
}
