import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type {
  JobFigures,
  Mark,
  MeasuredSpan,
  Migration,
  MigrationState,
  Phase,
  Sample,
} from '../../../src/migration/model.js';
import type { RecordingPlan } from './plans.js';

/**
 * A real migration as the extension saw it, as compact lines of JSON: a head with the plan and the figures that never
 * changed, a row of figures a reading, the marks, the end.
 */
export interface Recording {
  /** Its file's: seed, number and kind. */
  readonly name: string;
  readonly plan: RecordingPlan;
  /** What the machine was doing, what libvirt it was: for people. */
  readonly note: string;
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  readonly state: MigrationState;
  readonly startedAtMs: number;
  /** When the guest's load, or what it shares the link with, became another: since the start. */
  readonly changedAtMs: number | undefined;
}

type Figures = Readonly<Record<string, number | null>>;

interface Head {
  readonly version: 1;
  readonly plan: RecordingPlan;
  readonly note: string;
  readonly startedAtMs: number;
  readonly changedAtMs?: number | undefined;
  readonly constants: Figures;
  /** Of the first reading: the time that the virtual CPUs had had at moments before the start. */
  readonly earlierVcpus?: Sample['earlierVcpus'];
  /** What was measured before the start, and the reading at which that was told, counted from 0. */
  readonly measured?: readonly { readonly reading: number; readonly spans: readonly MeasuredSpan[] }[];
  readonly columns: readonly string[];
}

/** What the recordings of seeds below 16 call what was measured. */
const measuredBefore = [
  { seconds: 1, dirtied: 'measuredDirtyBytesPerSecond', vcpus: 'measuredVcpus' },
  { seconds: 5, dirtied: 'measuredDirtyBytesIn5Seconds', vcpus: 'measuredVcpusIn5Seconds' },
  { seconds: 20, dirtied: 'measuredDirtyBytesIn20Seconds', vcpus: 'measuredVcpusIn20Seconds' },
] as const;

/** Of a reading itself; the other figures are the job's. */
const ownFigures = [
  'atMs',
  'elapsedMs',
  'maxDowntimeMs',
  'speedLimitMiBps',
  'postcopySpeedMiBps',
  'residentBytes',
  'vcpuMs',
] as const;

