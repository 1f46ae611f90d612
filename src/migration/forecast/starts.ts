import type { Settings } from './forecast.js';
import type { Present } from './present.js';
import { beyondFits, isHeldBack } from './rateLimit.js';
import type { Start } from './simulate.js';
import type { Hypothesis } from './writing.js';

const mib = 2 ** 20;
/** How much faster a round may go once pages are compressed, where none was yet: up to about the best that xbzrle can do. */
const compressedBy = [1, 3, 10, 30, 100] as const;
/** QEMU fills its cache of pages in the second round, and sends what changed in them from the third on. */
const compressedFromRound = 3;

/** Where it is now, with `settings` in place of those in force; undefined where too little was read. */
export function startOf(present: Present, settings: Settings): Start | undefined {
  const { iteration, remainingBytes, bandwidthBytesPerSecond: measured } = present;
  if (iteration === undefined || remainingBytes === undefined || measured === undefined) return undefined;
  const bandwidth = speedOf(present, measured, settings.speedMiBps);
  // Since it stands still, if it does, it dirties nothing; if that was in an earlier round, there is nothing more to come.
  const untilMs = Math.max(iteration.startMs, present.pausedAtMs ?? present.elapsedMs);
  const roundMs = untilMs - iteration.startMs;
  return {
    leftBytes: remainingBytes,
    roundMs,
    busyRoundMs: present.activity?.busyMs(iteration.startMs, untilMs) ?? roundMs,
    rewrittenShare: 1,
    bandwidthBytesPerSecond: bandwidth,
    drainBytesPerSecond: bandwidth * present.compression,
    laterDrainBytesPerSecond: bandwidth * present.compression,
    plainRounds: Math.max(0, compressedFromRound - 1 - iteration.number),
    maxDowntimeMs: settings.maxDowntimeMs ?? present.maxDowntimeMs,
    throttlePercent: settings.throttlePercent ?? present.throttlePercent,
    autoConverge: settings.autoConverge ?? present.autoConverge,
    beyondFitsSeconds: beyondFits(isCapped(present)),
  };
}

/** Whether the cap, not the link, holds the migration back. */
export function isCapped({ bandwidthBytesPerSecond, capBytesPerSecond }: Present): boolean {
  return isHeldBack(bandwidthBytesPerSecond, capBytesPerSecond);
}

/** What is carried at another cap: what the cap is, if the link was never seen to be full. */
function speedOf(present: Present, measured: number, speedMiBps: number | undefined): number {
  if (speedMiBps === undefined) return measured;
  const cap = speedMiBps > 0 ? speedMiBps * mib : Infinity;
  if (!isCapped(present)) return Math.min(measured, cap);
  // Of a cap, the protocol takes as much as it did of the one before.
  const kept = Math.min(1.02, measured / (present.capBytesPerSecond ?? measured));
  return Number.isFinite(cap) ? cap * kept : measured;
}

/** What is not known and matters: in the first round how much of the rest is filled. */
export function starts(
  base: Start,
  present: Present,
  settings: Settings,
): readonly { readonly start: Start; readonly weight: number }[] {
  const now = present.bandwidthBytesPerSecond ?? base.bandwidthBytesPerSecond;
  // A cap above all that was seen may be more than the link carries.
  const untried =
    settings.speedMiBps !== undefined &&
    base.bandwidthBytesPerSecond > 1.05 * Math.max(now, present.bestBytesPerSecond ?? 0);
  const speeds = untried ? ([1, 1, 1, 0.8] as const) : ([1] as const);
  const drains = present.compressionIsOpen ? compressedBy : ([1] as const);
  const weight = 1 / (present.leftBytes.length * speeds.length * drains.length);
  return present.leftBytes.flatMap((leftBytes) =>
    speeds.flatMap((speed) =>
      drains.map((drain) => ({
        weight,
        start: {
          ...base,
          leftBytes,
          bandwidthBytesPerSecond: base.bandwidthBytesPerSecond * speed,
          drainBytesPerSecond: base.drainBytesPerSecond * speed,
          laterDrainBytesPerSecond: base.drainBytesPerSecond * speed * drain,
        },
      })),
    ),
  );
}

/** In the first round what is left is any memory: the guest rewrites its working set's share of it. */
export function rewriting(start: Start, present: Present, { workingSetBytes }: Hypothesis): Start {
  if (present.iteration?.number !== 1) return start;
  return {
    ...start,
    rewrittenShare: Math.min(1, workingSetBytes / Math.max(1, present.filledBytes)),
  };
}
