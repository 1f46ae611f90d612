import type { Action } from '../../../src/migration/model.js';
import type { GuestPlan } from '../../lab/lab.js';
import { randomFrom } from './random.js';

/** What a recording is of, so that a score can be told by kind. */
export const kinds = [
  'idle',
  'converging',
  'stuck',
  'bursty',
  'stops',
  'starts',
  'speedUp',
  'speedDown',
  'autoConverge',
  'compressed',
  'sharing',
] as const;
export type RecordingKind = (typeof kinds)[number];

/** One migration to be recorded: a guest, how it is migrated, and what is done to it on the way. */
export interface RecordingPlan {
  readonly index: number;
  readonly kind: RecordingKind;
  readonly guest: Omit<GuestPlan, 'name'>;
  /** How long somebody reads its form before it begins. */
  readonly beforeSeconds?: number;
  readonly bandwidthMiBps: number;
  readonly extra: readonly string[];
  readonly steps: readonly { readonly afterMs: number; readonly action: Action }[];
  /** What still runs then is paused: the freeze that follows is a measurement too. */
  readonly pauseAfterMs: number;
  /** A second migration, of this guest, that begins so much later and shares a link that carries no more than this. */
  readonly beside?: { readonly guest: RecordingPlan['guest']; readonly afterMs: number; readonly linkMiBps: number };
}

const stepMiB = 8;
/** What a guest of the lab needs beside its working set. */
const overheadMiB = 120;
/** What of that is no zero page, and so is sent too. */
const filledMiB = 70;
const smallestMiB = 32;
const largestMiB = 400;
/** What has not ended by then is taken for one that never ends. It is paused a while after, at a moment of chance. */
export const horizonMs = 56_000;
/** What converges may take its time: a pause would only hide how long. */
export const patienceMs = 110_000;

/** For so long a guest is measured before its migration begins, of the seeds from each on; and watched, as long as somebody reads the form. */
const measuredSeconds = [
  { fromSeed: 22, seconds: 100 },
  { fromSeed: 15, seconds: 45 },
  { fromSeed: 10, seconds: 28 },
  { fromSeed: 8, seconds: 7 },
] as const;

/**
 * From this seed on a guest writes about so often a second, in steps of 1 to 8 MiB, and every third does so here and there. Before it, each
 * wrote its working set from one end to the other in steps of 8 MiB: next to nothing for a second or two, then all of it at once.
 */
const evenlyFromSeed = 26;
/** And from this one on, guests that write in bursts are waited for as those are that converge: many end in a pause of theirs that comes late. */
const patientFromSeed = 28;
const stepsPerSecond = 8;
const scatteredEvery = 3;

/** The plan of this number, by its seed. What was recorded by an earlier version of this keeps its own plan. */
export function planOf(seed: number, index: number): RecordingPlan {
  const plan = loadOf(seed, index);
  if (seed < evenlyFromSeed) return plan;
  const { guest, beside } = plan;
  // Eleven kinds in turn: over three seeds, each kind has its share of those.
  const evenly = (written: RecordingPlan['guest'], number: number): RecordingPlan['guest'] => ({
    ...written,
    // The slower of two loads, where it has two.
    stepMiB: stepOf(written.thenMiBps === 0 ? written.rateMiBps : (written.thenMiBps ?? written.rateMiBps)),
    scattered: number % scatteredEvery === 0,
  });
  return {
    ...plan,
    guest: evenly(guest, seed + index),
    ...(beside === undefined ? {} : { beside: { ...beside, guest: evenly(beside.guest, seed + index + 1) } }),
  };
}

function stepOf(rateMiBps = 0): 1 | 2 | 4 | 8 {
  return ([1, 2, 4] as const).find((mib) => rateMiBps <= mib * stepsPerSecond) ?? stepMiB;
}

