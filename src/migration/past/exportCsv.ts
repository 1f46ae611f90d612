import { describeChange, describePhase, phaseNames } from '../describe.js';
import type { Forecast } from '../forecast/forecast.js';
import type { JournalRecord } from '../journalFormat.js';
import type { Mark, MigrationState, Sample } from '../model.js';
import {
  bandwidthBytesPerSecond,
  dirtyBytesPerSecond,
  diskRemainingBytes,
  expectedDowntimeMs,
  iterationOf,
  remainingBytes,
  throttlePercent,
} from '../readings.js';

type Cell = string | number | undefined;

interface Row {
  readonly record: JournalRecord;
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly sample: Sample | undefined;
  readonly said: Forecast | undefined;
  readonly events: readonly string[];
}

/** The columns, by their names: each unit stands in the name. */
const columns: Readonly<Record<string, (row: Row) => Cell>> = {
  domain: ({ record }) => record.identity.domainName,
  domain_uuid: ({ record }) => record.identity.domainUuid,
  source: ({ record }) => record.identity.source,
  destination: ({ record }) => record.state?.destination,
  time: ({ atMs }) => new Date(atMs).toISOString(),
  elapsed_ms: ({ elapsedMs }) => elapsedMs,
  iteration: ({ sample }) => sample && iterationOf(sample),
  memory_remaining_bytes: ({ sample }) => sample && remainingBytes(sample),
  disk_remaining_bytes: ({ sample }) => sample && diskRemainingBytes(sample),
  memory_sent_bytes: ({ sample }) => sample?.job.memoryProcessedBytes,
  bandwidth_bytes_per_s: ({ sample }) => sample && bandwidthBytesPerSecond(sample),
  dirty_rate_bytes_per_s: ({ sample }) => sample && dirtyBytesPerSecond(sample),
  expected_downtime_ms: ({ sample }) => sample && expectedDowntimeMs(sample),
  max_downtime_ms: ({ sample }) => sample?.maxDowntimeMs,
  speed_limit_mib_per_s: ({ sample }) => sample?.speedLimitMiBps,
  throttle_percent: ({ sample }) => sample && throttlePercent(sample),
  vcpu_ms: ({ sample }) => sample?.vcpuMs,
  forecast: ({ said }) => said?.kind,
  forecast_ms: ({ said }) => (said?.kind === 'finishes' ? Math.round(said.medianMs) : undefined),
  forecast_freeze_ms: ({ said }) => (said?.kind === 'finishes' ? Math.round(said.freezeMs) : undefined),
  forecast_sure: ({ said }) => (said?.kind === 'finishes' || said?.kind === 'never' ? said.sure : undefined),
  events: ({ events }) => events.join('; '),
};

/**
 * A migration as CSV: a row a reading, and one for what came after the last. As RFC 4180 has it, but what a spreadsheet would run as
 * a formula is made text: names come from hosts.
 */
export function exportCsv(record: JournalRecord): string {
  const names = Object.keys(columns);
  const lines = rowsOf(record).map((row) =>
    Object.values(columns)
      .map((column) => cellText(column(row)))
      .join(','),
  );
  return [names.join(','), ...lines, ''].join('\r\n');
}

function rowsOf(record: JournalRecord): readonly Row[] {
  const { samples, marks, readings, state } = record;
  let from = -Infinity;
  const rows = samples.map((sample): Row => {
    const { atMs, elapsedMs } = sample;
    const events = marks.filter((mark) => mark.elapsedMs > from && mark.elapsedMs <= elapsedMs);
    from = elapsedMs;
    const said = readings?.get(sample)?.said;
    return { record, atMs, elapsedMs, sample, said, events: events.map((mark) => eventText(mark, state)) };
  });
  const rest = marks.filter((mark) => mark.elapsedMs > from);
  const last = rest.at(-1);
  if (last === undefined) return rows;
  const { atMs, elapsedMs } = last;
  const events = rest.map((mark) => eventText(mark, state));
  return [...rows, { record, atMs, elapsedMs, sample: undefined, said: undefined, events }];
}

function eventText(mark: Mark, state: MigrationState | undefined): string {
  switch (mark.kind) {
    case 'iteration':
      return `iteration ${mark.iteration}`;
    case 'phase':
      return mark.phase === 'ended' && state !== undefined ? describePhase(state) : phaseNames[mark.phase];
    case 'gap':
      return `not watched from ${mark.elapsedMs} to ${mark.untilMs} ms`;
    case 'change':
      return describeChange(mark.change);
    case 'action':
      return `${mark.label}${mark.failed ? ' (failed)' : ''}`;
  }
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  // A spreadsheet runs what begins so; with an apostrophe before it, it is text.
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
