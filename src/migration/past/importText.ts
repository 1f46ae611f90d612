import { UserError } from '../../base/errors.js';
import type { JobInfo } from '../../virsh/jobInfo.js';
import { parseJobInfo } from '../../virsh/parseJobInfo.js';
import type { JournalRecord, Reading } from '../journalFormat.js';
import type { MigrationState, Outcome } from '../model.js';
import { phaseOf } from '../phase.js';
import { TrackedMigration } from '../trackedMigration.js';

/** One answer of domjobinfo in a text. */
interface Answer {
  /** From 1. */
  readonly line: number;
  readonly job: JobInfo;
}

/** What a migration is called that a text tells nothing of. */
export interface ImportedAs {
  readonly domainName: string;
  /** Ids, one for each migration that is in the text. */
  readonly idOf: (index: number) => string;
  /** When it is imported: the text tells no time. */
  readonly nowMs: number;
}

/**
 * Reads the answers of domjobinfo, one after another, in any form and of any version, as people paste them: with prompts, commands,
 * dates and empty lines between them. Where the time that has elapsed goes back, another migration begins. Throws a `UserError` that says
 * which line is wrong.
 */
export function importText(text: string, as: ImportedAs): readonly JournalRecord[] {
  const answers = answersOf(text);
  const migrations = separate(answers);
  if (migrations.length === 0) {
    throw new UserError(
      'This text has no reading of a running migration: no "Job type: Unbounded" with a time elapsed was found in it.',
      'Paste what virsh domjobinfo printed while the migration ran, once or again and again.',
    );
  }
  const domainName = domainIn(text) ?? as.domainName;
  return migrations.map((own, index) => recordOf(own, domainName, as, index));
}

/** A line that begins an answer. Prompts and clocks may stand before it. */
const firstField = /^\s*Job type:/;
const field = /^\s*(?!error:)[A-Za-z][A-Za-z _/-]{0,60}:(\s|$)/;

function answersOf(text: string): readonly Answer[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const answers: Answer[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (!firstField.test(lines[index] ?? '')) continue;
    let end = index + 1;
    // Between its parts --rawstats prints an empty line; a second one, or what is no field, ends it.
    while (end < lines.length && !firstField.test(lines[end] ?? '') && goesOn(lines, end)) end += 1;
    answers.push({ line: index + 1, job: read(lines.slice(index, end), index + 1) });
    index = end - 1;
  }
  return answers;
}

function goesOn(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (line.trim() === '') return field.test(lines[at + 1] ?? '') && !firstField.test(lines[at + 1] ?? '');
  return field.test(line);
}

function read(lines: readonly string[], line: number): JobInfo {
  try {
    // The text may end without a newline; what was pasted is whole.
    return parseJobInfo(`${lines.join('\n')}\n`);
  } catch (error) {
    throw new UserError(`Line ${line}: this is not what domjobinfo prints.`, undefined, { cause: error });
  }
}

/** Readings of each migration, and the answer that tells its end, if one does. */
interface Own {
  readonly readings: readonly Answer[];
  readonly end: Answer | undefined;
}

function separate(answers: readonly Answer[]): readonly Own[] {
  const found: { readings: Answer[]; end: Answer | undefined }[] = [];
  let open: (typeof found)[number] | undefined;
  for (const answer of answers) {
    const { type } = answer.job;
    if (type === 'none') continue;
    const isRunning = type === 'bounded' || type === 'unbounded' || type === 'unknown';
    if (!isRunning) {
      if (open !== undefined) open.end = answer;
      open = undefined;
      continue;
    }
    const elapsedMs = answer.job.timeElapsedMs;
    if (elapsedMs === undefined) {
      throw new UserError(
        `Line ${answer.line}: this reading tells no time elapsed, so that nobody can say when it was taken.`,
        'Leave it out, and import the rest.',
      );
    }
    const before = open?.readings.at(-1)?.job.timeElapsedMs;
    if (open === undefined || (before !== undefined && elapsedMs < before)) {
      open = { readings: [], end: undefined };
      found.push(open);
    }
    // Pasted twice.
    if (open.readings.at(-1)?.job.timeElapsedMs !== elapsedMs) open.readings.push(answer);
  }
  return found;
}

function recordOf({ readings, end }: Own, domainName: string, as: ImportedAs, index: number): JournalRecord {
  const elapsedOf = ({ job }: Answer): number => job.timeElapsedMs ?? 0;
  const lastMs = Math.max(0, ...readings.map(elapsedOf));
  const startedAtMs = as.nowMs - lastMs;
  const migration = new TrackedMigration({
    id: as.idOf(index),
    domainUuid: '',
    domainName,
    domainTitle: undefined,
    source: 'imported text',
    startedAtMs,
  });
  const distances = readings
    .slice(1)
    .map((answer, before) => elapsedOf(answer) - elapsedOf(readings[before] ?? answer));
  const usualMs = distances.sort((a, b) => a - b)[distances.length >> 1] ?? 1000;
  const kept: Reading[] = readings.map((answer) => {
    const { fields, ...job } = answer.job;
    const elapsedMs = elapsedOf(answer);
    const atMs = startedAtMs + elapsedMs;
    const sample = { atMs, elapsedMs, job, maxDowntimeMs: undefined };
    // Before the reading, so that it counts as one of this phase.
    migration.update({ phase: phaseOf(job, undefined) }, atMs);
    migration.addSample(sample, fields, usualMs);
    return { sample, fields };
  });
  return {
    identity: migration.identity,
    samples: migration.samples,
    marks: migration.marks,
    fields: migration.fields,
    state: stateOf(migration.state, end?.job, as.nowMs),
    readings: new Map(kept.map((reading) => [reading.sample, reading])),
  };
}

function stateOf(state: MigrationState, end: JobInfo | undefined, nowMs: number): MigrationState {
  return { ...state, phase: 'ended', outcome: outcomeOf(end), endedAtMs: end === undefined ? undefined : nowMs };
}

function outcomeOf(end: JobInfo | undefined): Outcome {
  switch (end?.type) {
    case 'completed':
      return {
        kind: 'completed',
        result: {
          totalTimeMs: end.timeElapsedMs,
          downtimeMs: end.downtimeMs,
          transferredBytes: end.memoryProcessedBytes ?? end.dataProcessedBytes,
          iterations: end.memoryIteration,
        },
      };
    case 'failed':
      return { kind: 'failed', reason: end.errorMessage ?? 'libvirt gave no reason.' };
    case 'cancelled':
      return { kind: 'aborted' };
    default:
      return { kind: 'lost', reason: 'the imported text ends while it runs.' };
  }
}

/** The domain of a command line that was pasted along. */
function domainIn(text: string): string | undefined {
  const [, quoted, plain] =
    /\bdomjobinfo\s+(?:--?[a-z]+\s+)*(?:'([^'\n]{1,200})'|([^\s'"-][^\s'"]{0,200}))/.exec(text) ?? [];
  return quoted ?? plain;
}