export function writeRecording(
  { samples, marks, state, startedAtMs }: Pick<Migration, 'samples' | 'marks' | 'state' | 'startedAtMs'>,
  { plan, note, changedAtMs }: Pick<Recording, 'plan' | 'note' | 'changedAtMs'>,
): string {
  const rows = samples.map((sample) => figuresOf(sample, startedAtMs));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const values = (name: string): (number | null)[] => rows.map((row) => row[name] ?? null);
  const isConstant = (name: string): boolean => new Set(values(name)).size === 1;
  const columns = names.filter((name) => !isConstant(name));
  const constants = Object.fromEntries(
    names.filter(isConstant).map((name): [string, number | null] => [name, rows[0]?.[name] ?? null]),
  );
  const earlierVcpus = samples[0]?.earlierVcpus;
  const measured = samples.flatMap(({ measured: spans }, reading) => (spans === undefined ? [] : [{ reading, spans }]));
  const head: Head = { version: 1, plan, note, startedAtMs, changedAtMs, constants, earlierVcpus, measured, columns };
  const lines: unknown[] = [head, ...rows.map((row) => columns.map((name) => row[name] ?? null))];
  lines.push({ marks }, { state });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Where recordings are kept: a file each, named by seed, number and kind. */
export const folder = join(import.meta.dirname, '..', '..', 'recordings');

/** Those of a seed. */
export function readRecordings(seed: number): readonly Recording[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${seed}-`) && file.endsWith('.jsonl'));
  return files.sort().map((file) => readRecording(basename(file, '.jsonl'), readFileSync(join(folder, file), 'utf8')));
}

export function readRecording(name: string, text: string): Recording {
  const [first = '', ...rest] = text.trim().split('\n');
  const {
    plan,
    note,
    startedAtMs,
    changedAtMs,
    constants,
    earlierVcpus,
    measured = [],
    columns,
  } = JSON.parse(first) as Head;
  const samples: Sample[] = [];
  let marks: readonly Mark[] = [];
  let state: MigrationState | undefined;
  for (const line of rest.map((raw) => JSON.parse(raw) as unknown)) {
    if (Array.isArray(line)) {
      const row = Object.fromEntries(columns.map((name, index): [string, unknown] => [name, line[index]]));
      samples.push(sampleOf({ ...constants, ...row } as Figures, startedAtMs));
    } else if (hasMarks(line)) marks = line.marks;
    else if (hasState(line)) state = line.state;
  }
  if (state === undefined) throw new Error('The recording has no end.');
  const told = new Map(measured.map(({ reading, spans }) => [reading, spans]));
  const whole = samples.map((sample, index): Sample => {
    const spans = told.get(index);
    return {
      ...sample,
      ...(index === 0 && earlierVcpus !== undefined ? { earlierVcpus } : {}),
      ...(spans === undefined ? {} : { measured: spans }),
    };
  });
  return { name, plan, note, samples: whole, marks, state, startedAtMs, changedAtMs };
}

/** What somebody else would have started: nothing was measured before it, and nobody watched. */
export function unmeasured(recording: Recording): Recording {
  return changed(recording, (sample) => ({ ...sample, measured: undefined, earlierVcpus: undefined }));
}

/** What an old libvirt would tell: nothing of its virtual CPUs. */
export function withoutVcpus(recording: Recording): Recording {
  return changed(recording, (sample) => ({
    ...sample,
    vcpuMs: undefined,
    earlierVcpus: undefined,
    measured: sample.measured?.map(({ seconds, dirtiedBytes }) => ({ seconds, dirtiedBytes })),
  }));
}

function changed(recording: Recording, change: (sample: Sample) => Sample): Recording {
  return { ...recording, samples: recording.samples.map(change) };
}

/** The phase that the marks tell for a moment. */
export function phaseAt(marks: readonly Mark[], elapsedMs: number): Phase {
  let phase: Phase = 'setup';
  for (const mark of marks) if (mark.kind === 'phase' && mark.elapsedMs <= elapsedMs) phase = mark.phase;
  return phase;
}

function figuresOf(sample: Sample, startedAtMs: number): Record<string, number> {
  const { job, ...own } = sample;
  const row: Record<string, number> = {};
  const all = { ...own, atMs: sample.atMs - startedAtMs, ...job };
  for (const [name, value] of Object.entries(all)) if (typeof value === 'number') row[name] = value;
  return row;
}

function sampleOf(figures: Figures, startedAtMs: number): Sample {
  const own = new Set<string>([...ownFigures, ...measuredBefore.flatMap(({ dirtied, vcpus }) => [dirtied, vcpus])]);
  const told = Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== null);
  const job = Object.fromEntries(told.filter(([name]) => !own.has(name)));
  const { residentBytes, vcpuMs } = figures;
  const spans = measuredBefore.flatMap(({ seconds, dirtied, vcpus }): MeasuredSpan[] => {
    const { [dirtied]: dirtiedBytes, [vcpus]: busy } = figures;
    if (typeof dirtiedBytes !== 'number') return [];
    return [{ seconds, dirtiedBytes, ...(typeof busy === 'number' ? { vcpus: busy } : {}) }];
  });
  return {
    atMs: startedAtMs + (figures['atMs'] ?? 0),
    elapsedMs: figures['elapsedMs'] ?? 0,
    maxDowntimeMs: figures['maxDowntimeMs'] ?? undefined,
    speedLimitMiBps: figures['speedLimitMiBps'] ?? undefined,
    // The lab's guests are emulated, all of them.
    ...(typeof residentBytes === 'number' ? { residentBytes, isEmulated: true } : {}),
    ...(typeof vcpuMs === 'number' ? { vcpuMs } : {}),
    ...(spans.length > 0 ? { measured: spans } : {}),
    job: { type: 'unbounded', operation: 'outgoingMigration', ...job } as JobFigures,
  };
}

function hasMarks(line: unknown): line is { readonly marks: readonly Mark[] } {
  return typeof line === 'object' && line !== null && 'marks' in line;
}

function hasState(line: unknown): line is { readonly state: MigrationState } {
  return typeof line === 'object' && line !== null && 'state' in line;
}
