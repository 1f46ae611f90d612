import { isDeepStrictEqual } from 'node:util';
import type { RawField } from '../virsh/jobInfo.js';
import { jobInfoFrom } from '../virsh/parseJobInfo.js';
import { phaseNames, valueNames } from './describe.js';
import type { Forecast } from './forecast/forecast.js';
import { packed, type PackedForecast, unpacked } from './forecast/packed.js';
import type { Mark, MigrationState, Phase, Sample } from './model.js';
import type { MigrationIdentity } from './trackedMigration.js';

/**
 * How a migration is written down: a JSON line a fact, in the order they happened. A later version may add kinds of lines,
 * which an earlier reader passes over. Version 1 had a `sample` for each reading.
 */
const formatVersion = 2;

/** A value that is the same as in the reading before; values themselves are texts. */
const unchanged = 0;

type Line =
  | { readonly type: 'start'; readonly version: number; readonly identity: MigrationIdentity }
  /** What the values of the readings that follow are called. */
  | { readonly type: 'names'; readonly names: readonly string[] }
  /** One reading: its figures are those that its fields give. */
  | {
      readonly type: 'reading';
      readonly sample: Omit<Sample, 'job'>;
      readonly values: readonly (string | typeof unchanged)[];
      readonly said?: PackedForecast;
    }
  /** One reading whose figures its fields don't give. */
  | {
      readonly type: 'sample';
      readonly sample: Sample;
      readonly fields: readonly RawField[];
      readonly said?: PackedForecast;
    }
  | { readonly type: 'mark'; readonly mark: Mark }
  | { readonly type: 'state'; readonly state: MigrationState };

/** One reading as it was printed, and what was foretold by it. */
export interface Reading {
  readonly sample: Sample;
  readonly fields: readonly RawField[];
  /** Absent in records of before, and where nothing was foretold. */
  readonly said?: Forecast | undefined;
}

export type Fact =
  | { readonly kind: 'start'; readonly identity: MigrationIdentity }
  | ({ readonly kind: 'sample' } & Reading)
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'state'; readonly state: MigrationState };

/** Makes lines of facts. A reading leaves out what was in the one before: one a file, and another after a line was lost. */
export class LineWriter {
  private names: readonly string[] = [];
  private values: readonly string[] = [];

  write(fact: Fact): string {
    return this.linesOf(fact)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
  }

  private linesOf(fact: Fact): Line[] {
    switch (fact.kind) {
      case 'start':
        return [{ type: 'start', version: formatVersion, identity: fact.identity }];
      case 'mark':
        return [{ type: 'mark', mark: fact.mark }];
      case 'state':
        return [{ type: 'state', state: fact.state }];
      case 'sample':
        return this.readingOf(fact);
    }
  }

  private readingOf({ sample, fields, said }: Reading): Line[] {
    const { job, ...rest } = sample;
    const foretold = said === undefined ? {} : { said: packed(said) };
    if (!isDeepStrictEqual(jobInfoFrom(fields), { ...job, fields })) {
      return [{ type: 'sample', sample, fields, ...foretold }];
    }
    const names = fields.map(({ name }) => name);
    const values = fields.map(({ value }) => value);
    const renamed = !isDeepStrictEqual(names, this.names);
    const before = renamed ? [] : this.values;
    this.names = names;
    this.values = values;
    const reading: Line = {
      type: 'reading',
      sample: rest,
      values: values.map((value, index) => (value === before[index] ? unchanged : value)),
      ...foretold,
    };
    return renamed ? [{ type: 'names', names }, reading] : [reading];
  }
}

/** What one file holds of a migration. */
export interface JournalRecord {
  readonly identity: MigrationIdentity;
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  /** Of the last reading. */
  readonly fields: readonly RawField[];
  /** Undefined where the file was cut off before its first. */
  readonly state: MigrationState | undefined;
  /** Each of the samples as it was printed; only where that was asked for. */
  readonly readings?: ReadonlyMap<Sample, Reading>;
}

/** A long file is read in pieces of so many lines: the editor's other extensions share this thread. */
const linesAtOnce = 500;

/**
 * Reads a file, `whole` with every reading as it was printed. Undefined when not even its first line can be read; a line that was
 * cut off is passed over.
 */
export async function readRecord(text: string, whole = false): Promise<JournalRecord | undefined> {
  const reader = new RecordReader(whole);
  let from = 0;
  for (let count = 1; from < text.length; count += 1) {
    const end = text.indexOf('\n', from);
    reader.take(text.slice(from, end < 0 ? text.length : end));
    from = end < 0 ? text.length : end + 1;
    if (count % linesAtOnce === 0) await new Promise(setImmediate);
  }
  return reader.record;
}