function loadOf(seed: number, index: number): RecordingPlan {
  const random = randomFrom(seed * 1000 + index);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const whole = (low: number, high: number): number => Math.round(between(low, high));
  const kind = kinds[index % kinds.length] ?? 'stuck';
  const beforeSeconds = measuredSeconds.find(({ fromSeed }) => seed >= fromSeed)?.seconds ?? 0;
  /** As many small ones as large ones. */
  const size = (most: number): number =>
    stepMiB * Math.round((smallestMiB * (most / smallestMiB) ** random()) / stepMiB);
  const workingSetMiB = size(largestMiB);
  const secondsAtFirst = firstSeconds[kind];
  /** So that the first round takes about as long as a plan of its kind needs. */
  const bandwidthMiBps = Math.max(
    4,
    Math.round((workingSetMiB + filledMiB) / between(secondsAtFirst[0], secondsAtFirst[1])),
  );
  const rate = (factor: number): number => Math.max(1, Math.round(bandwidthMiBps * factor));
  const guest = (load: NonNullable<GuestPlan['load']>, factor: number): RecordingPlan['guest'] => ({
    memoryMiB: memoryFor(workingSetMiB),
    workingSetMiB,
    rateMiBps: rate(factor),
    load,
  });
  const plan = {
    index,
    kind,
    beforeSeconds,
    bandwidthMiBps,
    extra: [],
    steps: [],
    pauseAfterMs: horizonMs + whole(0, 14_000),
  };
  switch (kind) {
    case 'idle':
      return { ...plan, guest: { ...guest('idle', 0), rateMiBps: 0 }, pauseAfterMs: patienceMs };
    case 'converging':
      return { ...plan, guest: guest('hot', between(0.1, 0.85)), pauseAfterMs: patienceMs };
    case 'stuck':
      return { ...plan, guest: guest('hot', between(1, 4)) };
    case 'bursty':
      return {
        ...plan,
        guest: guest('bursty', between(0.5, 3)),
        ...(seed < patientFromSeed ? {} : { pauseAfterMs: patienceMs }),
      };
    case 'stops': {
      // Wholly, or down to what lets it converge.
      const thenMiBps = random() < 0.4 ? 0 : rate(between(0.2, 0.7));
      const loadSeconds = beforeSeconds + whole(8, 24);
      return {
        ...plan,
        guest: { ...guest('stops', between(1.2, 3)), loadSeconds, thenMiBps },
        pauseAfterMs: patienceMs,
      };
    }
    case 'starts': {
      const factor = between(0.4, 2);
      const { pauseAfterMs } = plan;
      return {
        ...plan,
        guest: { ...guest('starts', factor), loadSeconds: beforeSeconds + whole(3, 12) },
        // What writes less than is sent ends at some time.
        pauseAfterMs: factor < 1 ? patienceMs : pauseAfterMs,
      };
    }
    case 'speedUp':
    case 'speedDown': {
      const factor = kind === 'speedUp' ? between(1.4, 3) : between(0.4, 0.75);
      const speedMiBps = rate(factor);
      const afterMs = kind === 'speedUp' ? whole(8_000, 16_000) : whole(4_000, 10_000);
      const steps = [{ afterMs, action: { kind: 'setSpeed' as const, speedMiBps } }];
      const ofNewSpeed = kind === 'speedUp' ? between(0.5, 1.4) : between(0.5, 2.5);
      const { pauseAfterMs } = plan;
      const patient = ofNewSpeed < 1 ? patienceMs : pauseAfterMs;
      return { ...plan, guest: guest('hot', factor * ofNewSpeed), steps, pauseAfterMs: patient };
    }
    case 'autoConverge':
      return {
        ...plan,
        guest: guest('hot', between(0.9, 2)),
        extra: ['--auto-converge'],
      };
    case 'compressed':
      return {
        ...plan,
        guest: { ...guest('hot', between(0.8, 2)), alike: true },
        extra: ['--compressed', '--comp-methods', 'xbzrle', '--comp-xbzrle-cache', String(512 << 20)],
      };
    case 'sharing': {
      const other = size(160);
      const linkMiBps = Math.round(bandwidthMiBps * between(0.9, 1.5));
      return {
        ...plan,
        guest: guest('hot', between(0.1, 0.9)),
        bandwidthMiBps: 0,
        // It has the link to itself once the other is over, and may end then.
        pauseAfterMs: patienceMs,
        beside: {
          guest: {
            memoryMiB: memoryFor(other),
            workingSetMiB: other,
            rateMiBps: Math.max(1, Math.round(linkMiBps * between(0.05, 0.8))),
            load: 'hot',
          },
          afterMs: whole(1_000, 8_000),
          linkMiBps,
        },
      };
    }
  }
}

/** How long the first round is to take, in seconds, so that a migration takes 15 to 60 s in all. */
const firstSeconds: Readonly<Record<RecordingKind, readonly [number, number]>> = {
  idle: [16, 45],
  converging: [10, 20],
  stuck: [7, 14],
  bursty: [8, 16],
  stops: [6, 10],
  starts: [10, 16],
  speedUp: [9, 15],
  speedDown: [6, 10],
  autoConverge: [6, 10],
  compressed: [9, 15],
  sharing: [8, 14],
};

function memoryFor(workingSetMiB: number): number {
  return Math.max(256, Math.ceil((workingSetMiB * 1.12 + overheadMiB) / 32) * 32);
}
