import type { Mark, Sample } from '../../../../src/migration/model.js';
import { randomFrom } from '../../../bench/forecast/random.js';
import { figures } from '../figures.js';

/** A guest that is migrated, page by page, by QEMU's own rules: the other side of the forecast. All at a given ms. */
export interface SimulatedGuest {
  readonly memoryMiB?: number;
  /** Never written: goes by for almost nothing. */
  readonly zeroMiB?: number;
  readonly workingSetMiB: number;
  readonly rateMiBps: number | ((atMs: number) => number);
  readonly shape?: 'scattered' | 'sweep';
  readonly speedMiBps?: number | ((atMs: number) => number);
  readonly linkMiBps?: number | ((atMs: number) => number);
  readonly maxDowntimeMs?: number | ((atMs: number) => number);
  readonly pausedAtMs?: number;
  readonly autoConverge?: boolean;
  /** How many of its virtual CPUs are busy; where it is left out, nothing tells. */
  readonly vcpus?: ((atMs: number) => number) | undefined;
  /** What compression leaves of a page from the third round on. */
  readonly compressedTo?: number;
  readonly untilMs?: number;
  readonly seed?: number;
}

export interface SimulatedRun {
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  /** Undefined where it had not ended by then. */
  readonly endedMs: number | undefined;
  readonly freezeMs: number | undefined;
}

const mib = 2 ** 20;
/** Memory in pieces of this: fine enough for a second's figures. */
const pieceMiB = 0.25;
const tickMs = 50;
const limitsMs = 240_000;

