import { cleanLabel } from '../base/cleanText.js';
import { formatBytes, formatDuration, formatMs } from '../panel/format.js';
import type { PanelTone } from '../panel/protocol.js';
import { valueText } from './changes.js';
import { shortVerdictOn } from './forecast/verdict.js';
import type { Change, Migration, MigrationState, Outcome, Phase, Sample, SteeredValue } from './model.js';
import { diskRemainingBytes, iterationOf, remainingBytes } from './readings.js';

/** What these texts need of a migration, so that a test, or a later forecast, need not build a whole one. */
export type Describable = Pick<
  Migration,
  'domainName' | 'domainTitle' | 'source' | 'startedAtMs' | 'state' | 'samples' | 'marks'
>;

/** In a line that holds more than a name, a name may take this much. */
const nameInLineLimit = 60;

export const phaseNames: Readonly<Record<Phase, string>> = {
  setup: 'Setting up',
  diskCopy: 'Copying disks',
  precopy: 'Copying memory',
  paused: 'Paused',
  postcopy: 'Post-copy',
  postcopyInterrupted: 'Post-copy interrupted',
  ended: 'Ended',
};

const outcomeNames: Readonly<Record<Outcome['kind'], string>> = {
  completed: 'Completed',
  failed: 'Failed',
  aborted: 'Aborted',
  endedWithoutCompleting: 'Ended without completing',
  lost: 'End not seen',
};

export const valueNames: Readonly<Record<SteeredValue, string>> = {
  speed: 'Speed',
  postcopySpeed: 'Post-copy speed',
  maxDowntime: 'Max downtime',
};

/** `Max downtime 300 ms → 10240 ms, not from here`. */
export function describeChange(change: Change): string {
  if (change.value === 'guest') return 'Guest paused, not from here';
  const { value, from, to } = change;
  return `${valueNames[value]} ${valueText(value, from)} → ${valueText(value, to)}, not from here`;
}

/** The phase, or, after the end, how it ended. */
export function describePhase({ phase, outcome }: MigrationState): string {
  return outcome === undefined ? phaseNames[phase] : outcomeNames[outcome.kind];
}

export function guestName({ domainName }: Pick<Migration, 'domainName'>): string {
  // libvirt lets one be nothing but spaces: in quotes it is something to see.
  return cleanLabel(domainName, nameInLineLimit) || JSON.stringify(domainName);
}

export function hostName(name: string): string {
  return cleanLabel(name, nameInLineLimit);
}

/** `web-1 → hv2`; where the destination is not known, `web-1 from hv1`. */
export function describeRoute(migration: Pick<Migration, 'domainName' | 'source' | 'state'>): string {
  const { destination } = migration.state;
  const name = guestName(migration);
  return destination === undefined
    ? `${name} from ${hostName(migration.source)}`
    : `${name} → ${hostName(destination)}`;
}

/**
 * Phase, the one live figure and the forecast: `iteration 7 · 121 MiB left · ~40 s left`; after the end, the result: `completed ·
 * 158 ms downtime`.
 */
export function describeShort(migration: Pick<Migration, 'state' | 'samples' | 'marks'>): string {
  const { state, samples } = migration;
  const { outcome, phase } = state;
  if (outcome !== undefined) return describeOutcomeShort(outcome, state);
  if (state.interrupted !== undefined) return joined(phaseNames[phase].toLowerCase(), 'no answer from its source');
  const sample = samples.at(-1);
  const verdict = phase === 'ended' ? undefined : shortVerdictOn(migration);
  switch (phase) {
    case 'setup':
      return joined('setting up', verdict);
    case 'diskCopy':
      return joined('copying disks', left(sample && diskRemainingBytes(sample)), verdict);
    case 'precopy':
      return joined(iterationText(sample) ?? 'copying memory', left(sample && remainingBytes(sample)), verdict);
    case 'paused':
      return joined('paused', left(sample && remainingBytes(sample)), verdict);
    case 'postcopy':
      return joined('post-copy', left(sample && remainingBytes(sample)), verdict);
    case 'postcopyInterrupted':
      return joined('post-copy interrupted', 'guest stands still');
    case 'ended':
      // The end is known a moment before its outcome: both hosts are being asked.
      return 'ending';
  }
}

