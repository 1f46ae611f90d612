import type { PanelMoment } from '../../panel/protocol.js';
import { formatDuration } from '../../panel/format.js';
import { describePhase } from '../describe.js';
import { fieldsTable } from '../fieldsTable.js';
import { outlookFor, shortVerdict } from '../forecast/verdict.js';
import type { JournalRecord } from '../journalFormat.js';
import type { Mark, Migration, MigrationState, Phase, Sample } from '../model.js';
import { phaseOf } from '../phase.js';
import { progressAt } from '../progress.js';
import { panelHeader } from '../panelModel.js';

/** A migration as it was when `elapsedMs` of it had gone by, for the panel: its head, its fields, and what was foretold. */
export function momentOf(record: JournalRecord, elapsedMs: number): PanelMoment | undefined {
  const migration = migrationAt(record, elapsedMs);
  const last = migration?.samples.at(-1);
  if (migration === undefined || last === undefined) return undefined;
  const said = record.readings?.get(last)?.said ?? outlookFor(migration)?.asItIs;
  const percent = progressAt(record, last.elapsedMs);
  return {
    type: 'moment',
    migrationId: record.identity.id,
    elapsedMs,
    atMs: last.atMs,
    header: {
      ...panelHeader(migration, { hosts: { get: () => undefined }, nowMs: last.atMs, sampleIntervalMs: Infinity }),
      buttons: [],
      ways: [],
      ended: true,
      progress: percent === undefined || said === undefined ? undefined : { percent, text: shortVerdict(said) },
    },
    fields: fieldsTable(migration.fields),
    said: said === undefined ? '' : `Foretold then: ${shortVerdict(said)}${turnedOut(record, last)}.`,
  };
}

/** The migration with all that was known at that moment, and nothing that came later. Undefined before its first reading. */
export function migrationAt(
  { identity, samples, marks, state, readings }: JournalRecord,
  elapsedMs: number,
): Migration | undefined {
  const seen = samples.filter((sample) => sample.elapsedMs <= elapsedMs);
  const last = seen.at(-1);
  if (last === undefined) return undefined;
  const until = marks.filter(
    (mark) => mark.elapsedMs <= last.elapsedMs && (mark.kind !== 'gap' || mark.untilMs <= last.elapsedMs),
  );
  return {
    ...identity,
    samples: seen,
    marks: until,
    fields: readings?.get(last)?.fields ?? [],
    state: stateAt(last, until, state),
    onDidChange: () => ({ dispose: () => undefined }),
  };
}

function stateAt(last: Sample, marks: readonly Mark[], state: MigrationState | undefined): MigrationState {
  const isRunning = (mark: Mark): mark is Extract<Mark, { kind: 'phase' }> =>
    mark.kind === 'phase' && mark.phase !== 'ended';
  const phase: Phase = marks.findLast(isRunning)?.phase ?? phaseOf(last.job, undefined);
  return {
    phase,
    destination: state?.destination,
    outcome: undefined,
    interrupted: undefined,
    leftPausedOn: undefined,
    endedAtMs: undefined,
  };
}

/** What came of it: by the host's own count, as the forecast is; and what was done after it was foretold. */
function turnedOut({ state, identity, marks }: JournalRecord, { elapsedMs, atMs }: Sample): string {
  const { outcome, endedAtMs } = state ?? {};
  if (state === undefined || outcome === undefined || outcome.kind === 'lost') return '';
  const totalMs =
    (outcome.kind === 'completed' ? outcome.result.totalTimeMs : undefined) ??
    (endedAtMs === undefined ? undefined : endedAtMs - identity.startedAtMs);
  if (totalMs === undefined) return '';
  const done = marks.flatMap((mark) =>
    mark.kind === 'action' && !mark.failed && mark.atMs > atMs ? [mark.label] : [],
  );
  const meanwhile = done.length === 0 ? '' : `; after it: ${done.join(', ')}`;
  return `${meanwhile}; it was ${describePhase(state).toLowerCase()} ${formatDuration(Math.max(0, totalMs - elapsedMs))} later`;
}
