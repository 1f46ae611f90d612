import uPlot from 'uplot';
import { formatElapsed } from '../format.js';
import { type ChartSpec, DASHES, type LineSpec } from './chartSpecs.js';
import { isolated } from './columns.js';
import { MARK_ROWS, marksPlugin } from './marksPlugin.js';
import type { SortedMarks } from './marks.js';
import { linearSplits, logSpan, logSplits, type ScaleKind, type Span, TIME_STEPS } from './scale.js';
import { faded, type Theme } from './theme.js';

/** What a chart asks of those around it while it draws. */
export interface ChartContext {
  readonly marks: () => SortedMarks;
  /** What the time axis spans now: the whole, or what the reader zoomed into. */
  readonly span: () => Span;
  readonly zoom: (span: Span | undefined) => void;
  readonly pointed: (plot: uPlot) => void;
  readonly drawn: (plot: uPlot) => void;
  /** One of the charts has an axis at the right: the others leave that room, so that all times stand under each other. */
  readonly hasRightAxis: () => boolean;
}

/** Room for `300 ms` and `1000`, the same in all charts so that their time axes stand under each other. */
const VALUE_AXIS_CHARACTERS = 6;

/** uPlot declares these as ambient const enums, which a bundler that compiles file by file cannot read. */
const DISTRIBUTIONS = { linear: 1, log: 3 } as unknown as Readonly<Record<ScaleKind, uPlot.Scale.Distr>>;
const RIGHT_SIDE = 1 as unknown as uPlot.Axis.Side;

/** Half of `10:00:00`, which stands under the plot's right end. */
const LAST_TIME_ROOM = 28;

function valueAxisSize(theme: Theme): number {
  return Math.round(theme.fontSize * 0.62 * VALUE_AXIS_CHARACTERS + 14);
}

function lineOptions(line: LineSpec<string>, theme: Theme): uPlot.Series {
  const colour = theme.lines[line.colour];
  const stepped = line.stepped === true ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    scale: line.right === true ? 'right' : 'y',
    stroke: colour,
    width: theme.lineWidth,
    dash: DASHES[line.pattern],
    points: {
      show: true,
      size: 5,
      fill: colour,
      // A reading between two gaps, or the very first one, has no line to be seen by.
      filter: (plot, index) => isolated((plot.data[index] ?? []) as (number | null)[]),
    },
    ...(line.area === true ? { fill: faded(colour, 16) } : {}),
    ...(stepped === undefined ? {} : { paths: stepped }),
  };
}

function valueAxis({ quantity }: ChartSpec<string>, kind: ScaleKind, theme: Theme): uPlot.Axis {
  return {
    scale: 'y',
    stroke: theme.muted,
    font: theme.font,
    size: valueAxisSize(theme),
    gap: 6,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
    space: 30,
    values: (plot, splits) => splits.map((split) => quantity.tick(split, plot.scales['y']?.max ?? 1)),
    filter: (_plot, splits) => splits,
    incrs: (_plot, _axis, _min, max) => quantity.steps(max),
    splits: (_plot, _axis, min, max, step) => (kind === 'log' ? logSplits(min, max) : linearSplits(min, max, step)),
  };
}

/** The axis of a line that is measured at the right; its labels have the line's colour. */
function rightAxis({ quantity }: ChartSpec<string>, line: LineSpec<string>, theme: Theme): uPlot.Axis {
  return {
    scale: 'right',
    side: RIGHT_SIDE,
    stroke: theme.lines[line.colour],
    font: theme.font,
    size: valueAxisSize(theme),
    gap: 6,
    grid: { show: false },
    ticks: { show: false },
    space: 30,
    values: (plot, splits) => splits.map((split) => quantity.tick(split, plot.scales['right']?.max ?? 1)),
    incrs: (_plot, _axis, _min, max) => quantity.steps(max),
    splits: (_plot, _axis, min, max, step) => linearSplits(min, max, step),
  };
}

function timeAxis(theme: Theme): uPlot.Axis {
  return {
    stroke: theme.muted,
    font: theme.font,
    size: theme.fontSize * 2 + 4,
    gap: 6,
    grid: { show: false },
    ticks: { stroke: theme.iteration, width: 1, size: 4 },
    space: 64,
    incrs: [...TIME_STEPS],
    values: (_plot, splits) => splits.map((seconds) => formatElapsed(seconds * 1000)),
  };
}

/** Dragging marks a stretch of time; all charts then show that stretch. */
function zoomOnSelect(zoom: ChartContext['zoom']) {
  return (plot: uPlot) => {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width > 0) zoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  };
}

export function chartOptions(
  spec: ChartSpec<string>,
  lines: readonly LineSpec<string>[],
  kind: ScaleKind,
  theme: Theme,
  size: { readonly width: number; readonly height: number },
  context: ChartContext,
): uPlot.Options {
  const right = lines.find((line) => line.right === true);
  const rightRoom = LAST_TIME_ROOM + (right === undefined && context.hasRightAxis() ? valueAxisSize(theme) : 0);
  const span = (): uPlot.Range.MinMax => [...context.span()];
  return {
    ...size,
    legend: { show: false },
    padding: [Math.round(theme.fontSize * MARK_ROWS), rightRoom, 0, 0],
    scales: {
      x: { time: false, range: span },
      y: {
        distr: DISTRIBUTIONS[kind],
        range: (_plot, min, max) => [...(kind === 'log' ? logSpan(min, max) : spec.quantity.span(max))],
      },
      ...(right === undefined ? {} : { right: { range: (_plot, _min, max) => [...spec.quantity.span(max)] } }),
    },
    axes: [
      timeAxis(theme),
      valueAxis(spec, kind, theme),
      ...(right === undefined ? [] : [rightAxis(spec, right, theme)]),
    ],
    series: [{}, ...lines.map((line) => lineOptions(line, theme))],
    cursor: {
      y: false,
      points: { size: 7, width: 2, fill: theme.background },
      drag: { x: true, y: false, setScale: false, dist: 6 },
      bind: {
        dblclick: () => () => {
          context.zoom(undefined);
          return null;
        },
      },
      // Only where one points is shared: a selection is drawn where it is made.
      sync: { key: 'libvirt', scales: ['x', null], filters: { pub: (type) => type === 'mousemove' } },
    },
    hooks: { setCursor: [context.pointed], draw: [context.drawn], setSelect: [zoomOnSelect(context.zoom)] },
    plugins: [marksPlugin(context.marks, theme)],
  };
}