/** `web-1 → hv2 · iteration 7 · 121 MiB left · never at these settings`. */
export function describeForStatusBar(
  migration: Pick<Migration, 'domainName' | 'source' | 'state' | 'samples' | 'marks'>,
): string {
  return `${describeRoute(migration)} · ${describeShort(migration)}`;
}

/** For the destination's row while its guest arrives. */
export function describeIncoming({ source, state }: Pick<Migration, 'source' | 'state'>): string {
  const incoming = `incoming from ${hostName(source)}`;
  return state.phase === 'postcopyInterrupted' ? joined(incoming, 'post-copy interrupted') : incoming;
}

/** Good, bad, or wanting attention: the colour of the phase. */
export function toneOf({ outcome, phase, interrupted, leftPausedOn, place }: MigrationState): PanelTone {
  if (place?.kind === 'wrong' && leftPausedOn === undefined) return 'bad';
  switch (outcome?.kind) {
    case undefined:
      if (phase === 'postcopyInterrupted') return 'bad';
      return phase === 'paused' || interrupted !== undefined ? 'warning' : 'running';
    case 'completed':
      return leftPausedOn === undefined ? 'good' : 'warning';
    case 'failed':
      return 'bad';
    case 'aborted':
      return leftPausedOn === undefined ? 'neutral' : 'warning';
    case 'endedWithoutCompleting':
    case 'lost':
      return 'warning';
  }
}

/** How many sample intervals may pass, and how much a busy host may be late beyond them, before figures count as old. */
const lateIntervals = 3;
const lateGraceMs = 2000;

/**
 * Why the figures are old, when they are: the host's connection is lost, or it simply does not answer. The age is told in
 * steps, so that the text does not change, and is not read aloud, every second.
 */
export function describeStale(
  { source, state, samples }: Pick<Migration, 'source' | 'state' | 'samples'>,
  nowMs: number,
  sampleIntervalMs: number,
): string | undefined {
  if (state.outcome !== undefined || state.phase === 'ended') return undefined;
  const last = samples.at(-1);
  const ageMs = last === undefined ? undefined : Math.max(0, nowMs - last.atMs);
  const late = ageMs !== undefined && ageMs > lateIntervals * sampleIntervalMs + lateGraceMs;
  if (state.interrupted === undefined && !late) return undefined;
  const why = cleanLabel(state.interrupted ?? `${hostName(source)} has not answered since.`, 300);
  return ageMs === undefined || ageMs < ageStepMs ? why : `Figures are ${ageText(ageMs)} old: ${why}`;
}

const ageStepMs = 5000;

function ageText(ageMs: number): string {
  const stepMs = ageMs < 60_000 ? ageStepMs : 60_000;
  return formatDuration(Math.floor(ageMs / stepMs) * stepMs);
}

function describeOutcomeShort(outcome: Outcome, { leftPausedOn, place }: MigrationState): string {
  const name = outcomeNames[outcome.kind].toLowerCase();
  if (place?.kind === 'wrong') return joined(name, place.short);
  if (leftPausedOn !== undefined) return joined(name, `guest left paused on ${hostName(leftPausedOn)}`);
  if (outcome.kind !== 'completed' || outcome.result.downtimeMs === undefined) return name;
  return joined(name, `${formatMs(outcome.result.downtimeMs)} downtime`);
}

function iterationText(sample: Sample | undefined): string | undefined {
  const iteration = sample && iterationOf(sample);
  return iteration === undefined ? undefined : `iteration ${iteration}`;
}

function left(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : `${formatBytes(bytes)} left`;
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' · ');
}
