import type { ComparedRow, ComparedSide, ComparisonInit } from '../../panel/comparisonProtocol.js';
import { formatBytes, formatDuration, formatMs, formatPercent, formatRate, UNKNOWN } from '../../panel/format.js';
import { describePhase, describeShort, toneOf } from '../describe.js';
import type { Migration, MigrationResult, Sample } from '../model.js';
import { panelMarks, panelSamples } from '../panelModel.js';
import {
  bandwidthBytesPerSecond,
  dirtyBytesPerSecond,
  iterationOf,
  pausedMs,
  remainingBytes,
  throttlePercent,
} from '../readings.js';

/** Two migrations side by side, for the page. */
export function comparisonOf(id: string, first: Migration | undefined, second: Migration | undefined): ComparisonInit {
  if (first === undefined || second === undefined) return { type: 'comparison', id, sides: undefined, rows: [] };
  return { type: 'comparison', id, sides: [sideOf(first), sideOf(second)], rows: rowsOf(first, second) };
}

function sideOf(migration: Migration): ComparedSide {
  const { id, domainName, source, state, startedAtMs } = migration;
  return {
    migrationId: id,
    domainName,
    source,
    destination: state.destination,
    started: startText(startedAtMs),
    phase: describePhase(state),
    tone: toneOf(state),
    samples: panelSamples(migration, 0),
    marks: panelMarks(migration),
  };
}

type Told = string | number | undefined;

interface Figure {
  readonly label: string;
  readonly meaning: string;
  readonly of: (migration: Migration) => Told;
  readonly format?: (value: number) => string;
}

const figures: readonly Figure[] = [
  { label: 'Result', meaning: 'How it ended.', of: (migration) => describeShort(migration) },
  { label: 'Total time', meaning: 'From start to end.', of: lastedMs, format: formatDuration },
  {
    label: 'Downtime',
    meaning: 'How long the guest stood still for the switch-over, as measured.',
    of: (migration) => resultOf(migration)?.downtimeMs,
    format: formatMs,
  },
  { label: 'Paused', meaning: 'How long the guest was seen paused.', of: pausedMs, format: formatMs },
  {
    label: 'Iterations',
    meaning: 'How often QEMU went through the dirtied memory.',
    of: (migration) => resultOf(migration)?.iterations ?? last(migration, iterationOf),
    format: String,
  },
  {
    label: 'Transferred',
    meaning: 'All that was sent, as far as it was seen.',
    of: (migration) => resultOf(migration)?.transferredBytes ?? last(migration, ({ job }) => job.memoryProcessedBytes),
    format: formatBytes,
  },
  {
    label: 'Memory',
    meaning: 'The memory of the guest.',
    of: (migration) => last(migration, ({ job }) => job.memoryTotalBytes),
    format: formatBytes,
  },
  {
    label: 'Was left',
    meaning: 'Memory that was still to be sent at the last reading.',
    of: (migration) => (resultOf(migration) === undefined ? last(migration, remainingBytes) : undefined),
    format: formatBytes,
  },
  {
    label: 'Bandwidth, mean',
    meaning: 'The mean of all readings.',
    of: (migration) => mean(migration, bandwidthBytesPerSecond),
    format: formatRate,
  },
  {
    label: 'Dirty rate, mean',
    meaning: 'The mean of all readings from the second iteration on.',
    of: (migration) => mean(migration, dirtyBytesPerSecond),
    format: formatRate,
  },
  {
    label: 'Max downtime',
    meaning: 'The limit in force at the last reading.',
    of: (migration) => last(migration, ({ maxDowntimeMs }) => maxDowntimeMs),
    format: formatMs,
  },
  {
    label: 'Throttle, most',
    meaning: 'The most CPU time that auto-converge took from the guest.',
    of: mostThrottled,
    format: formatPercent,
  },
  { label: 'Done to it', meaning: 'What was set or done on the way.', of: actionsOf },
];

/** A row that tells nothing of either is none. */
function rowsOf(first: Migration, second: Migration): ComparedRow[] {
  return figures.flatMap(({ label, meaning, of, format }) => {
    const [a, b] = [of(first), of(second)];
    if (a === undefined && b === undefined) return [];
    return [{ label, meaning, first: textOf(a, format), second: textOf(b, format) }];
  });
}

function textOf(told: Told, format: Figure['format']): string {
  if (told === undefined) return UNKNOWN;
  return typeof told === 'string' ? told : (format ?? String)(told);
}

function resultOf({ state }: Migration): MigrationResult | undefined {
  return state.outcome?.kind === 'completed' ? state.outcome.result : undefined;
}

function lastedMs(migration: Migration): number | undefined {
  const { state, startedAtMs, samples } = migration;
  return (
    resultOf(migration)?.totalTimeMs ??
    (state.endedAtMs === undefined ? samples.at(-1)?.elapsedMs : Math.max(0, state.endedAtMs - startedAtMs))
  );
}

function last({ samples }: Migration, figure: (sample: Sample) => number | undefined): number | undefined {
  const sample = samples.at(-1);
  return sample && figure(sample);
}

function mean({ samples }: Migration, figure: (sample: Sample) => number | undefined): number | undefined {
  const told = samples.flatMap((sample) => figure(sample) ?? []);
  return told.length === 0 ? undefined : told.reduce((sum, value) => sum + value, 0) / told.length;
}

function mostThrottled({ samples }: Migration): number | undefined {
  const told = samples.flatMap((sample) => throttlePercent(sample) ?? []);
  return told.length === 0 ? undefined : told.reduce((most, value) => Math.max(most, value), 0);
}

function actionsOf({ marks }: Migration): string | undefined {
  const done = marks.flatMap((mark) => (mark.kind === 'action' && !mark.failed ? [mark.label] : []));
  return done.length === 0 ? undefined : done.join(', ');
}

function startText(atMs: number): string {
  return new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs);
}
