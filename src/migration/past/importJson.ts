import * as v from 'valibot';
import { cleanLabel } from '../../base/cleanText.js';
import { UserError } from '../../base/errors.js';
import { jobInfoFrom } from '../../virsh/parseJobInfo.js';
import type { JournalRecord, Reading } from '../journalFormat.js';
import type { JobFigures, MigrationState, Sample } from '../model.js';
import { exportSchema, exportVersion, readForecast, readMark } from './exportFormat.js';

/** Reads what was exported as JSON. `id` is what it is called here. Throws a `UserError` that says where it is wrong. */
export function importJson(text: string, id: string): JournalRecord {
  const parsed = v.safeParse(exportSchema, parse(text), { abortEarly: true });
  if (!parsed.success) throw wrong(parsed.issues[0], text);
  const { version, migration, state, marks, readings } = parsed.output;
  if (version > exportVersion) {
    throw new UserError(
      `This recording has version ${version} of its format; this extension reads up to ${exportVersion}.`,
      'Update the extension, and import it again.',
    );
  }
  const read = readings.map(({ fields, job, forecast, ...own }, index): Reading => {
    const raw = fields.map(([name, value]) => ({ name, value }));
    const figures = jobInfoFrom(raw) ?? (job === undefined ? undefined : { ...noFigures, ...job, fields: [] });
    if (figures === undefined) {
      throw new UserError(
        `${lineOf(text, index)}readings[${index}].fields are not those of a reading: the first must be "Job type".`,
      );
    }
    const { fields: all, ...known } = figures;
    const sample: Sample = { ...own, maxDowntimeMs: own.maxDowntimeMs, job: known as JobFigures };
    const said = readForecast(forecast);
    return { sample, fields: all, ...(said === undefined ? {} : { said }) };
  });
  const ordered = read.sort((a, b) => a.sample.elapsedMs - b.sample.elapsedMs);
  return {
    identity: { ...migration, domainTitle: migration.domainTitle, id },
    samples: ordered.map(({ sample }) => sample),
    marks: marks.flatMap((mark) => readMark(mark) ?? []),
    fields: ordered.at(-1)?.fields ?? [],
    state: endedState(state as MigrationState | undefined),
    readings: new Map(ordered.map((reading) => [reading.sample, reading])),
  };
}

/** Of a reading that tells nothing. */
const noFigures = jobInfoFrom([{ name: 'Job type', value: 'None' }]);

/** Here nothing goes on: of one that was exported while it ran, the end is not known. */
function endedState(state: MigrationState | undefined): MigrationState {
  const base = { destination: undefined, interrupted: undefined, leftPausedOn: undefined, endedAtMs: undefined };
  const outcome = state?.outcome ?? { kind: 'lost' as const, reason: 'the recording ends while it runs.' };
  return { ...base, ...state, phase: 'ended', outcome };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? NaN);
    const line = Number.isNaN(position) ? '' : `Line ${text.slice(0, position).split('\n').length}: `;
    throw new UserError(
      `${line}this is no JSON that can be read (${cleanLabel(message, 120)}).`,
      'Export the migration again.',
    );
  }
}

function wrong(issue: v.BaseIssue<unknown>, text: string): UserError {
  const path = v.getDotPath(issue);
  const index = Number(/^readings\.(\d+)/.exec(path ?? '')?.[1] ?? NaN);
  const where = path === null ? 'it' : path.replace(/\.(\d+)/g, '[$1]');
  return new UserError(
    `${Number.isNaN(index) ? '' : lineOf(text, index)}this is not a recording of this extension: ${cleanLabel(where)} is wrong (${cleanLabel(issue.message, 120)}).`,
    'Import a file that Export Migration as JSON wrote.',
  );
}

/** The line of a reading, in a file that has one a line, as it was exported. */
function lineOf(text: string, index: number): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^\s*"readings": \[$/.test(line));
  return start < 0 ? '' : `Line ${start + 2 + index}: `;
}