/** The text of a file that holds all of it. */
export function writeRecord({ identity, samples, marks, fields, state, readings }: JournalRecord): string {
  const writer = new LineWriter();
  const last = samples.at(-1);
  const facts: Fact[] = [
    { kind: 'start', identity },
    ...samples.map((sample): Fact => {
      const known = readings?.get(sample) ?? { sample, fields: sample === last ? fields : [] };
      return { kind: 'sample', ...known };
    }),
    ...marks.map((mark): Fact => ({ kind: 'mark', mark })),
    ...(state === undefined ? [] : [{ kind: 'state' as const, state }]),
  ];
  return facts.map((fact) => writer.write(fact)).join('');
}

/** Whose a file is, by its beginning. */
export function readIdentity(start: string): MigrationIdentity | undefined {
  const line = parseLine(start.slice(0, start.indexOf('\n') + 1));
  return line?.type === 'start' ? line.identity : undefined;
}

/** The last state that a file's end tells. */
export function readLastState(end: string): MigrationState | undefined {
  for (const raw of end.split('\n').reverse()) {
    const line = parseLine(raw);
    if (line?.type === 'state' && isKnownPhase(line.state.phase)) return line.state;
  }
  return undefined;
}

class RecordReader {
  private identity: MigrationIdentity | undefined;
  private readonly samples: Sample[] = [];
  private readonly marks: Mark[] = [];
  private readonly seen = new Set<string | number>();
  private fields: readonly RawField[] = [];
  private state: MigrationState | undefined;
  private names: readonly string[] = [];
  /** Undefined where it is not known what was before. */
  private values: readonly string[] | undefined;
  private readonly readings = new Map<Sample, Reading>();

  constructor(private readonly whole: boolean) {}

  get record(): JournalRecord | undefined {
    const { identity, samples, marks, fields, state, readings } = this;
    if (identity === undefined) return undefined;
    return { identity, samples, marks, fields, state, ...(this.whole ? { readings } : {}) };
  }

  take(raw: string): void {
    const line = parseLine(raw);
    switch (line?.type) {
      case 'start':
        this.identity ??= line.identity;
        break;
      case 'names':
        this.names = line.names;
        this.values = line.names.map(() => '');
        break;
      case 'reading':
        this.takeReading(line);
        break;
      case 'sample':
        this.takeSample(line.sample, line.fields, line.said);
        break;
      case 'mark':
        if (isKnownMark(line.mark) && this.isNew(raw)) this.marks.push(line.mark);
        break;
      case 'state':
        if (isKnownPhase(line.state.phase)) this.state = line.state;
        break;
      case undefined:
        // Cut off. What follows can't say that it is as before; an empty line is no line.
        if (raw !== '') this.values = undefined;
    }
  }

  private takeReading({ sample, values, said }: Extract<Line, { type: 'reading' }>): void {
    const before = this.values;
    if (before?.length !== values.length) return;
    this.values = values.map((value, index) => (value === unchanged ? (before[index] ?? '') : value));
    const now = this.values;
    const fields = this.names.map((name, index) => ({ name, value: now[index] ?? '' }));
    const reading = jobInfoFrom(fields);
    if (reading === undefined) return;
    const { fields: all, ...job } = reading;
    this.takeSample({ ...sample, job }, all, said);
  }

  private takeSample(sample: Sample, fields: readonly RawField[], packedSaid: unknown): void {
    if (!this.isNew(sample.atMs)) return;
    this.samples.push(sample);
    this.fields = fields;
    if (!this.whole) return;
    const said = unpacked(packedSaid);
    this.readings.set(sample, { sample, fields, ...(said === undefined ? {} : { said }) });
  }

  /** What could not be written whole is written again, and its beginning may be there twice. */
  private isNew(what: string | number): boolean {
    if (this.seen.has(what)) return false;
    this.seen.add(what);
    return true;
  }
}

/** What a later version may write is passed over: the rest of the record is worth having without it. */
function isKnownPhase(phase: Phase): boolean {
  return Object.hasOwn(phaseNames, phase);
}

function isKnownMark(mark: Mark): boolean {
  switch (mark.kind) {
    case 'phase':
      return isKnownPhase(mark.phase);
    case 'change':
      return mark.change.value === 'guest' || Object.hasOwn(valueNames, mark.change.value);
    case 'iteration':
    case 'gap':
    case 'action':
      return true;
    default:
      return false;
  }
}

/** The extension's own writing, so its shape is trusted; only a line that a crash cut off is not JSON. */
function parseLine(raw: string): Line | undefined {
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw) as Line;
  } catch {
    return undefined;
  }
}
