import { cleanLabel } from '../base/cleanText.js';
import { formatBytes, formatDuration, formatMs, formatPercent, formatRate } from '../panel/format.js';
import { type Describable, hostName } from './describe.js';
import { autoConvergeNote } from './autoConverge.js';
import { takenText } from './forecast/taken.js';
import { outlookFor, verdictSentence } from './forecast/verdict.js';
import type { MigrationResult, MigrationState, Sample } from './model.js';
import {
  bandwidthBytesPerSecond,
  diskBytesPerSecond,
  diskRemainingBytes,
  expectedDowntimeMs,
  iterationOf,
  pausedMs,
  remainingBytes,
  throttlePercent,
} from './readings.js';

/** libvirt's reasons are a line; a longer one was not meant for this sentence. */
const reasonLimit = 500;

/** What happens and why, and what it comes to; after the end, the result. A figure that nobody gave is left out. */
export function describeSentence(migration: Describable): string {
  const { state, samples } = migration;
  if (state.outcome !== undefined)
    return `${outcomeSentence(migration)}${placeSentence(state)}${whereAfterFailure(migration)}`;
  const sample = samples.at(-1);
  switch (state.phase) {
    case 'setup':
      return withVerdict(
        'libvirt connects the two hosts and prepares the destination; no memory has been copied yet.',
        migration,
      );
    case 'diskCopy':
      return withVerdict(diskSentence(sample), migration);
    case 'precopy':
      return `${withVerdict(precopySentence(sample), migration)}${autoConvergeNote(migration)}`;
    case 'paused':
      return withVerdict(pausedSentence(migration, sample), migration);
    case 'postcopy':
      return withVerdict(postcopySentence(migration, sample), migration);
    case 'postcopyInterrupted':
      return interruptedSentence(migration);
    case 'ended':
      return 'The migration has ended; both hosts are being asked how.';
  }
}

/** What was read, and what is expected of it. While nobody answers, nothing is. */
function withVerdict(facts: string, migration: Describable): string {
  const outlook = migration.state.interrupted === undefined ? outlookFor(migration) : undefined;
  const verdict = outlook === undefined ? '' : verdictSentence(outlook);
  return verdict === '' ? facts : `${facts} ${verdict}`;
}

function diskSentence(sample: Sample | undefined): string {
  const remaining = sample && diskRemainingBytes(sample);
  if (sample === undefined || remaining === undefined) return 'Disks are copied first; memory follows.';
  const total = sample.job.diskTotalBytes;
  const of = total === undefined ? '' : ` of ${formatBytes(total)}`;
  return `Disks are copied first: ${formatBytes(remaining)}${of} are left${at(diskBytesPerSecond(sample))}; memory follows.`;
}

function precopySentence(sample: Sample | undefined): string {
  const remaining = sample && remainingBytes(sample);
  if (sample === undefined || remaining === undefined) return 'Memory is being copied while the guest runs.';
  const iteration = iterationOf(sample);
  const amount = `${formatBytes(remaining)} of memory are left${at(bandwidthBytesPerSecond(sample))}`;
  if (iteration === undefined) return `${amount}; this libvirt tells neither iterations nor the dirty rate.`;
  const start = `Iteration ${iteration}: ${amount}`;
  if (iteration === 1) return `${start}; how much the guest dirties meanwhile is counted when all has been sent once.`;
  const throttle = throttlePercent(sample);
  const throttled = throttle === undefined ? '' : ` Auto-converge throttles the guest by ${formatPercent(throttle)}.`;
  const expected = expectedDowntimeMs(sample);
  if (expected === undefined) return `${start}.${throttled}`;
  const allowed = sample.maxDowntimeMs === undefined ? '' : `, and ${formatMs(sample.maxDowntimeMs)} are allowed`;
  return `${start}; to switch over, QEMU would stop the guest for about ${formatMs(expected)}${allowed}.${throttled}`;
}

function pausedSentence({ state, marks }: Describable, sample: Sample | undefined): string {
  const remaining = sample && remainingBytes(sample);
  const amount =
    sample === undefined || remaining === undefined
      ? ''
      : `: ${formatBytes(remaining)} are left${at(bandwidthBytesPerSecond(sample))}`;
  // Only a guest that was seen running is known to run again: one paused before its migration stays paused.
  const ranBefore = marks.some((mark) => mark.kind === 'phase' && mark.phase === 'precopy');
  const where = state.destination === undefined ? 'its destination' : hostName(state.destination);
  const then = ranBefore ? ` It goes on by itself on ${where} when the copy is complete.` : '';
  return `The guest is paused while its memory is copied${amount}.${then}`;
}

function postcopySentence({ source, state }: Describable, sample: Sample | undefined): string {
  const where = state.destination === undefined ? 'its destination' : hostName(state.destination);
  const remaining = sample && remainingBytes(sample);
  const what =
    remaining === undefined ? 'the memory that is missing' : `the ${formatBytes(remaining)} that are missing`;
  return (
    `The guest runs on ${where} and fetches ${what} from ${hostName(source)}. ` +
    'There is no way back: if the network between them fails now, so does the guest.'
  );
}