/** Its whole migration, sampled each second. */
export function migrate(guest: SimulatedGuest): SimulatedRun {
  const { memoryMiB = 512, zeroMiB = 128, workingSetMiB, shape = 'scattered', untilMs = limitsMs } = guest;
  const random = randomFrom(guest.seed ?? 1);
  const at = (value: number | ((atMs: number) => number) | undefined, ms: number, usual: number): number =>
    typeof value === 'function' ? value(ms) : (value ?? usual);
  const pieces = memoryMiB / pieceMiB;
  const zeroFrom = pieces - zeroMiB / pieceMiB;
  const working = workingSetMiB / pieceMiB;
  const pending = new Uint8Array(pieces).fill(1);
  const touched = new Uint8Array(pieces);
  const samples: Sample[] = [];
  const marks: Mark[] = [];
  let left = pieces;
  let cursor = 0;
  let iteration = 1;
  let sent = 0;
  let zero = 0;
  let normal = 0;
  let budget = 0;
  let writes = 0;
  let sweepAt = 0;
  let syncedMs = 0;
  let sentInRound = 0;
  let rate = 0;
  let heavy = 0;
  let throttle = 0;
  let expectedMs = 300;
  let vcpuMs = 0;
  const speedAt = (ms: number): number => Math.min(at(guest.speedMiBps, ms, 20), at(guest.linkMiBps, ms, 1000));

  const write = (ms: number): void => {
    if (guest.pausedAtMs !== undefined && ms >= guest.pausedAtMs) return;
    writes += (at(guest.rateMiBps, ms, 0) * (1 - throttle / 100) * tickMs) / 1000 / pieceMiB;
    for (; writes >= 1; writes -= 1) {
      const piece = shape === 'sweep' ? sweepAt : Math.floor(random() * working);
      sweepAt = (sweepAt + 1) % Math.max(1, working);
      touched[piece] = 1;
    }
  };
  const send = (ms: number): void => {
    budget += (speedAt(ms) * tickMs) / 1000 / pieceMiB;
    const cost = iteration > 2 ? (guest.compressedTo ?? 1) : 1;
    while (left > 0) {
      while (pending[cursor] === 0) cursor = (cursor + 1) % pieces;
      const isZero = iteration === 1 && cursor >= zeroFrom;
      if (!isZero && budget < cost) break;
      if (!isZero) budget -= cost;
      pending[cursor] = 0;
      left -= 1;
      sentInRound += 1;
      if (isZero) zero += 1;
      else normal += 1;
      sent += isZero ? 0.001 : cost;
    }
    budget = Math.min(budget, 1);
  };
  const sync = (ms: number): void => {
    let found = 0;
    for (let piece = 0; piece < pieces; piece += 1) {
      if (touched[piece] === 1 && pending[piece] === 0) {
        pending[piece] = 1;
        found += 1;
      }
    }
    touched.fill(0);
    left += found;
    const tookMs = ms - syncedMs;
    if (tookMs >= 1000) {
      rate = (found * 1000) / tookMs;
      heavy += found > sentInRound / 2 ? 1 : 0;
      if (guest.autoConverge === true && heavy >= 2 && throttle < 99) {
        throttle = throttle === 0 ? 20 : Math.min(99, throttle + 10);
        heavy = 0;
      }
    }
    syncedMs = ms;
    sentInRound = 0;
    iteration += 1;
    expectedMs = (1000 * left * pieceMiB) / speedAt(ms);
    marks.push({ kind: 'iteration', atMs: ms, elapsedMs: ms, iteration });
  };
  const sample = (ms: number): void => {
    const speed = speedAt(ms);
    samples.push({
      atMs: ms,
      elapsedMs: ms,
      maxDowntimeMs: at(guest.maxDowntimeMs, ms, 300),
      speedLimitMiBps: at(guest.speedMiBps, ms, 20),
      // In the host's steps.
      ...(guest.vcpus === undefined ? {} : { vcpuMs: 10 * Math.floor(vcpuMs / 10) }),
      job: figures({
        type: 'unbounded',
        operation: 'outgoingMigration',
        memoryTotalBytes: memoryMiB * mib,
        memoryProcessedBytes: Math.round(sent * pieceMiB * mib),
        memoryRemainingBytes: left * pieceMiB * mib,
        memoryBytesPerSecond: ms < 100 ? 0 : speed * mib,
        memoryDirtyPagesPerSecond: (rate * pieceMiB * mib) / 4096,
        memoryPageSizeBytes: 4096,
        memoryIteration: iteration,
        memoryConstantPages: zero * pieceMiB * 256,
        memoryNormalPages: normal * pieceMiB * 256,
        memoryNormalBytes: normal * pieceMiB * mib,
        downtimeMs: iteration < 2 ? 300 : Math.round(expectedMs),
        ...(throttle > 0 ? { autoConvergeThrottlePercent: throttle } : {}),
        ...(guest.compressedTo === undefined
          ? {}
          : { compressionCacheMisses: 10, compressionPages: iteration > 2 ? 100 : 0 }),
      }),
    });
  };

  for (let ms = 0; ms <= untilMs; ms += tickMs) {
    if (ms % 1000 === 500) sample(ms);
    write(ms);
    vcpuMs += tickMs * (guest.vcpus?.(ms) ?? 0);
    const fits = (speedAt(ms) * at(guest.maxDowntimeMs, ms, 300)) / 1000 / pieceMiB;
    if (left < fits) {
      sync(ms);
      if (left <= fits) {
        const freezeMs = (1000 * left * pieceMiB) / at(guest.linkMiBps, ms, 1000) + 80;
        const stood = guest.pausedAtMs === undefined ? 0 : Math.max(0, ms - guest.pausedAtMs);
        return { samples, marks, endedMs: ms + freezeMs, freezeMs: freezeMs + stood };
      }
    }
    send(ms);
  }
  return { samples, marks, endedMs: undefined, freezeMs: undefined };
}

/** What was seen of it until a moment. */
export function seenUntil(
  { samples, marks }: SimulatedRun,
  elapsedMs: number,
): Pick<SimulatedRun, 'samples' | 'marks'> {
  return {
    samples: samples.filter((sample) => sample.elapsedMs <= elapsedMs),
    marks: marks.filter((mark) => mark.elapsedMs <= elapsedMs),
  };
}
