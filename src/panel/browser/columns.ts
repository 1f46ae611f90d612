import type { PanelMark, PanelSample } from '../protocol.js';

/** What can be drawn, a column each. */
export const COLUMN_KEYS = [
  'remaining',
  'diskRemaining',
  'bandwidth',
  'dirty',
  'expected',
  'allowed',
  'busyVcpus',
  'throttle',
  'compressedPages',
  'compressedSize',
] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];

export type Column = (number | null)[];

/** uPlot's form of the samples: seconds on x, a null wherever no line may be drawn. */
export interface Columns<Key extends string = ColumnKey> {
  readonly x: number[];
  /** Seconds of the first reading; x may begin before it, with a gap. */
  readonly firstSeconds: number;
  readonly values: Readonly<Record<Key, Column>>;
  /** Columns worth a line: said by the host at least once, and for a disk, more than nothing. */
  readonly has: Readonly<Record<Key, boolean>>;
}

type GapMark = Extract<PanelMark, { kind: 'gap' }>;

/** How far inside a gap its nulls stand: the readings at both ends stay as they are. */
const GAP_EDGE_MS = 1;

const READ: Readonly<Record<ColumnKey, (sample: PanelSample) => number | undefined>> = {
  remaining: (sample) => sample.remainingBytes,
  diskRemaining: (sample) => sample.diskRemainingBytes,
  bandwidth: (sample) => sample.bandwidthBytesPerSecond,
  dirty: (sample) => sample.dirtyBytesPerSecond,
  expected: (sample) => sample.expectedDowntimeMs,
  allowed: (sample) => sample.allowedDowntimeMs,
  busyVcpus: (sample) => sample.busyVcpus,
  throttle: (sample) => sample.throttlePercent,
  compressedPages: (sample) => sample.compressedPagesPercent,
  compressedSize: (sample) => sample.compressedSizePercent,
};

/** Before this, QEMU has no dirty rate and its expected downtime only repeats the limit. */
function secondIterationMs(marks: readonly PanelMark[]): number {
  for (const mark of marks) if (mark.kind === 'iteration' && mark.iteration >= 2) return mark.elapsedMs;
  return Infinity;
}

/** An echo of the limit, or a zero that nobody measured, must not look like a figure. */
function isPlaceholder(key: ColumnKey, value: number, sample: PanelSample): boolean {
  return (key === 'expected' && value === sample.allowedDowntimeMs) || (key === 'dirty' && value === 0);
}

/** Samples by time. They come in order, save when a history was joined from two runs of the extension. */
function inOrder(samples: readonly PanelSample[]): readonly PanelSample[] {
  let previous = -Infinity;
  let ordered = true;
  for (const sample of samples) {
    if (!(sample.elapsedMs >= previous)) {
      ordered = false;
      break;
    }
    previous = sample.elapsedMs;
  }
  if (ordered) return samples;
  return samples
    .filter((sample) => Number.isFinite(sample.elapsedMs))
    .sort((left, right) => left.elapsedMs - right.elapsedMs);
}

/** Where the nulls stand that keep a line from bridging a gap. */
function gapEdges(marks: readonly PanelMark[]): number[] {
  return marks
    .filter((mark): mark is GapMark => mark.kind === 'gap' && mark.untilMs > mark.elapsedMs)
    .flatMap((gap) => {
      const edge = Math.min(GAP_EDGE_MS, (gap.untilMs - gap.elapsedMs) / 3);
      return [gap.elapsedMs + edge, gap.untilMs - edge];
    })
    .sort((left, right) => left - right);
}

/**
 * All columns anew from all samples. 20 000 samples take a few milliseconds, once a second at most: cheaper to trust than
 * columns that are patched.
 */
export function toColumns(samples: readonly PanelSample[], marks: readonly PanelMark[]): Columns {
  const ordered = inOrder(samples);
  const edges = gapEdges(marks);
  const measuredFromMs = secondIterationMs(marks);
  const x: number[] = [];
  const has = Object.fromEntries(COLUMN_KEYS.map((key) => [key, false])) as Record<ColumnKey, boolean>;
  const values = Object.fromEntries(COLUMN_KEYS.map((key): [ColumnKey, Column] => [key, []])) as Record<
    ColumnKey,
    Column
  >;
  const pushNulls = (elapsedMs: number) => {
    x.push(elapsedMs / 1000);
    for (const key of COLUMN_KEYS) values[key].push(null);
  };

  let nextEdge = 0;
  for (const sample of ordered) {
    for (let edge = edges[nextEdge]; edge !== undefined && edge < sample.elapsedMs; edge = edges[nextEdge]) {
      pushNulls(edge);
      nextEdge += 1;
    }
    x.push(sample.elapsedMs / 1000);
    for (const key of COLUMN_KEYS) {
      const value = READ[key](sample);
      const drawn =
        value !== undefined &&
        Number.isFinite(value) &&
        value >= 0 &&
        !(sample.elapsedMs < measuredFromMs && isPlaceholder(key, value, sample));
      values[key].push(drawn ? value : null);
      if (drawn && (key !== 'diskRemaining' || value > 0)) has[key] = true;
    }
  }
  for (const edge of edges.slice(nextEdge)) pushNulls(edge);
  return { x, firstSeconds: (ordered[0]?.elapsedMs ?? 0) / 1000, values, has };
}

/** The last figure of a column and its place, for what is shown while nobody points at anything. */
export function latest<Key extends string>(
  columns: Pick<Columns<Key>, 'values'>,
  key: Key,
): { readonly index: number; readonly value: number } | undefined {
  const column = columns.values[key];
  for (let index = column.length - 1; index >= 0; index -= 1) {
    const value = column[index];
    if (value !== null && value !== undefined) return { index, value };
  }
  return undefined;
}

/** Readings with nothing on either side: no line reaches them, so they need a dot to be seen. */
export function isolated(column: Column): number[] {
  const found: number[] = [];
  for (let index = 0; index < column.length; index += 1) {
    if (column[index] == null) continue;
    if (column[index - 1] == null && column[index + 1] == null) found.push(index);
  }
  return found;
}