function interruptedSentence({ source, state }: Describable): string {
  const where = state.destination === undefined ? 'its destination' : hostName(state.destination);
  return (
    `The migration was interrupted in post-copy: the guest has half of its memory on ${where} and half on ${hostName(source)}, ` +
    'and stands still as soon as it needs what is missing. It never goes back, and is lost if either half is: resume the migration, ' +
    'once the two hosts reach each other.'
  );
}

function outcomeSentence(migration: Describable): string {
  const { state, source, startedAtMs } = migration;
  const { outcome } = state;
  const after = state.endedAtMs === undefined ? '' : ` after ${formatDuration(state.endedAtMs - startedAtMs)}`;
  switch (outcome?.kind) {
    case undefined:
      return '';
    case 'completed':
      return completedSentence(migration, outcome.result);
    case 'failed':
      return `The migration failed${after}: ${ended(cleanLabel(outcome.reason, reasonLimit))}`;
    case 'aborted':
      return `The migration was aborted${after}; the guest stays on ${hostName(source)}.`;
    case 'endedWithoutCompleting':
      return (
        `The migration ended${after} without completing; the guest is still on ${hostName(source)}. ` +
        'Whether it failed or was aborted elsewhere, the host does not tell.'
      );
    case 'lost':
      return `Nobody saw how the migration ended: ${ended(cleanLabel(outcome.reason, reasonLimit))}${lastVerdict(migration)}`;
  }
}

/** What was to be expected of one whose end nobody saw. */
function lastVerdict({ samples, marks }: Describable): string {
  const last = marks.findLast((mark) => mark.kind === 'phase' && mark.phase !== 'ended');
  if (last?.kind !== 'phase') return '';
  const outlook = outlookFor({ samples, marks, state: { phase: last.phase } });
  const verdict = outlook === undefined ? '' : verdictSentence(outlook);
  return verdict === '' ? '' : ` By its last reading: ${verdict.charAt(0).toLowerCase()}${verdict.slice(1)}`;
}

function completedSentence(migration: Describable, result: MigrationResult): string {
  const { totalTimeMs, downtimeMs, transferredBytes, iterations } = result;
  const where = migration.state.destination === undefined ? '' : ` to ${hostName(migration.state.destination)}`;
  const facts = [
    totalTimeMs === undefined ? undefined : `took ${formatDuration(totalTimeMs)}`,
    downtimeMs === undefined ? undefined : `stopped the guest for ${formatMs(downtimeMs)}`,
    transferredBytes === undefined ? undefined : `sent ${formatBytes(transferredBytes)}${inIterations(iterations)}`,
  ].filter((fact) => fact !== undefined);
  const done = `The migration${where} is complete`;
  if (facts.length === 0) return `${done}; neither host tells its figures any more.`;
  const unknown = downtimeMs === undefined ? ' How long the guest stood still, neither host tells.' : '';
  const taken = takenText(migration);
  return `${done}: it ${listed(facts)}.${unknown}${pauseNote(migration, downtimeMs)}${taken === '' ? '' : ` ${taken}`}`;
}

/**
 * libvirt counts a pause as downtime where it noticed the guest stop, QEMU counts only the switch-over: which of them a
 * figure came from shows only by comparing it with the pause that was seen.
 */
function pauseNote(migration: Describable, downtimeMs: number | undefined): string {
  const paused = pausedMs(migration);
  if (paused === undefined) return '';
  if (downtimeMs === undefined) return ` It was paused for about ${formatMs(paused)} before.`;
  if (downtimeMs > paused / 2) return '';
  return ` Before that it was paused for about ${formatMs(paused)}, which this downtime does not count.`;
}

/** What both hosts tell of the guest now, where that is not as it should be, or they can't tell. */
function placeSentence({ leftPausedOn, place }: MigrationState): string {
  if (leftPausedOn !== undefined) return ` The guest was left paused on ${hostName(leftPausedOn)}: resume it.`;
  switch (place?.kind) {
    case undefined:
      return '';
    case 'fine':
      return place.note === undefined ? '' : ` ${place.note}`;
    case 'unknown':
      return ` ${place.text}`;
    case 'wrong':
      return ` ${place.text} ${place.advice}`;
  }
}

function at(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '' : ` at ${formatRate(bytesPerSecond)}`;
}

function inIterations(iterations: number | undefined): string {
  if (iterations === undefined || iterations < 1) return '';
  return ` in ${iterations} ${iterations === 1 ? 'iteration' : 'iterations'}`;
}

function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

function ended(text: string): string {
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

/** libvirt's reason does not say where the guest is; that is the first thing one wants to know. */
function whereAfterFailure({ state, source }: Describable): string {
  const { outcome, place } = state;
  const isAsBefore = outcome?.kind === 'failed' && place?.kind === 'fine' && place.on === source;
  return isAsBefore ? ` The guest is still on ${hostName(source)}.` : '';
}
